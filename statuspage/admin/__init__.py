"""The admin of status pages: pages, groups and components are set up here; notices are read, not written."""

from statuspage.admin import components, notices, pages

__all__ = ["components", "notices", "pages"]
