"""Deeds of phases 5 and 6 beyond calling in: answers, presence, the shift."""


class PeopleDeeds:
    """Mixed into the incidents of the API."""
