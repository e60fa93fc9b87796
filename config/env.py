"""Reads the environment, typed, and fails with a sentence that says what to do.

Every name may also be given as NAME_FILE: the path of a file that holds the value (a mounted secret).
Knows no Django, so that `up` and the tests can read the same values before Django starts.
"""

import os
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent


class ConfigurationError(Exception):
    """A setting is wrong; the text is meant for the person who starts Muster."""


def text(name: str, default: str = "") -> str:
    """The value of NAME, or of the file NAME_FILE points to, stripped; `default` where neither is set."""
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ConfigurationError(f"{name} and {name}_FILE are both set. Keep one of them.")
    if path:
        try:
            value = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            raise ConfigurationError(f"{name}_FILE names {path}, but: {reason}.") from error
        if not value.strip():
            # A secret that was not mounted must not become a default.
            raise ConfigurationError(f"{name}_FILE names {path}, but: it is empty.")
    return value.strip() or default


def words(name: str, default: tuple[str, ...] = ()) -> list[str]:
    """A list separated by commas or spaces."""
    return [word for word in re.split(r"[,\s]+", text(name)) if word] or list(default)


def dotted(name: str) -> str:
    """The path of a class, as package.module.Class; empty where none is named."""
    value = text(name)
    parts = value.split(".")
    if value and (len(parts) < 2 or not all(part.isidentifier() for part in parts)):
        raise ConfigurationError(f"{name} is {value!r}. Write the path of a class: package.module.Class.")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value in {"", "1", "0", "true", "false", "yes", "no", "on", "off"}:
        return value in {"1", "true", "yes", "on"} if value else default
    raise ConfigurationError(f"{name} is {value!r}. Write 1 or 0.")


def number(name: str, default: int = 0) -> int:
    """A whole number, zero or more."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit()):
        raise ConfigurationError(f"{name} is {value!r}. Write a whole number.")
    return int(value)


def data_dir() -> Path:
    """Where all that Muster keeps on this machine lives (MUSTER_DATA_DIR, default `var/` in the project)."""
    return Path(text("MUSTER_DATA_DIR", str(PROJECT / "var"))).expanduser().resolve()


def url(name: str, default: str, schemes: tuple[str, ...]) -> str:
    value = text(name, default)
    if urlsplit(value).scheme not in schemes:
        raise ConfigurationError(
            f"{name} is {_shown(value)!r}. It must begin with {' or '.join(s + '://' for s in schemes)}."
        )
    return value


def all_or_none(*names: str) -> list[str]:
    """The values of settings that mean nothing without each other; all empty where none is set."""
    values = [text(name) for name in names]
    if any(values) and not all(values):
        missing = [name for name, value in zip(names, values, strict=True) if not value]
        raise ConfigurationError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set. "
            f"Set all of {', '.join(names)}, or none of them."
        )
    return values


def phone_number(name: str, value: str) -> str:
    """A number as a text message or call may come from: with country, or a short code. Empty where unset."""
    if value and not re.fullmatch(r"\+[1-9][0-9]{6,14}|[0-9]{3,8}", value):
        raise ConfigurationError(
            f"{name} is {value!r}. Write the number with its country: +31612345678, without spaces."
        )
    return value


def database(address: str) -> dict[str, object]:
    """Django's DATABASES entry of `postgresql://user:password@host:port/name?option=value`."""
    parts = urlsplit(address)
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise ConfigurationError(
            "DATABASE_URL names no database. Write postgresql://user:password@host:5432/muster."
        )
    try:
        port = parts.port
    except ValueError as error:
        raise ConfigurationError("DATABASE_URL has a port that is not a number.") from error
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", None) or unquote(parts.hostname or ""),
        "PORT": str(port or options.pop("port", "")),
        "OPTIONS": options,
    }


def mail(address: str) -> dict[str, object]:
    """Django's EMAIL_* settings of `smtp://user:password@host:port`, `smtp+tls://` or `smtps://`."""
    parts = urlsplit(address)
    if parts.scheme not in {"smtp", "smtp+tls", "smtps"} or not parts.hostname:
        raise ConfigurationError(
            f"EMAIL_URL is {_shown(address)!r}. Write smtp://user:password@host:25, smtp+tls:// for STARTTLS "
            "or smtps:// for TLS from the start."
        )
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or {"smtp": 25, "smtp+tls": 587, "smtps": 465}[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 10,
    }


def _shown(value: str) -> str:
    """A URL fit for an error message: without its password."""
    return re.sub(r"//[^@/]*@", "//…@", value)
