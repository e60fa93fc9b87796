"""Ready mappings, a tool a file: what it posts to `/ingest/<key>/json` is read by them."""

from incidents.adapters.ready import datadog, sentry, sns, uptime_kuma, zabbix
from incidents.adapters.ready.parts import Ready

# By AlertSource.tool.
READY: dict[str, Ready] = {
    "zabbix": zabbix.READY,
    "datadog": datadog.READY,
    "sentry": sentry.READY,
    "sns": sns.READY,
    "uptimekuma": uptime_kuma.READY,
}

__all__ = ["READY", "Ready"]
