"""The storm, from a process of its own: posts at a steady pace, whatever the answers do.

`python -m tests.benchmarks.storm_load PORT KEY PER_MINUTE SECONDS one|distinct`; prints JSON. A post is due
at its time and goes out then, or as soon as a connection is free: what is late is caught up.
"""

import itertools
import json
import socket
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.benchmarks.alert_in import BODY
from tests.benchmarks.rig import request

CLIENTS = 16


class Storm:
    def __init__(self, port: int, key: str, per_minute: int, seconds: float, *, distinct: bool) -> None:
        self.port, self.path, self.distinct = port, f"/ingest/{key}/alertmanager", distinct
        self.apart, self.total = 60 / per_minute, int(per_minute * seconds / 60)
        self.statuses: Counter[str] = Counter()
        self.took: list[float] = []
        self.latest = 0.0
        self._numbers = itertools.count()
        self._lock = threading.Lock()

    def blow(self) -> dict[str, Any]:
        self.began = time.perf_counter()
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(lambda _: self._client(), range(CLIENTS)))
        return {
            "seconds": time.perf_counter() - self.began,
            "statuses": self.statuses,
            "took": self.took,
            "latest": self.latest,
        }

    def _client(self) -> None:
        sock = self._connect()
        pause = threading.Event()
        while (number := next(self._numbers)) < self.total:
            due = self.began + number * self.apart
            if (early := due - time.perf_counter()) > 0:
                pause.wait(early)
            begun = time.perf_counter()
            try:
                status = answered(sock, request(self.path, self._body(number)))
            except OSError as error:
                status, sock = type(error).__name__, self._connect()
            with self._lock:
                self.statuses[status] += 1
                self.took.append(time.perf_counter() - begun)
                self.latest = max(self.latest, begun - due)

    def _connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def _body(self, number: int) -> bytes:
        if not self.distinct:
            return BODY
        return BODY.replace(b"c0ffee0123456789", b"%016x" % number).replace(b"web-1", b"web-%d" % number)


def answered(sock: socket.socket, sent: bytes) -> str:
    """The status of one request, its whole answer read. Raises OSError."""
    sock.sendall(sent)
    got = b""
    while b"\r\n\r\n" not in got:
        part = sock.recv(8_192)
        if not part:
            raise ConnectionError("closed")
        got += part
    head, _, body = got.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    while len(body) < length:
        body += sock.recv(8_192)
    return head.split()[1].decode()


if __name__ == "__main__":
    port, key, per_minute, seconds, which = sys.argv[1:]
    storm = Storm(int(port), key, int(per_minute), float(seconds), distinct=which == "distinct")
    print(json.dumps(storm.blow()))
