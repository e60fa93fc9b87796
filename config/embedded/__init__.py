"""PostgreSQL and Redis of our own, for a machine that has neither.

Nothing in this package imports Django: settings.py, manage.py and pytest use it before Django starts.
"""
