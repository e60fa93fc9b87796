"""What a provider reports back under: a signed name of one notification, for the address it calls.

The signature keeps anybody from reporting for another tenant's pages; that the report itself is the
provider's own is told by its signature (oncall.senders.twilio.is_genuine).
"""

from django.core import signing

SALT = "oncall.receipts"


def signed(tenant_id: int, notification_id: int) -> str:
    """Fit for a path. The same in every attempt; never runs out: reports may come days late."""
    return signing.Signer(salt=SALT).sign_object([tenant_id, notification_id])


def read(name: str) -> tuple[int, int]:
    """(tenant id, notification id). Raises BadSignature for whatever was not made here."""
    tenant_id, notification_id = signing.Signer(salt=SALT).unsign_object(name)
    return tenant_id, notification_id
