"""Deeds of phase 7: observations, theories, experiments, decisions."""
