"""Both models in Django's admin."""

from django.contrib import admin

from .models import Order, PhoneOrder

admin.site.register([Order, PhoneOrder])
