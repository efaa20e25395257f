"""Phone orders send by a trigger: whoever writes a row sends, whatever program that is."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION shop_phoneorder_to_pawl() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM pawl.create('order', NEW.id::text,
      jsonb_build_object('customer', NEW.customer, 'cents', NEW.cents));
  ELSIF NEW.is_cancelled AND NOT OLD.is_cancelled THEN
    PERFORM pawl.send('order', NEW.id::text, '{"type": "CANCEL"}');
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER to_pawl AFTER INSERT OR UPDATE ON shop_phoneorder
FOR EACH ROW EXECUTE FUNCTION shop_phoneorder_to_pawl();
"""

BACKWARD = """
DROP TRIGGER to_pawl ON shop_phoneorder;
DROP FUNCTION shop_phoneorder_to_pawl;
"""


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
