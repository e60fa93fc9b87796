"""Deeds of phase 3: the six questions, cases, the summary."""


class AssessingDeeds:
    """Mixed into the incidents of the API."""
