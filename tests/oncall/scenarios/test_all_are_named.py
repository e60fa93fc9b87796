"""No scenario is forgotten: each of the list is played by exactly one test, or by one per kind."""

import runpy

import pytest

from tests.oncall.scenarios.named import NAMES, all_played


def test_each_scenario_of_the_list_is_played() -> None:
    assert [name for name, tests in all_played().items() if not tests] == []


def test_the_list_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("tests.oncall.scenarios", run_name="__main__")
    printed = capsys.readouterr().out
    assert [line[:55].strip() for line in printed.splitlines()] == list(NAMES)
    assert "NOBODY" not in printed
