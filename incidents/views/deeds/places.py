"""Deeds of phase 2: topic, links, photos."""
