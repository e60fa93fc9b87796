"""Deeds of phase 3: the six questions, cases, the summary."""
