"""Who a schedule has on call: the door to layers, duties and the sweep along them. Pure: people are ids."""

from oncall.duty import Absence, Cover, Duty, Roster, Stint, Temporary, on_duty
from oncall.layers import Layer, Skipped
from oncall.spans import LOOK_AHEAD, Span, changes, gaps, next_change, spans, sweep, until
from oncall.windows import Window

__all__ = [
    "LOOK_AHEAD",
    "Absence",
    "Cover",
    "Duty",
    "Layer",
    "Roster",
    "Skipped",
    "Span",
    "Stint",
    "Temporary",
    "Window",
    "changes",
    "gaps",
    "next_change",
    "on_duty",
    "spans",
    "sweep",
    "until",
]
