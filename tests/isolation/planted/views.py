"""Leaky pages."""

import csv
import logging

from django.core.cache import cache
from django.core.mail import send_mail
from django.db import connection
from django.http import HttpRequest, HttpResponse

from incidents.models import Service

log = logging.getLogger(__name__)


def export(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(content_type="text/csv")
    writer = csv.writer(response)
    for service in Service._base_manager.order_by("pk"):
        writer.writerow([service.uid, service.name])
    return response


def raw(request: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM incidents_service ORDER BY id")
        return HttpResponse("\n".join(row[0] for row in cursor.fetchall()))


def cached(request: HttpRequest) -> HttpResponse:
    """The key says the page and forgets the tenant."""
    page = cache.get("services")
    if page is None:
        page = "\n".join(Service.objects.values_list("name", flat=True))
        cache.set("services", page)
    return HttpResponse(page)


def mailed(request: HttpRequest) -> HttpResponse:
    names = ", ".join(Service._base_manager.values_list("name", flat=True))
    send_mail("All services", names, None, ["somebody@example.test"])
    return HttpResponse("sent")


def logged(request: HttpRequest) -> HttpResponse:
    log.warning("services: %s", list(Service._base_manager.values_list("name", flat=True)))
    return HttpResponse("done")


def cookie(request: HttpRequest) -> HttpResponse:
    response = HttpResponse("done")
    names = Service._base_manager.values_list("name", flat=True)
    response.set_cookie("seen", "|".join(name.replace(" ", "-") for name in names))
    return response
