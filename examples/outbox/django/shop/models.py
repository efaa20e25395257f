"""Two models of orders: one sends by a signal of Django, the other by a trigger of the database."""

import uuid

from django.db import models, transaction
from django.db.models.signals import post_save
from django.dispatch import receiver

from . import pawl


class AnyOrder(models.Model):
    """What both have."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    customer = models.TextField()
    cents = models.IntegerField()
    is_cancelled = models.BooleanField(default=False)

    class Meta:
        abstract = True


class Order(AnyOrder):
    """An order that sends by `post_save`."""

    @transaction.atomic  # `post_save` comes after Django's own transaction of the row has ended.
    def save(self, *args, **kwargs):
        super().save(*args, **kwargs)


@receiver(post_save, sender=Order)
def order_saved(instance, created, **_):
    if created:
        pawl.create("order", instance.id, {"customer": instance.customer, "cents": instance.cents})
    elif instance.is_cancelled:
        pawl.send("order", instance.id, {"type": "CANCEL"})


class PhoneOrder(AnyOrder):
    """An order that sends by a trigger: `migrations/0002_trigger.py`."""
