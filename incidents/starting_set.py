"""What every new tenant starts with: its scale of severities (R15 to R17, R19) and its roles (R35 to R38)."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from incidents.models import Response, RoleCode

Words = str | Promise


@dataclass(frozen=True)
class Step:
    word: Words
    name: Words
    description: Words
    examples: tuple[Words, ...]
    response: str
    update_minutes: int | None
    called_roles: tuple[str, ...] = ()
    postmortem_required: bool = False


@dataclass(frozen=True)
class StartingRole:
    code: str
    name: Words
    duties: Words


@dataclass(frozen=True)
class Given:
    """Names of the first things of each kind, in the language that is active."""

    team: str
    service: str
    source: str
    api_key: str


SEVERITIES = (
    Step(
        word=_("SEV1"),
        name=_("Critical"),
        description=_("Critical, very high impact"),
        examples=(
            _("A customer-facing service is down for all users"),
            _("Confidentiality or privacy is breached"),
            _("Customer data is lost"),
        ),
        response=Response.PAGE,
        update_minutes=30,
        called_roles=(RoleCode.MANAGER.value, RoleCode.COMMS.value),
        postmortem_required=True,
    ),
    Step(
        word=_("SEV2"),
        name=_("Major"),
        description=_("Major, significant impact"),
        examples=(
            _("A customer-facing service is down for some customers"),
            _("Core functionality is significantly affected"),
        ),
        response=Response.PAGE,
        update_minutes=60,
        postmortem_required=True,
    ),
    Step(
        word=_("SEV3"),
        name=_("Minor"),
        description=_("Minor, low impact"),
        examples=(
            _("A small inconvenience that can be worked around"),
            _("Usable degraded performance"),
        ),
        response=Response.OFFICE_HOURS,
        update_minutes=None,
    ),
)
ROLES = (
    StartingRole(
        code=RoleCode.MANAGER,
        name=_("Incident manager"),
        duties=_(
            "You are in charge, and accountable.\n"
            "Do whatever is needed, and page whoever can help.\n"
            "Keep everybody's mind on restoring the service fastest: say in one sentence what you all do now."
        ),
    ),
    StartingRole(
        code=RoleCode.TECH_LEAD,
        name=_("Technical lead"),
        duties=_(
            "Find out what is broken, and why: form theories, and have them tried.\n"
            "Decide on changes, and say what and why.\n"
            "Lead those who work on it, close to the incident manager."
        ),
    ),
    StartingRole(
        code=RoleCode.COMMS,
        name=_("Communications manager"),
        duties=_(
            "Write and send what colleagues and customers read.\n"
            "Keep to the time that was promised for the next word.\n"
            "Count what customers report, and tell the incident manager."
        ),
    ),
)


def words(tenant_name: str) -> Given:
    return Given(
        team=gettext("%(tenant)s team") % {"tenant": tenant_name[:70]},
        service=gettext("Website"),
        source=pgettext("a source of alerts", "Monitoring"),
        api_key=gettext("First key"),
    )
