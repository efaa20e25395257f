"""The shop over HTTP."""

import json

from django.core.exceptions import BadRequest
from django.db import connection, transaction
from django.http import JsonResponse
from django.views.decorators.csrf import csrf_exempt

from .models import Order


@csrf_exempt
def orders(request):
    """POST makes an order. GET lists them, with the states of their actors."""
    if request.method == "POST":
        with transaction.atomic():
            order = Order.objects.create(**json.loads(request.body))
            if order.cents <= 0:
                raise BadRequest("Nothing was sent: the transaction is rolled back.")
        return JsonResponse({"id": str(order.id)}, status=201)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT o.id, customer, state, receipt FROM shop_order o"
            " LEFT JOIN order_states s ON s.id = o.id::text ORDER BY customer"
        )
        names = [column.name for column in cursor.description]
        return JsonResponse([dict(zip(names, row)) for row in cursor], safe=False)
