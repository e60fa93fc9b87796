"""SMTP with one deadline over the whole conversation.

A time-out of a socket is per read: a server that sends one byte every nine seconds would hold a worker for
ever. So a timer shuts the socket down, and the read that waits on it fails at once.
"""

import contextlib
import smtplib
import socket
import threading
from collections.abc import Iterator
from typing import Any

from django.core.mail.backends.smtp import EmailBackend

DEADLINE_SECONDS = 10.0


class DeadlineBackend(EmailBackend):
    """Django's SMTP backend, cut off after DEADLINE_SECONDS from the connection to the last reply."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.timeout = min(self.timeout or DEADLINE_SECONDS, DEADLINE_SECONDS)
        self.sockets: list[socket.socket] = []

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        backend, base = self, super().connection_class

        class Watched(base):  # type: ignore[valid-type, misc]
            def _get_socket(self, *args: Any) -> socket.socket:
                # Known before the greeting is read: a greeting can trickle as well.
                made: socket.socket = super()._get_socket(*args)
                backend.sockets.append(made)
                return made

        return Watched

    def send_messages(self, email_messages: Any) -> int:
        with self._cut_off():
            return super().send_messages(email_messages) or 0

    @contextlib.contextmanager
    def _cut_off(self) -> Iterator[None]:
        timer = threading.Timer(DEADLINE_SECONDS, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        # After STARTTLS the conversation has another socket than the one it began with.
        now = getattr(self.connection, "sock", None)
        for one in [*self.sockets, *([now] if now is not None else [])]:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
