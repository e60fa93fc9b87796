"""Every form of every page, sent with B's rows where the page offered A's own: as if they did not exist.

Nothing is listed: pages are fetched, their forms are read, and whatever value in them names a row of A is
changed for the same model's row of B.
"""

from collections.abc import Iterator

import pytest

from tests.isolation.forms import Form, forms_of
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Prober
from tests.isolation.recipes import ONLY_IN_B
from tests.isolation.routes import all_routes
from tests.isolation.values import BEYOND, MISSING_UID
from tests.isolation.world import IsolationWorld

pytestmark = pytest.mark.django_db

Swap = tuple[str, str]  # B's, and nobody's
OWN_INCIDENT = {"number": "1"}


def swaps(world: IsolationWorld) -> dict[str, Swap]:
    """What A's rows are called in a form, and what to send in its place."""
    found = {"INC-1": (f"INC-{ONLY_IN_B}", "INC-9999")}
    for label, row in world.a.builder.rows.items():
        other = world.b.row(label)
        found[str(row.pk)] = (str(other.pk), str(other.pk + BEYOND))
        if hasattr(row, "uid"):
            found[row.uid] = (other.uid, MISSING_UID)
    for role, person in world.a.people.items():
        found[person.uid] = (world.b.people.get(role, world.b.people["owner"]).uid, MISSING_UID)
    return found


def pages() -> Iterator[str]:
    """Every page of the tenant, A's incident too; not the API, and not the admin's forms (test_admin)."""
    for route in all_routes():
        is_api = route.view_class is not None and route.regex.startswith("api/")
        if route.urlconf != "config.urls_tenant" or is_api or route.model_admin is not None:
            continue
        if set(route.kwargs) <= set(OWN_INCIDENT):
            yield "/t/alpha" + route.address({name: OWN_INCIDENT[name] for name in route.kwargs})


def forms(who: Principal, prober: Prober) -> Iterator[tuple[str, Form]]:
    seen = set()
    for path in pages():
        page = prober.request(who, "GET", path)
        for form in forms_of(page.body) if page.status == 200 else ():
            action = form.action or path
            key = (action, tuple(sorted({*form.values, *form.choices})))
            if form.method == "post" and action.startswith("/t/alpha/") and key not in seen:
                seen.add(key)
                yield action, form


def test_no_form_takes_a_row_of_b(
    isolation: IsolationWorld, everybody: dict[str, Principal], prober: Prober
) -> None:
    who, found, tried, known = everybody["owner"], [], 0, swaps(isolation)
    for action, form in forms(who, prober):
        for name in {*form.values, *form.choices}:
            offered = [*form.values.get(name, ()), *form.choices.get(name, ())]
            for own in {value for value in offered if value in known}:
                there, nowhere = known[own]
                data = form.data()
                foreign = prober.request(who, "POST", action, data | {name: there})
                missing = prober.request(who, "POST", action, data | {name: nowhere})
                asked = [there, nowhere]
                wrong = leaks(foreign, asked=asked)
                wrong += differences(foreign, missing, asked=asked, new_rows=True)
                found += [f"POST {action} {name}={there}: {one}" for one in wrong]
                tried += 1
    report(found)
    assert tried >= 15, tried


def test_the_forms_of_a_room_were_read(everybody: dict[str, Principal], prober: Prober) -> None:
    """Positive control: the forms are those of the room, and they do something when they are sent."""
    actions = {action for action, _form in forms(everybody["owner"], prober)}
    assert len([action for action in actions if "/i/1/do/" in action]) >= 8
    answer = prober.request(everybody["owner"], "POST", "/t/alpha/i/1/do/note", {"text": "words"})
    assert answer.wrote, (answer.status, answer.body[:300])
