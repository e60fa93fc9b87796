import hashlib
import hmac
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.test.utils import override_settings

from config import clock
from config.tenancy import links
from config.tenancy.actors import Actor
from config.tenancy.audit import acting
from config.tenancy.models import Membership, Tenant, TenantSettings
from config.tenancy.scoping import tenant_scope
from incidents.demo.cast import ZONE, hire, set_up_crews
from incidents.demo.play import Stage, play, run_everything
from incidents.demo.rota import plan_ahead
from incidents.demo.stories import STORIES
from incidents.models import Tool
from incidents.operations.sources import create_source
from incidents.operations.tenants import create_tenant
from statuspage.models import StatusPage

SLUG = "demo"
OWNER = f"anna@{SLUG}.muster.test"


class Command(BaseCommand):
    help = "Loads the demonstration tenant: people, schedules, services, and a month of incidents. Once."

    def handle(self, *args: Any, **options: Any) -> None:
        password = demo_password()
        if not Tenant.objects.filter(slug=SLUG).exists():
            if Tenant.objects.exists():
                # What it plays would take in the due work of others, and mail nobody.
                self.stdout.write(
                    "No demonstration: it loads on an empty installation only, and there are tenants here."
                )
                return
            self._load(password)
        self.stdout.write(f"Demonstration  {links.tenant(SLUG)}")
        self.stdout.write(f"  sign in as   {OWNER}   password  {password}")
        self.stdout.write(f"  status page  {links.status_page(SLUG)}")

    def _load(self, password: str) -> None:
        now = clock.now()
        begin = now - timedelta(days=32)
        actor = Actor.engine("Demonstration")
        # What was sent a month ago must not go out today.
        # In one transaction, so that the workers beside it see nothing before it is complete.
        silent = override_settings(EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend")
        with silent, transaction.atomic():
            made = create_tenant(
                slug=SLUG,
                name="Harbour Goods",
                owner_email=OWNER,
                owner_name="Anna Visser",
                time_zone=ZONE,
                actor=actor,
                now=begin,
            )
            with tenant_scope(made.tenant.pk):
                stage = self._set_stage(made.tenant, password, actor, begin)
                play(stage, STORIES, now, self._progress)
                plan_ahead(members=stage.members, actor=actor, now=now)
                run_everything(now)
        clock.run_due("statuspage.render", now)

    def _set_stage(self, tenant: Tenant, password: str, actor: Actor, begin: Any) -> Stage:
        owner = Membership.objects.select_related("user").get(user__email=OWNER)
        with acting(actor, now=begin):
            owner.user.set_password(password)
            owner.user.time_zone = ZONE
            owner.user.save()
            choices = TenantSettings.objects.get()
            choices.video_url_template = "https://meet.harbour.test/{key}"
            choices.chat_url_template = "https://chat.harbour.test/channels/{key}"
            choices.save()
        members = hire(tenant=tenant, owner=owner, password=password, actor=actor, now=begin)
        page = StatusPage.objects.get(slug=SLUG)
        services = set_up_crews(page=page, members=members, actor=actor, now=begin)
        sources = {
            name: create_source(
                name=f"Prometheus {name}",
                service=service,
                tool=Tool.ALERTMANAGER,
                actor=actor,
                now=begin,
            )[0]
            for name, service in services.items()
        }
        return Stage(members=members, services=services, sources=sources)

    def _progress(self, done: int, total: int) -> None:
        if self.stderr.isatty():
            self.stderr.write(f"\r  {done} of {total} deeds", ending="" if done < total else "\n")


def demo_password() -> str:
    """The same at each start of one installation, another on every other."""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"muster.demo.password", hashlib.sha256).hexdigest()
    return f"harbour-{digest[:10]}"
