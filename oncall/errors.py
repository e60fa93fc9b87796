"""What an operation of the pager refuses, in words for people."""

from django.core.exceptions import ValidationError


class NotNow(ValidationError):
    """The state has moved on, and what was asked makes no sense any more (undo after 10 minutes)."""
