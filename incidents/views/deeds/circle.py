"""Deeds of the circle: make private, add, break the glass."""
