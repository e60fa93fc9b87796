"""What a next action is made of."""

from dataclasses import dataclass

from django.utils.functional import Promise

Words = str | Promise


@dataclass(frozen=True)
class Choice:
    """A further button or link under the big one."""

    code: str
    words: Words


@dataclass(frozen=True)
class NextAction:
    """`step` is the number of the phase it belongs to, 0 when the emergency is over.

    `choices` stand in place of one big button; `escapes` are the links below it.
    """

    code: str
    step: int
    words: Words
    why: Words = ""
    choices: tuple[Choice, ...] = ()
    escapes: tuple[Choice, ...] = ()
