"""Every address of machines is classified: one that is new says how it is fuzzed."""

from django.conf import settings
from django.urls import get_resolver

from tests.fuzz.addresses import ADDRESSES, OTHERS, names_in_urlconf


def test_every_machine_address_is_fuzzed_or_named_as_something_else() -> None:
    assert names_in_urlconf() == ADDRESSES.keys() | OTHERS


def test_nothing_else_stands_below_the_machines_paths() -> None:
    """What is for machines is only looked up in that urlconf: nothing may hide in the ordinary one."""
    machine = {pattern.name for pattern in get_resolver(settings.MACHINE_URLCONF).url_patterns}
    found = set()
    for pattern in get_resolver().url_patterns:
        for prefix in ("v2", "ingest", "hooks", "generic"):
            if str(pattern.pattern).lstrip("^").startswith(f"{prefix}/"):
                found.add(getattr(pattern, "name", str(pattern)))
    assert found <= machine
