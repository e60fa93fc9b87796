"""Facts of the six questions: what is answered, what was put to whom, what the answers suggest."""

from dataclasses import replace
from datetime import datetime

from django.db.models import OuterRef, Q, Subquery
from django.utils.translation import gettext_lazy as _

from incidents import assessment
from incidents.assessment import Six
from incidents.known import Facts
from incidents.models import Answer, Ask, Incident, IncidentRole, RoleAssignment, RoleCode, Severity


def add(facts: Facts, incident: Incident, now: datetime) -> Facts:
    """Two queries; one more where the answers suggest a severity, one where a question is still open."""
    given = answers_of(incident)
    open_asks = Ask.objects.filter(incident=incident, answered_at=None).order_by("id")
    asks = list(open_asks.select_related("membership__user", "role"))
    suggested = assessment.suggest(given)
    step = _step(suggested.rank) if suggested else None
    unanswered = tuple(code for code in assessment.ORDER if not _known(code, given, incident))
    # Before it is real nothing is asked, and a storm of alerts reads no more than it must.
    asking = unanswered and incident.is_open and incident.confirmed_at is not None
    role, whom = _whom_to_ask(incident) if asking else ("", "")
    return replace(
        facts,
        answers=len(given),
        unanswered=unanswered,
        ask_role=role,
        ask_whom=whom,
        asked=tuple((one.question, str(one.membership or one.role or _("everybody"))) for one in asks),
        suggested_rank=step.rank if step else None,
        suggested_word=step.word if step else "",
        suggested_why=str(suggested.why) if step and suggested else "",
        cases=incident.cases,
        security=assessment.has_security(given),
    )


def answers_of(incident: Incident) -> dict[str, assessment.Given]:
    """The newest answer by question. One query."""
    rows = Answer.objects.filter(incident=incident).order_by("question", "-id").distinct("question")
    return {
        question: assessment.Given(tuple(choices), text, number)
        for question, choices, text, number in rows.values_list("question", "choices", "text", "number")
    }


def _known(code: str, given: dict[str, assessment.Given], incident: Incident) -> bool:
    """A start that a monitor or the declarer said is known, and so is a count that has begun."""
    if code == Six.STARTED and incident.started_at is not None:
        return True
    return code in given or (code == Six.CASES and incident.cases > 0)


def _whom_to_ask(incident: Incident) -> tuple[str, str]:
    """A role of support, else communication: its uid, and the name of who has it or of the role itself."""
    holder = RoleAssignment.objects.filter(incident=incident, role=OuterRef("pk"), ended_at=None).order_by(
        "id"
    )
    roles = IncidentRole.objects.filter(Q(code=RoleCode.COMMS) | Q(name__icontains="support"))
    named = roles.annotate(
        holder=Subquery(holder.values("membership__user__name")[:1]),
        address=Subquery(holder.values("membership__user__email")[:1]),
    )
    found = sorted(named, key=lambda role: role.code == RoleCode.COMMS)
    if not found:
        return "", ""
    return found[0].uid, found[0].holder or found[0].address or found[0].name


def _step(rank: int) -> Severity | None:
    scale = {step.rank: step for step in Severity.objects.all()}
    return scale.get(assessment.fitting(rank, scale) or 0)
