"""Policies within policies: what is refused before it is saved."""

import pytest
from django.core.exceptions import ValidationError

from oncall.models import EscalationPolicy
from oncall.operations.nesting import check_nesting
from oncall.operations.snapshots import snapshot_of
from tests.oncall.conftest import Pager
from tests.oncall.policies import policy_of, step


def chain(pager: Pager, depth: int) -> list[EscalationPolicy]:
    """Policies each of which names the one before it; the first names nobody but Bram."""
    found = [policy_of(pager, step("bram"), called="P0")]
    for number in range(1, depth + 1):
        found.append(policy_of(pager, step(found[-1]), called=f"P{number}"))
    return found


def test_a_circle_is_refused_however_long_it_is(pager: Pager) -> None:
    first, *_between, last = chain(pager, 3)
    for named in (first, last):
        with pytest.raises(ValidationError, match="leads back to this policy"):
            check_nesting(policy_id=first.pk, named=[named.pk], own_steps=1)
    check_nesting(policy_id=last.pk, named=[first.pk], own_steps=1)


def test_four_deep_is_allowed_and_five_is_not(pager: Pager) -> None:
    policies = chain(pager, 4)
    check_nesting(policy_id=policies[4].pk, named=[policies[3].pk], own_steps=1)
    with pytest.raises(ValidationError, match="at most 4 deep"):
        check_nesting(policy_id=None, named=[policies[4].pk], own_steps=1)
    assert [target.name for target in snapshot_of(policies[4]).rungs[0].targets] == ["Bram"]


def test_a_policy_that_would_grow_beyond_what_anybody_can_foresee_is_refused(pager: Pager) -> None:
    tens = policy_of(pager, *[step("bram")] * 10, called="Tens")
    check_nesting(policy_id=None, named=[tens.pk] * 10, own_steps=10)
    with pytest.raises(ValidationError, match="more than 100 steps"):
        check_nesting(policy_id=None, named=[tens.pk] * 11, own_steps=11)
    hundreds = policy_of(pager, *[step(tens)] * 30, called="Hundreds")  # as if it had been saved all the same
    assert len(snapshot_of(hundreds).rungs) == 100
