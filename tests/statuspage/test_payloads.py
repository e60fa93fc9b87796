"""The Statuspage v2 JSON."""

import json
from dataclasses import replace
from typing import Any

import pytest

from statuspage.render.payloads import payloads
from tests.statuspage.samples import BROKEN, CHECKOUT, HOUR, NOW, OUTAGE, SHOP, WEBSITE, notice, page, update


def read(facts: Any, name: str) -> Any:
    return json.loads(payloads(facts)[f"api/v2/{name}.json"])


ALL = {
    "summary": {"components", "incidents", "scheduled_maintenances", "status"},
    "status": {"status"},
    "components": {"components"},
    "incidents": {"incidents"},
    "incidents/unresolved": {"incidents"},
    "scheduled-maintenances": {"scheduled_maintenances"},
    "scheduled-maintenances/upcoming": {"scheduled_maintenances"},
    "scheduled-maintenances/active": {"scheduled_maintenances"},
}


@pytest.mark.parametrize("facts", [BROKEN, page()], ids=["broken", "empty"])
@pytest.mark.parametrize(("name", "keys"), ALL.items())
def test_each_address_has_its_keys_and_the_page(facts: Any, name: str, keys: set[str]) -> None:
    body = read(facts, name)
    assert set(body) == keys | {"page"}
    assert all(isinstance(body[key], list) for key in keys - {"status"})


def test_summary_and_status_agree() -> None:
    summary, status, components = (read(BROKEN, name) for name in ("summary", "status", "components"))
    assert summary["page"] == status["page"] == components["page"]
    assert summary["status"] == status["status"]
    assert summary["components"] == components["components"]
    assert summary["incidents"] == read(BROKEN, "incidents/unresolved")["incidents"]


def test_the_page_object() -> None:
    assert read(BROKEN, "status") == {
        "page": {
            "id": "PAGE22222222",
            "name": "Acme",
            "url": "https://muster.test/status/acme",
            "time_zone": "Europe/Amsterdam",
            "updated_at": "2026-11-23T14:01:00.000Z",
        },
        "status": {"indicator": "major", "description": "Partial System Outage"},
    }


def test_a_component_to_the_letter() -> None:
    body = next(row for row in read(BROKEN, "components")["components"] if row["id"] == CHECKOUT.uid)
    assert body == {
        "id": "CHECKOUT2222",
        "name": "Checkout",
        "status": "major_outage",
        "created_at": "2026-05-07T14:02:00.000Z",
        "updated_at": "2026-05-07T14:02:00.000Z",
        "position": 2,
        "description": None,
        "showcase": True,
        "start_date": "2026-05-07",
        "group_id": "SHOP22222222",
        "page_id": "PAGE22222222",
        "group": False,
        "only_show_if_degraded": False,
    }


def test_a_group_names_its_members_and_has_the_worst_of_their_statuses() -> None:
    rows = read(BROKEN, "summary")["components"]
    assert [row["id"] for row in rows] == [WEBSITE.uid, SHOP.uid, CHECKOUT.uid]
    group = rows[1]
    assert (group["group"], group["components"], group["status"]) == (True, [CHECKOUT.uid], "major_outage")
    assert set(group) == set(rows[2]) | {"components"}


def test_groups_do_not_count_in_the_roll_up() -> None:
    """One broken component of one: a group beside it would make two."""
    alone = page(CHECKOUT, groups=(SHOP,))
    assert read(alone, "status")["status"]["description"] == "Major System Outage"


def test_an_incident_to_the_letter() -> None:
    body = read(BROKEN, "incidents")["incidents"][0]
    updates = body.pop("incident_updates")
    components = body.pop("components")
    assert body == {
        "id": "OUTAGE222222",
        "name": "Payments fail",
        "status": "identified",
        "created_at": "2026-11-23T13:02:00.000Z",
        "updated_at": "2026-11-23T13:56:00.000Z",
        "monitoring_at": None,
        "resolved_at": None,
        "impact": "critical",
        "shortlink": "https://muster.test/status/acme/incidents/OUTAGE222222",
        "started_at": "2026-11-23T13:02:00.000Z",
        "page_id": "PAGE22222222",
        "reminder_intervals": None,
    }
    assert components == [
        row for row in read(BROKEN, "components")["components"] if row["id"] == CHECKOUT.uid
    ]
    assert [row["id"] for row in updates] == ["SECOND222222", "FIRST2222222"]
    assert updates[0] == {
        "id": "SECOND222222",
        "status": "identified",
        "body": "We found the cause.",
        "incident_id": "OUTAGE222222",
        "created_at": "2026-11-23T13:56:00.000Z",
        "updated_at": "2026-11-23T13:56:00.000Z",
        "display_at": "2026-11-23T13:56:00.000Z",
        "affected_components": [
            {
                "code": "CHECKOUT2222",
                "name": "Shop - Checkout",
                "old_status": "partial_outage",
                "new_status": "major_outage",
            }
        ],
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def test_what_is_resolved_is_in_the_history_and_not_in_the_summary() -> None:
    over = replace(OUTAGE, status="resolved", resolved_at=NOW)
    facts = page(WEBSITE, notices=(over,))
    assert read(facts, "incidents")["incidents"][0]["resolved_at"] == "2026-11-23T14:02:00.000Z"
    assert read(facts, "summary")["incidents"] == []
    assert read(facts, "incidents/unresolved")["incidents"] == []


def test_an_incident_over_green_components_leaves_the_indicator_at_none() -> None:
    facts = page(WEBSITE, notices=(replace(OUTAGE, impact="none"),))
    assert read(facts, "summary")["status"] == {"indicator": "none", "description": "All Systems Operational"}
    assert len(read(facts, "summary")["incidents"]) == 1


def test_at_most_50_incidents_are_told() -> None:
    many = tuple(notice(f"N{number:011d}", "resolved", NOW, resolved_at=NOW) for number in range(60))
    assert len(read(page(notices=many), "incidents")["incidents"]) == 50


def test_maintenance_stands_in_lists_of_its_own() -> None:
    planned = {
        "kind": "maintenance",
        "impact": "maintenance",
        "scheduled_for": NOW,
        "scheduled_until": NOW + HOUR,
    }
    facts = page(
        WEBSITE,
        notices=(
            notice("COMING222222", "scheduled", NOW, update("A22222222222", "scheduled", NOW), **planned),
            notice("RUNNING22222", "verifying", NOW, **planned),
            notice("DONE22222222", "completed", NOW, resolved_at=NOW, **planned),
        ),
    )
    ids = lambda name, key: [row["id"] for row in read(facts, name)[key]]  # noqa: E731
    assert ids("scheduled-maintenances/upcoming", "scheduled_maintenances") == ["COMING222222"]
    assert ids("scheduled-maintenances/active", "scheduled_maintenances") == ["RUNNING22222"]
    assert ids("summary", "scheduled_maintenances") == ["RUNNING22222", "COMING222222"]
    assert len(ids("scheduled-maintenances", "scheduled_maintenances")) == 3
    assert ids("incidents", "incidents") == []
    body = read(facts, "scheduled-maintenances")["scheduled_maintenances"][0]
    assert body["scheduled_until"] == "2026-11-23T15:02:00.000Z"


def test_words_stay_english_and_letters_stay_themselves() -> None:
    body = payloads(replace(BROKEN, language="nl", name="Café €"))["api/v2/summary.json"].decode()
    assert "Partial System Outage" in body
    assert "Café €" in body
