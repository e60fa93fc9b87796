"""Structured logs: one JSON object a line, without secrets and without a way to forge a line.

What must never be logged is masked here, once, whatever logger it comes through: the values of known
secret names, bearer keys, and the keys in paths (/ingest/<key>/, /p/<token>, /ical/<token>, reset links).
"""

import logging
import logging.config
import re
from collections.abc import MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"(pass(word)?|secret|token|api_?key|alert_?key|routing_?key|authorization|cookie|encryption_keys?)$",
    re.I,
)
SECRET_IN_TEXT = re.compile(
    r"(?P<keep>/ingest/|/p/|/ical/|/reset/|Bearer |Basic |GenieKey |routing_key\W{1,6}|://[^/\s:@]*:)"
    r"(?P<hide>[^/\s\"'@,}]+)"
)


def mask(text: str) -> str:
    """`text` with every known shape of a secret replaced by three dots."""
    return SECRET_IN_TEXT.sub(lambda found: found["keep"] + "…", text)


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if SECRET_NAMES.search(key):
            event[key] = "…"
        elif isinstance(value, str):
            event[key] = mask(value)
    return event


_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
    mask_secrets,
]


def logging_config(level: str) -> dict[str, Any]:
    """Configures structlog and the standard library alike, and returns the dict given to the latter."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_SHARED,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    config: dict[str, Any] = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.JSONRenderer(ensure_ascii=True),
                ],
                "foreign_pre_chain": _SHARED,
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"handlers": ["stderr"], "level": level.upper()},
        "loggers": {"httpx": {"level": "WARNING"}, "celery.worker.strategy": {"level": "WARNING"}},
    }
    logging.config.dictConfig(config)
    return config
