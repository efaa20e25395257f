"""Where things are."""

from django.contrib import admin
from django.urls import path

from .views import orders

urlpatterns = [path("orders", orders), path("admin/", admin.site.urls)]
