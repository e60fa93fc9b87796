"""Templates are logic-less, and what customers should not read is found. Pure."""

import pytest
from django.utils import translation

from config.tenancy.actors import ENGINE
from config.tenancy.audit import acting
from incidents import words
from incidents.assessment import Given, Six
from incidents.models import MessageTemplate
from incidents.operations.desk import desk_of
from incidents.operations.questions import answer_question
from incidents.wording import Forbidden, fill, fill_title, internal_in, same, unknown_in, warnings_of
from tests.incidents.leading import Lead

VALUES = {"key": "INC-1", "severity": "", "summary": "Payments {key} fail", "cases": "0"}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{key} is open", "INC-1 is open"),
        ("{nothing} {0} {key.__class__} {key!r} {{key}}", "{nothing} {0} {key.__class__} {key!r} {INC-1}"),
        ("{summary}", "Payments {key} fail"),
        ("One\n{severity}\nTwo", "One\nTwo"),
        ("Cases: {cases}\r\nlast", "Cases: 0\nlast"),
        ("{% if x %}{{ y }}", "{% if x %}{{ y }}"),
    ],
)
def test_braces_are_filled_in_once_and_nothing_else_is_read(template: str, filled: str) -> None:
    assert fill(template, VALUES) == filled


def test_a_part_of_a_title_that_is_empty_is_left_out() -> None:
    assert fill_title("{key} - {severity} - now", VALUES) == "INC-1 - now"


def test_what_means_nothing_or_is_ours_alone_can_be_said() -> None:
    assert unknown_in("{key} {foo} {foo} {bar}") == ["{foo}", "{bar}"]
    assert internal_in("{components} {key} {services}") == ["{key}", "{services}"]


def test_texts_are_the_same_however_they_are_broken() -> None:
    assert same("One two\r\n\r\nthree ", "One  two\nthree")
    assert not same("One two", "One too")


FORBIDDEN = [
    Forbidden("service", "Checkout API"),
    Forbidden("person", "Mark"),
    Forbidden("severity", "SEV1"),
    Forbidden("host", "db-7"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("All works.", []),
        ("inc-42 is open", ["inc-42"]),
        ("checkout api fails", ["Checkout API"]),
        ("Mark fixed it", ["Mark"]),
        ("We mark it as fixed", []),
        ("sev1 on DB-7", ["SEV1", "db-7"]),
        ("see db-8.prod.acme.internal and 10.0.0.7", ["db-8.prod.acme.internal", "10.0.0.7"]),
        ("see https://status.acme.example.org or www.acme.example.org, mail a@b.acme.org", []),
        ("at 3.2.1. And so on", ["3.2.1"]),
        ("Checkout APIs fail", []),
    ],
)
def test_what_customers_should_not_read_is_found(text: str, found: list[str]) -> None:
    assert [slip.word for slip in warnings_of(text, FORBIDDEN)] == found


def test_a_public_name_is_never_a_slip() -> None:
    both = [Forbidden("service", "Checkout")]
    assert warnings_of("Checkout fails", both, allowed=["Checkout"]) == ()
    assert warnings_of("Checkout payments fail", both, allowed=["Checkout payments"]) == ()
    assert warnings_of("Checkout fails", both, allowed=["Checkout payments"])


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(("audience", "kind"), sorted(words.TEMPLATES))
def test_the_built_in_words_leave_no_braces_in_either_language(
    language: str, audience: str, kind: str
) -> None:
    about = words.About(
        key="INC-1",
        severity="SEV1",
        summary="It fails.",
        services=["A", "B"],
        components=["Shop"],
        minutes=200,
        answers={Six.REACH: Given(choices=("all",))},
    )
    with translation.override(language):
        drafts = [words.draft(words.built_in(audience, kind, postmortem=one), about) for one in (True, False)]
    for title, body in drafts:
        assert title
        assert body
        assert "{" not in title + body
        if audience == "external":
            assert not {"INC-1", "SEV1", "A and B"} & set(f"{title} {body}".split())


def test_what_colleagues_wrote_beside_an_answer_is_not_in_words_to_customers(lead: Lead) -> None:
    incident = lead.declare(severity=lead.sev[1])
    answer_question(
        incident=incident,
        question="impact",
        choices=["external"],
        text="Zebrafinch from db-7",
        actor=lead.as_("bram"),
        now=lead.now,
    )
    for audience, kind in (("external", "start"), ("internal", "start")):
        with acting(ENGINE, now=lead.now):
            MessageTemplate.objects.create(
                audience=audience, kind=kind, language="en", title="It hits", body="It hits {impact}."
            )
    desk = desk_of(lead.again(incident), now=lead.now)
    assert "Zebrafinch" in desk.draft("internal", "start", language="en").body
    assert "Zebrafinch" not in desk.draft("external", "start", language="en").body
