"""What the six answers suggest, and which lines look alike. Pure."""

import pytest

from incidents.alike import likeness
from incidents.assessment import CHOICES, ORDER, Given, Six, fitting, has_security, suggest, words_of
from incidents.models import AssessmentQuestion


def answers(**choices: str) -> dict[str, Given]:
    return {question: Given(tuple(said.split())) for question, said in choices.items()}


def test_r13_the_six_questions_are_those_of_the_model_in_order() -> None:
    assert list(ORDER) == AssessmentQuestion.values
    assert set(CHOICES) == set(ORDER)


@pytest.mark.parametrize(
    ("given", "rank"),
    [
        # SEV1: down for all users; privacy breached; customer data lost.
        (answers(experience="cannot_use", reach="all"), 1),
        (answers(impact="external", experience="cannot_use", reach="all"), 1),
        (answers(factors="privacy"), 1),
        (answers(factors="security", experience="slow"), 1),
        (answers(factors="social data_loss"), 1),
        # SEV2: down for some; core functionality affected.
        (answers(experience="cannot_use", reach="some"), 2),
        (answers(experience="cannot_use", reach="unknown"), 2),
        (answers(experience="cannot_use"), 2),
        (answers(experience="main_broken", reach="all"), 2),
        # The scale speaks of customers.
        (answers(impact="internal", experience="cannot_use", reach="all"), 2),
        # SEV3: a way round; usable, degraded.
        (answers(experience="slow", reach="all"), 3),
        (answers(experience="way_round"), 3),
    ],
)
def test_r17_the_answers_suggest_a_severity(given: dict[str, Given], rank: int) -> None:
    found = suggest(given)
    assert found is not None
    assert found.rank == rank
    assert str(found.why)


@pytest.mark.parametrize(
    "given", [{}, answers(reach="all"), answers(factors="social"), answers(impact="external")]
)
def test_too_little_suggests_nothing(given: dict[str, Given]) -> None:
    assert suggest(given) is None


@pytest.mark.parametrize(
    ("rank", "scale", "step"),
    [
        (1, [1, 2, 3], 1),
        (3, [1, 2, 3], 3),
        (3, [1, 2, 3, 4, 5], 3),
        (2, [1, 3], 1),
        (1, [2, 3], 2),
        (1, [], None),
    ],
)
def test_any_scale_has_a_step_for_it(rank: int, scale: list[int], step: int | None) -> None:
    assert fitting(rank, scale) == step


def test_what_may_be_security() -> None:
    assert has_security(answers(factors="security"))
    assert has_security(answers(factors="data_loss other"))
    assert not has_security(answers(factors="social"))


def test_words_of_an_answer_are_choices_number_and_text() -> None:
    assert words_of(Six.REACH, Given(("some",), "only in the app", 40)) == "some; 40; only in the app"
    assert words_of(Six.IMPACT, Given(("internal", "external"))) == "customers, colleagues"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Payments fail", "payment is broken for everybody", True),
        ("Betalen lukt niet", "betaling lukt niemand", True),
        ("Payments fail", "Exports fail for all customers", False),
        ("", "Payments fail", False),
    ],
)
def test_two_lines_are_alike_by_words_that_say_something(one: str, other: str, alike: bool) -> None:
    assert bool(likeness(one, other)) is alike
