from oncall.admin import contacts, ladders, policies, schedules

__all__ = ["contacts", "ladders", "policies", "schedules"]
