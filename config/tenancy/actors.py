"""Who does something. Every operation takes an `actor`; history and timeline store its kind, id and label."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NoReturn

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class ActorKind(StrEnum):
    PERSON = "person"  # id: Membership
    STAFF = "staff"  # id: User, platform staff outside any tenant
    ACCOUNT = "account"  # id: User, a person about their own account, outside any tenant
    KEY = "key"  # id: ApiKey
    LINK = "link"  # id: Membership the link was sent to
    MONITOR = "monitor"  # id: AlertSource
    ENGINE = "engine"  # id: none; Muster itself, by a deadline, a rule or a command


PLATFORM_GRANTS = frozenset({"platform.manage"})


@dataclass(frozen=True)
class Actor:
    """Built at the edge: `actor_of(request)`, `ENGINE`, `Actor.monitor(source.id, source.name)`.

    `grants` are the permissions it has (config.tenancy.roles); None means that all are granted (the engine).
    `lent` are those it has for one thing only, by a role in that thing: the edge that lends them passes the
    actor to deeds on that thing and to nothing else.
    """

    kind: ActorKind
    id: int | None
    label: str
    grants: frozenset[str] | None = field(default=frozenset(), repr=False)
    membership_id: int | None = None
    lent: frozenset[str] = field(default=frozenset(), repr=False)

    @classmethod
    def monitor(cls, source_id: int, label: str) -> "Actor":
        return cls(ActorKind.MONITOR, source_id, label, grants=None)

    @classmethod
    def engine(cls, label: str) -> "Actor":
        return cls(ActorKind.ENGINE, None, label, grants=None)

    @classmethod
    def staff(cls, user_id: int, label: str) -> "Actor":
        """Platform staff at the platform's own rows: tenants and people. Has no say inside a tenant."""
        return cls(ActorKind.STAFF, user_id, label, grants=PLATFORM_GRANTS)

    @classmethod
    def account(cls, user_id: int, label: str) -> "Actor":
        return cls(ActorKind.ACCOUNT, user_id, label)

    @classmethod
    def link(cls, membership_id: int, label: str, grants: frozenset[str]) -> "Actor":
        return cls(ActorKind.LINK, membership_id, label, grants=grants, membership_id=membership_id)

    def may(self, permission: str) -> bool:
        return self.may_everywhere(permission) or permission in self.lent

    def may_everywhere(self, permission: str) -> bool:
        """Not only for the one thing for which it was lent."""
        return self.grants is None or permission in self.grants

    def must(self, permission: str) -> None:
        """Raises PermissionDenied with a sentence for people. First line of every operation that writes."""
        if not self.may(permission):
            self._refuse()

    def must_everywhere(self, permission: str) -> None:
        """For a deed that reaches beyond one thing: what was lent for that one does not count."""
        if not self.may_everywhere(permission):
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise PermissionDenied(_("Your role does not allow this. An owner can change your role."))


ENGINE = Actor.engine("Muster")
