// The schema `pawl`: tables and functions, in steps that are run once each and never changed.

const TABLES = `
CREATE TABLE pawl.outbox (
  -- The transaction. Before the number: see the order of reading in relay/read-rows.ts.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  number bigint GENERATED ALWAYS AS IDENTITY,
  lane smallint NOT NULL,
  kind text NOT NULL,
  type text NOT NULL,
  id text NOT NULL,
  body jsonb NOT NULL,
  class text,
  by text,
  traceparent text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX outbox_lane_number ON pawl.outbox (lane, number);
CREATE INDEX outbox_xid_number ON pawl.outbox (xid, number);
-- Rows come and go: the table is small whenever nothing waits, and large when something does.
ALTER TABLE pawl.outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 10000);

CREATE TABLE pawl.outbox_refused (
  number bigint PRIMARY KEY,
  kind text NOT NULL,
  type text NOT NULL,
  id text NOT NULL,
  body jsonb NOT NULL,
  class text,
  by text,
  traceparent text,
  created_at timestamptz,
  refused_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  sequence bigint,
  code text NOT NULL,
  message text NOT NULL,
  redriven_as bigint,
  redriven_at timestamptz
);

CREATE TABLE pawl.outbox_lane (
  lane smallint PRIMARY KEY,
  -- Rows above this number have not been published by anybody.
  attempted_up_to bigint NOT NULL DEFAULT 0
);
INSERT INTO pawl.outbox_lane (lane) SELECT generate_series(0, 15);

CREATE TABLE pawl.projection (
  name text PRIMARY KEY,
  bucket text,
  revision bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

const FUNCTIONS = `
CREATE FUNCTION pawl.lane_of(type text, id text) RETURNS smallint
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN (get_byte(decode(md5(lane_of.type || '/' || lane_of.id), 'hex'), 0) & 15)::smallint;

CREATE FUNCTION pawl.add_to_outbox(
  kind text, type text, id text, body jsonb, class text, by text, traceparent text
) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  lane smallint;
  number bigint;
BEGIN
  IF add_to_outbox.type IS NULL OR add_to_outbox.type !~ '^[a-z][a-z0-9-]*$' THEN
    RAISE EXCEPTION 'invalid-type: actor type % must match [a-z][a-z0-9-]*', coalesce(quote_literal(add_to_outbox.type), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF add_to_outbox.id IS NULL OR add_to_outbox.id !~ '^[A-Za-z0-9_-]{1,128}$' THEN
    RAISE EXCEPTION 'invalid-id: actor id % must match [A-Za-z0-9_-]{1,128}', coalesce(quote_literal(add_to_outbox.id), 'NULL')
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF add_to_outbox.class NOT IN ('regular', 'heavy', 'background') THEN
    RAISE EXCEPTION 'invalid-name: class % must be regular, heavy or background', quote_literal(add_to_outbox.class)
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF add_to_outbox.by ~ '[\\r\\n]' OR add_to_outbox.traceparent ~ '[\\r\\n]' THEN
    RAISE EXCEPTION 'invalid-name: by and traceparent must be one line each'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF strpos(add_to_outbox.body::text, '"__proto__":') > 0 THEN
    RAISE EXCEPTION 'forbidden-key: the key __proto__ is refused'
      USING ERRCODE = 'invalid_parameter_value';
  END IF;
  lane := pawl.lane_of(add_to_outbox.type, add_to_outbox.id);
  INSERT INTO pawl.outbox AS o (xid, lane, kind, type, id, body, class, by, traceparent)
  VALUES (
    pg_current_xact_id(), lane, add_to_outbox.kind, add_to_outbox.type, add_to_outbox.id,
    add_to_outbox.body, add_to_outbox.class, add_to_outbox.by, add_to_outbox.traceparent
  )
  RETURNING o.number INTO number;
  PERFORM pg_notify('pawl_outbox', lane::text);
  RETURN number;
END $$;
REVOKE EXECUTE ON FUNCTION pawl.add_to_outbox FROM PUBLIC;

-- Who may call these writes to no table of the schema: they run as the owner.
CREATE FUNCTION pawl.send(
  type text, id text, event jsonb,
  class text DEFAULT NULL, by text DEFAULT NULL, traceparent text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF send.event IS NULL OR jsonb_typeof(send.event) <> 'object'
    OR jsonb_typeof(send.event -> 'type') IS DISTINCT FROM 'string' OR send.event ->> 'type' = '' THEN
    RAISE EXCEPTION 'invalid-event: an event is an object with a type, not %', coalesce(left(send.event::text, 100), 'NULL')
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example pawl.send(''volume'', ''vol-1'', ''{"type": "DELETE"}'').';
  END IF;
  RETURN pawl.add_to_outbox('event', send.type, send.id, send.event, send.class, send.by, send.traceparent);
END $$;

CREATE FUNCTION pawl.create(
  type text, id text, input jsonb DEFAULT NULL,
  class text DEFAULT NULL, by text DEFAULT NULL, traceparent text DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN pawl.add_to_outbox(
    'create', "create".type, "create".id,
    CASE WHEN "create".input IS NULL THEN '{}' ELSE jsonb_build_object('input', "create".input) END,
    "create".class, "create".by, "create".traceparent
  );
END $$;
`;

/** One step from a version of the schema to the next. */
export interface Migration {
  readonly version: number;
  readonly statements: string;
}

/** All steps, in order. What has been released is never changed. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, statements: TABLES + FUNCTIONS }];

/** The version that this package reads and writes. */
export const SCHEMA_VERSION: number = MIGRATIONS.length;
