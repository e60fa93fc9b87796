"""Every model of every app: a tenant's, everybody's, or the machinery's. Unclassified fails (test_models)."""

from typing import Any

from django.apps import apps
from django.db import models

# Seen by everybody who may ask: says why no tenant owns it.
GLOBAL = {
    "tenancy.Tenant": "found by its short name before anything is bound; shown to members and platform staff",
    "tenancy.HistoricalTenant": "the audit trail of Tenant: platform site only",
    "tenancy.User": "one person in any number of tenants; product rows point at Membership",
    "tenancy.HistoricalUser": "the audit trail of User: platform site only",
}
# Never shown to a tenant: says what it is for.
SYSTEM = {
    "tenancy.Door": "hashes and ids only; one statement must find and bind a tenant by a key (DESIGN rule 7)",
    "tenancy.KeptMail": "mail that was not sent, for platform staff",
    "tenancy.OutgoingMail": "mails about signing in that wait to be sent; no tenant's words",
    "tenancy.Pulse": "when beat and watchdog were last alive",
    "tenancy.Throttle": "counts tries, by hashed bucket",
    "admin.LogEntry": "Django's own; never written, never shown (the history of each row says more)",
    "auth.Permission": "Django's own; unused: roles are a table in code",
    "auth.Group": "Django's own; unused",
    "auth.Group_permissions": "Django's own; unused",
    "contenttypes.ContentType": "Django's own: names of models",
    "sessions.Session": "one session for all tenants; membership is checked on each request",
}
# Unique indexes of tenant tables that do not begin with the tenant, and why that tells nobody anything.
UNIQUE_OVER_ALL = {
    "statuspage_statuspage_slug": "a public address; what is taken can be read by anybody at /status/<slug>/",
}


def all_models() -> list[type[models.Model]]:
    return list(apps.get_models(include_auto_created=True))


def is_tenant(model: Any) -> bool:
    """Has its own tenant column, and is not Door."""
    own = any(field.name == "tenant" for field in model._meta.local_fields)
    return own and model._meta.label not in SYSTEM


def is_history(model: Any) -> bool:
    return hasattr(model, "history_type")


def tenant_models() -> list[Any]:
    return [model for model in all_models() if is_tenant(model)]


def tenant_tables() -> set[str]:
    return {model._meta.db_table for model in tenant_models()}
