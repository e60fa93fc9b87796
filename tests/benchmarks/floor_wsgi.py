"""The floor: Django with the middleware of any new project, one view, one upsert in one statement.

On the same database, pool and web server as Muster, and without anything of Muster's own. With FLOOR_WORK
set the view also rings a bare Celery task, as directly as Celery allows (tests.benchmarks.floor_celery).
"""

import os

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from config import settings as muster

UPSERT = """
INSERT INTO floor_post (id, body, at) VALUES (%s, %s, clock_timestamp())
ON CONFLICT (id) DO UPDATE SET body = excluded.body, at = excluded.at
"""

settings.configure(
    SECRET_KEY="floor",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    DATABASES=muster.DATABASES,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    USE_TZ=True,
)


@csrf_exempt
@require_POST
def post(request: HttpRequest, key: str) -> HttpResponse:
    body = request.body
    with connection.cursor() as cursor:
        cursor.execute(UPSERT, [key, body])
    if os.environ.get("FLOOR_WORK"):
        from tests.benchmarks.floor_celery import work

        transaction.on_commit(lambda: work.delay(key))
    return JsonResponse({"status": "success"}, status=202)


urlpatterns = [path("floor/<str:key>", post)]

django.setup()
application = WSGIHandler()
