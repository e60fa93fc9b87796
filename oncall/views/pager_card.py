"""A contact card (vCard 3.0): from where pages come, so that "do not disturb" can let them through."""

from email.utils import parseaddr

from django.conf import settings
from django.utils.translation import gettext as _

from oncall.senders.clean import one_line


def card_of(tenant: str) -> str:
    """Lines end as the format wants; what the tenant is called is data in it."""
    name = _("Pager of %(tenant)s") % {"tenant": tenant}
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"N:{_plain(name)};;;;", f"FN:{_plain(name)}"]
    if settings.TWILIO_FROM:
        lines.append(f"TEL;TYPE=CELL,VOICE:{_plain(settings.TWILIO_FROM)}")
    if address := parseaddr(settings.DEFAULT_FROM_EMAIL)[1]:
        lines.append(f"EMAIL;TYPE=INTERNET:{_plain(address)}")
    lines += [f"URL:{_plain(settings.BASE_URL)}", "END:VCARD"]
    return "".join(f"{line}\r\n" for line in lines)


def _plain(text: str) -> str:
    escaped = one_line(text).replace("\\", "\\\\")
    return escaped.replace(";", "\\;").replace(",", "\\,")
