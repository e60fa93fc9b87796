from oncall.admin import calendars, channels, contacts, ladders, policies, schedules

__all__ = ["calendars", "channels", "contacts", "ladders", "policies", "schedules"]
