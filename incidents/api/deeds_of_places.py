"""Deeds of phase 2: topic, links, photos."""


class PlaceDeeds:
    """Mixed into the incidents of the API."""
