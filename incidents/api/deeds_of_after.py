"""Deeds of afterwards: postmortem, action items, playbook."""


class AfterDeeds:
    """Mixed into the incidents of the API."""
