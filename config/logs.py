"""Structured logs: one JSON object a line, without secrets and without a way to forge a line.

What must never be logged is masked here, once, whatever logger it comes through: the values of known
secret names, bearer keys, and the keys in paths (/ingest/<key>/, /p/<token>, /ical/<token>, reset links,
/hooks/twilio/<what>/<token>).
"""

import logging
import logging.config
import re
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

SECRET_NAMES = re.compile(
    r"(pass(word)?|secret|token|api_?key|alert_?key|routing_?key|authorization|cookie|encryption_keys?)$",
    re.I,
)
# In paths, in headers, after a name that says so, and the keys Muster makes itself.
SECRET_IN_TEXT = re.compile(
    r"(?P<keep>/(?:ingest|p|ical|reset|hooks/twilio/[a-z]+)/|\b(?:bearer|basic|geniekey) +|\bmk_"
    r"|\b(?:pass(?:word|wd)?|secret|token|api_?key|routing_?key)[\"']?\s*[=:]\s*[\"']?)"
    r"(?P<hide>[^/\s\"'@,}&]+)",
    re.I,
)
PASSWORD_IN_URL = re.compile(r"(?P<keep>://[^/\s:@]*:)(?P<hide>[^/\s@]+)(?=@)")


def mask(text: str) -> str:
    """`text` with every known shape of a secret replaced by three dots."""
    for shape in (PASSWORD_IN_URL, SECRET_IN_TEXT):
        text = shape.sub(lambda found: found["keep"] + "…", text)
    return text


def mask_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_"):  # the formatter's own record of the standard library
            event[key] = _masked(key, value)
    return event


def _masked(key: object, value: Any) -> Any:
    """`value` as it may be shown under `key`, however deep its secrets lie."""
    if isinstance(key, str) and SECRET_NAMES.search(key):
        return "…"
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        return {name: _masked(name, item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(None, item) for item in value]
    return value


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
        # These would write a line at each tick of the clock.
        "loggers": {
            "httpx": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
        },
    }
    logging.config.dictConfig(config)
    return config
