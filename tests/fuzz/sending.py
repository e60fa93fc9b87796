"""One request through the application's own WSGI handler: what a web server hands over, without one."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler, get_path_info
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.urls import Resolver404, get_resolver

from config.machines import SLASHES
from tests.fuzz.answers import NOWHERE, Answer
from tests.fuzz.asking import Ask

UNPREFIXED = {"CONTENT_TYPE", "CONTENT_LENGTH"}


class Sender:
    """`uid` and `request` are the latest of those that answers told of: what later requests ask after."""

    def __init__(self, keys: dict[str, str]) -> None:
        self.handler = WSGIHandler()
        self.keys = keys
        self.uid = "ABCDEFGHIJKL"
        self.request = "5b4fa8a1-0000-4000-8000-000000000000"

    def send(self, ask: Ask) -> Answer:
        environ = self._environ(ask)
        got: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            got["status"] = int(status.split()[0])
            got["headers"] = {name.lower(): value for name, value in headers}

        name = _name_of(environ)
        body = b"".join(self.call(environ, start_response))
        return Answer(got["status"], got["headers"], body, name)

    def call(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        with _connection_stays():
            response = self.handler(environ, start_response)
            try:
                return list(response)
            finally:
                response.close()

    def _environ(self, ask: Ask) -> dict[str, Any]:
        key = self.keys[ask.source]
        body = ask.body.replace(b"@key@", key.encode())
        headers = {"HOST": "localhost", "CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
        headers |= ask.headers
        if "TRANSFER_ENCODING" in headers:
            del headers["CONTENT_LENGTH"]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": ask.method,
            "PATH_INFO": _latin(self._filled(ask.path, key)),
            "QUERY_STRING": ask.query.decode("latin-1"),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        if headers.pop("TERMINATED", ""):
            environ["wsgi.input_terminated"] = True
        for name, value in headers.items():
            environ[name if name in UNPREFIXED else f"HTTP_{name}"] = _latin(self._filled(value, key))
        return environ

    def _filled(self, text: str, key: str) -> str:
        basic = base64.b64encode(f"muster:{key}".encode()).decode() if "@basic@" in text else ""
        for mark, value in (
            ("@key@", key),
            ("@basic@", basic),
            ("@uid@", self.uid),
            ("@request@", self.request),
        ):
            text = text.replace(mark, value)
        return text


@contextmanager
def _connection_stays() -> Iterator[None]:
    """As Django's test client does: within a test's transaction there is no other."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


def _latin(text: str) -> str:
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


def _name_of(environ: dict[str, Any]) -> str:
    path = get_path_info(environ)
    resolver = get_resolver(settings.MACHINE_URLCONF)
    for tried in (path, SLASHES.sub("/", path)):
        try:
            return str(resolver.resolve(tried).url_name)
        except Resolver404:
            continue
    return NOWHERE
