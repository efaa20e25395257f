// The projection of the campaigns: a table of what each counter has counted, but for those at rest.
import { projection } from '@pawl/outbox';

/** Its table. A row that goes back in its actor's history is refused. */
export const TALLIES_TABLE = `
CREATE TABLE tallies (id text PRIMARY KEY, state text, count integer, sum bigint, sequence bigint);
CREATE FUNCTION never_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.sequence < OLD.sequence THEN
    RAISE EXCEPTION '% goes back from % to %', OLD.id, OLD.sequence, NEW.sequence;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER never_back BEFORE UPDATE ON tallies FOR EACH ROW EXECUTE FUNCTION never_back();
`;

/** The projection. */
export const tallies = projection({
  type: 'counter',
  table: 'tallies',
  map: ({ value, context, sequence, tags }) =>
    tags.includes('quiet')
      ? undefined
      : { state: value, count: context['count'], sum: context['sum'], sequence },
});
