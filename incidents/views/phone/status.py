"""/hooks/twilio/status/<signed>: what became of a text message or a call. Acknowledges nothing."""

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse

from config import clock
from config.tenancy.scoping import tenant_scope
from incidents.views.phone.provider import from_provider, nothing_there
from oncall import receipts, replies
from oncall.operations.receiving import note_receipt


@from_provider
def status(request: HttpRequest, signed: str) -> HttpResponse:
    try:
        tenant_id, notification_id = receipts.read(signed)
    except (BadSignature, ValueError, TypeError):
        return nothing_there()
    said = request.POST.dict()
    with tenant_scope(tenant_id):
        note_receipt(
            notification_id=notification_id,
            receipt=replies.receipt_of(said),
            now=clock.now(),
            provider_id=said.get("MessageSid") or said.get("CallSid") or "",
        )
    return HttpResponse(status=204)
