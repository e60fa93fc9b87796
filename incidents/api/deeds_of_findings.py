"""Deeds of phase 7: observations, theories, experiments, decisions."""


class FindingDeeds:
    """Mixed into the incidents of the API."""
