import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.conflicts import Conflict
from incidents.operations.tenants import NewTenant, create_tenant


class Command(BaseCommand):
    help = (
        "Makes a complete tenant: its owner, who is on call, severities, roles, a service, status pages, "
        "an alert key and an API key. The secrets are shown once."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="short name in addresses: lower-case letters, digits, hyphens")
        parser.add_argument("--name", required=True, help="what people call it")
        parser.add_argument("--owner", required=True, metavar="E-MAIL", help="who owns it and is on call")
        parser.add_argument("--time-zone", default="UTC", help="an IANA name such as Europe/Amsterdam (UTC)")
        parser.add_argument("--language", default="en", help="en or nl (en)")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = create_tenant(
                slug=options["slug"],
                name=options["name"],
                owner_email=options["owner"],
                time_zone=options["time_zone"],
                language=options["language"],
                actor=Actor.engine("manage.py create_tenant"),
                now=clock.now(),
            )
        except (ValidationError, Conflict) as error:
            sys.exit(_sentence(error))
        self.stdout.write(json.dumps(made.as_json(), indent=2) if options["json"] else _text(made))


def _sentence(error: ValidationError | Conflict) -> str:
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    return str(error)


def _text(made: NewTenant) -> str:
    shown = made.as_json()
    password = made.password or "the one they have"
    return f"""{shown["name"]} is ready. Write down what is secret: it is shown only now.

  Sign in        {shown["admin_url"]}
                 {shown["owner"]["email"]}, password: {password}
  Alertmanager   {shown["alertmanager_url"]}
  Alert key      {shown["alert_key"]}
  API key        {shown["api_key"]}
  Status page    {shown["status_url"]}
  For colleagues {shown["internal_status_url"]}"""
