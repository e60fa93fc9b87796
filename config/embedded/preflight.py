"""Looked at before anything is started: can the web server listen; and after: does it answer."""

import contextlib
import errno
import http.client
import socket
import time
from collections.abc import Callable

from .errors import CannotStart

EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  looked up, not listened on
PORT_PATIENCE = 2.0  # a Muster that was just killed may need a moment to let go


def must_be_free(host: str, port: int) -> None:
    """Raises CannotStart, saying what to do, when the web server could not listen there."""
    if not 0 < port < 65536:  # the system's look-up of addresses would silently take the rest of a division
        raise CannotStart(f"{port} is no port; choose one from 1 to 65535 with --port.")
    deadline = time.monotonic() + PORT_PATIENCE
    while (problem := _listen(host, port)) == errno.EADDRINUSE and time.monotonic() < deadline:
        time.sleep(0.1)
    if problem == errno.EADDRINUSE:
        raise CannotStart(f"Port {port} on {host} is in use by another program; choose another with --port.")
    if problem in (errno.EACCES, errno.EPERM):
        raise CannotStart(f"This user may not listen on port {port}; choose one above 1023 with --port.")
    if problem is not None:
        raise CannotStart(
            f"{host}:{port} is no address of this machine; choose another with --host and --port."
        )


def local_address(host: str, port: int) -> tuple[str, int]:
    """Where this machine itself reaches a server that listens on `host`."""
    return EVERYWHERE.get(host, host), port


def base_url(host: str, port: int) -> str:
    name, port = local_address(host, port)
    return f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"


def wait_until_it_answers(host: str, port: int, gone: Callable[[], bool], seconds: float) -> bool:
    """True once a request to /healthz gets any answer; False when `gone()` or after `seconds`."""
    deadline = time.monotonic() + seconds
    while not gone() and time.monotonic() < deadline:
        connection = http.client.HTTPConnection(*local_address(host, port), timeout=2.0)
        with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/healthz")
            if connection.getresponse().status < 500:
                return True
        time.sleep(0.05)
    return False


def _listen(host: str, port: int) -> int | None:
    """The error number of trying to; None when it works."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except (OSError, OverflowError) as error:
        return getattr(error, "errno", None) or errno.EADDRNOTAVAIL
    return None
