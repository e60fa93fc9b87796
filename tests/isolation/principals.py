"""Who tries. All act in A, or nowhere; `positive` gives B's own people, for the positive control."""

from dataclasses import dataclass

from django.test import Client

from config.tenancy.models import User
from config.tenancy.roles import Role
from tests.isolation.world import IsolationWorld, Side


@dataclass
class Principal:
    name: str
    client: Client
    slug: str  # the prefix it uses under the tenant urlconf
    headers: dict[str, str]

    @property
    def is_key(self) -> bool:
        return bool(self.headers)

    def __str__(self) -> str:
        return self.name


def principals(world: IsolationWorld) -> dict[str, Principal]:
    """Made inside the world's transaction: sessions are rows."""
    found = {
        "anonymous": Principal("anonymous", _client(), "alpha", {}),
        "both": _person("both", world.both, "alpha"),
        # Not members of B (any more), under B's prefix.
        "ex_member": _person("ex_member", world.ex_member, "bravo"),
        "outsider": _person("outsider", world.a.people[Role.OWNER].user, "bravo"),
    }
    for role in (Role.OWNER, Role.RESPONDER, Role.VIEWER):
        found[role] = _person(str(role), world.a.people[role].user, "alpha")
    for scope, secret in world.a.keys.items():
        found[f"{scope}_key"] = _key(f"{scope}_key", secret, "alpha")
    found["foreign_key"] = _key("foreign_key", world.a.keys["admin"], "bravo")
    return found


def positive(world: IsolationWorld) -> tuple[Principal, Principal]:
    """B's owner and B's key of the widest scope."""
    owner = _person("b_owner", world.b.people[Role.OWNER].user, "bravo")
    return owner, _key("b_key", world.b.keys["admin"], "bravo")


def own_side(world: IsolationWorld, principal: Principal) -> Side:
    return world.b if principal.slug == "bravo" else world.a


def _client() -> Client:
    return Client(raise_request_exception=False, SERVER_NAME="localhost")


def _person(name: str, user: User, slug: str) -> Principal:
    client = _client()
    client.force_login(user)
    return Principal(name, client, slug, {})


def _key(name: str, secret: str, slug: str) -> Principal:
    return Principal(name, _client(), slug, {"Authorization": f"Bearer {secret}"})
