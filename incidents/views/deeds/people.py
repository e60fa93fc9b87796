"""Deeds of phases 5 and 6 beyond calling in: answers, presence, the shift."""
