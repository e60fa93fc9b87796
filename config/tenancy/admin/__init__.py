"""The Django admin of the tenancy models, and the two sites and base classes every app builds on."""

from config.tenancy.admin import keys, members, platform, settings, teams

__all__ = ["keys", "members", "platform", "settings", "teams"]
