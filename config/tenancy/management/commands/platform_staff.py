from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from config import clock
from config.tenancy.actors import Actor
from config.tenancy.operations.people import ensure_platform_user


class Command(BaseCommand):
    help = "Makes a person platform staff: tenants, people, mails not sent, at /admin/. No say in any tenant."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--name", default="")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = Actor.engine("manage.py platform_staff")
        try:
            user, password = ensure_platform_user(
                email=options["email"], name=options["name"], now=clock.now(), actor=actor, staff=True
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user.email} is platform staff.")
        if password is not None:
            self.stdout.write(f"First password, shown only now: {password}")
