from oncall.admin import channels, contacts, ladders, policies, schedules

__all__ = ["channels", "contacts", "ladders", "policies", "schedules"]
