"""Sends events to actors when the transaction of a Django connection commits."""

from django.db import connection, transaction
from psycopg.types.json import Jsonb


def send(actor_type, actor_id, event):
    """Sends an event, for example `send("order", order.id, {"type": "CANCEL"})`."""
    _call("SELECT pawl.send(%s, %s, %s)", actor_type, actor_id, event)


def create(actor_type, actor_id, input):
    """Creates an actor."""
    _call("SELECT pawl.create(%s, %s, %s)", actor_type, actor_id, input)


def _call(statement, actor_type, actor_id, body):
    if not connection.in_atomic_block:
        # In autocommit mode the row would be there whatever becomes of the event.
        raise transaction.TransactionManagementError("pawl needs transaction.atomic()")
    with connection.cursor() as cursor:
        cursor.execute(statement, [actor_type, str(actor_id), Jsonb(body)])
