"""Pages that are due are rendered and published."""

from config.clock import DueWork
from statuspage.operations.changes import RENDER

WORK = DueWork(name=RENDER, run=lambda now: 0, oldest_due=lambda now: None, next_due=lambda now: None)
