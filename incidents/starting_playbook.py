"""The playbook every new tenant starts with: a short list for each severity, and one for security.

Only what neither the next action nor the seven steps ask for. Clocks run from the moment of declaring.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class StartingStep:
    text: str | Promise
    within: timedelta | None = None

    @property
    def minutes(self) -> int | None:
        return None if self.within is None else int(self.within.total_seconds() // 60)


DAY = timedelta(days=1)
# By the rank of the severity.
BY_RANK: dict[int, tuple[StartingStep, ...]] = {
    1: (
        StartingStep(_("Stop deployments and planned changes until it is over")),
        StartingStep(_("Keep logs and screenshots before anything is restarted")),
        StartingStep(_("Tell support what to answer customers"), timedelta(minutes=15)),
        StartingStep(_("Tell the management in one sentence"), timedelta(minutes=30)),
        StartingStep(_("Plan who relieves those at work"), timedelta(hours=3)),
    ),
    2: (
        StartingStep(_("Stop deployments to what is affected")),
        StartingStep(_("Keep logs and screenshots before anything is restarted")),
        StartingStep(_("Tell support what to answer customers"), timedelta(minutes=30)),
    ),
    3: (
        StartingStep(_("Tell support the way round")),
        StartingStep(_("Put the repair on the list of the team that owns it")),
    ),
}
SECURITY: tuple[StartingStep, ...] = (
    StartingStep(_("Make it private if others should not read along")),
    StartingStep(_("Keep the evidence: logs, copies, times. Delete nothing")),
    StartingStep(_("Call in who answers for security and for privacy"), timedelta(hours=1)),
    StartingStep(_("Early warning to the authority, if NIS2 is for you"), DAY),
    StartingStep(_("Report it to the authority, if NIS2 is for you"), 3 * DAY),
    StartingStep(_("Report a breach of personal data to the data protection authority (GDPR)"), 3 * DAY),
    StartingStep(_("Decide whether the people concerned must be told (GDPR)"), 3 * DAY),
)
