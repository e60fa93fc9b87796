"""A template rendered, to look at: with the latest incident somebody may see, else with a made-up one."""

from datetime import datetime

from django.utils import translation

from config.tenancy.models import Membership
from incidents import words
from incidents.assessment import Given, Six
from incidents.models import Incident, MessageTemplate
from incidents.operations.desk import desk_of

SAMPLE = words.About(
    key="INC-42",
    severity="SEV1",
    summary="Payments fail for all customers",
    services=["Checkout", "Payments API"],
    components=["Shop", "Payments"],
    minutes=48,
    customers_notice=True,
    cases=14,
    answers={
        Six.IMPACT: Given(choices=("external",)),
        Six.EXPERIENCE: Given(choices=("cannot_use",)),
        Six.REACH: Given(choices=("all",), number=1200),
        Six.FACTORS: Given(choices=("social",)),
    },
)


def sample(template: MessageTemplate) -> words.Draft:
    """With the made-up one, in the template's language."""
    with translation.override(template.language):
        return words.draft(words.Draft(template.title, template.body), SAMPLE)


def with_latest(
    template: MessageTemplate, *, membership: Membership | None, now: datetime
) -> tuple[Incident | None, words.Draft]:
    """With the newest incident this person may see; None and the made-up one where there is none."""
    rows = Incident.objects.visible_to(membership).select_related(
        "severity", "service", "tenant", "notice__page"
    )
    latest: Incident | None = rows.order_by("-number").first()
    if latest is None:
        return None, sample(template)
    about = desk_of(latest, now=now).about
    with translation.override(template.language):
        return latest, words.draft(words.Draft(template.title, template.body), about)
