from django.db import models

from config.tenancy.models.tenant import Tenant


class DoorKind(models.TextChoices):
    API_KEY = "api_key"
    ALERT_SOURCE = "alert_source"
    PAGE = "page"
    ICAL = "ical"
    REPLY = "reply"
    STATUS_PAGE = "status_page"


class Door(models.Model):
    """Ways in without a sign-in: keys and tokens, as hashes. The only table with tenant_id and no row
    security.

    It holds nothing but hashes and ids, so that one statement can find the tenant and bind it
    (config.tenancy.doors).
    """

    kind = models.CharField(max_length=12, choices=DoorKind.choices)
    hash = models.CharField(max_length=64)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT, related_name="+", db_index=False)
    row_id = models.BigIntegerField()
    expires_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} {self.row_id}"

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "hash"], name="tenancy_door_hash")]
        indexes = [
            models.Index(fields=["tenant", "kind", "row_id"], name="tenancy_door_row"),
            models.Index(
                fields=["expires_at"],
                name="tenancy_door_expires",
                condition=models.Q(expires_at__isnull=False),
            ),
        ]
