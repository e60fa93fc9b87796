"""Deeds of afterwards: postmortem, action items, playbook."""
