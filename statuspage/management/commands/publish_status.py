from typing import Any

from django.core.management.base import BaseCommand

from config import clock
from config.tenancy.scoping import all_tenants, tenant_scope
from statuspage.models import StatusPage
from statuspage.operations.rendering import render_page


class Command(BaseCommand):
    help = "Renders every status page of every tenant and publishes it, with all notices it ever had."

    def handle(self, *args: Any, **options: Any) -> None:
        with all_tenants("publish every page"):
            pages = list(StatusPage.objects.order_by("slug").values_list("tenant_id", "pk", "slug"))
        for tenant_id, page_id, slug in pages:
            with tenant_scope(tenant_id):
                render_page(page_id=page_id, token=None, now=clock.now(), whole=True)
            self.stdout.write(f"{slug}: published")
        self.stdout.write(f"{len(pages)} pages.")
