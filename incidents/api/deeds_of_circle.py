"""Deeds of the circle: make private, add, break the glass."""


class CircleDeeds:
    """Mixed into the incidents of the API."""
