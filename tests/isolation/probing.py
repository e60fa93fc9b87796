"""One request inside a savepoint, and everything it left behind."""

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from django.core import mail
from django.db import connection, transaction
from django.db.utils import Error as DatabaseError

from config.tenancy.scoping import all_tenants
from tests.isolation import classify
from tests.isolation.principals import Principal
from tests.isolation.tripwire import touched

HEADERS = ("Content-Type", "Location", "Allow", "Cache-Control", "WWW-Authenticate", "Retry-After", "Vary")
# What differs from one request to the next anyway: CSRF tokens, nonces, the token of a form.
CHANGING = re.compile(
    r'(?:name="(?:csrfmiddlewaretoken|once)" value="|nonce="|value="|"X-CSRFToken": ?")'
    r'([A-Za-z0-9_\-+/=]{16,})"'
)
READS = re.compile(r"\s*(SELECT|SAVEPOINT|RELEASE|ROLLBACK|SET)\b", re.IGNORECASE)
# Not tenant tables, and still B's.
SELDOM = {"tenancy_door"}
Request = Callable[[], Any]


@dataclass
class Answer:
    status: int
    body: str
    headers: dict[str, str]
    cookies: str
    mails: str
    logs: str
    statements: int
    wrote: bool
    changed: set[str] = field(default_factory=set)  # tables whose B rows are not what they were
    broken: str = ""  # a constraint that a commit would have refused

    def said(self) -> str:
        """Everything that left the house."""
        return "\n".join((self.body, str(self.headers), self.cookies, self.mails, self.logs))


class Statements:
    """Counts statements, and notices writes and which tenant tables they name."""

    def __init__(self) -> None:
        self.count, self.wrote = 0, False
        self.tables: set[str] = set()

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if not sql.startswith(("SAVEPOINT", "RELEASE", "ROLLBACK")):
            self.count += 1
        if READS.match(sql) is None:
            self.wrote = True
            self.tables |= touched(sql)
        return execute(sql, params, many, context)


class Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = repr(record.exc_info[1]) if record.exc_info else ""
        self.lines.append(f"{record.getMessage()} {error}")


class Prober:
    """Runs requests and takes each back. `tenant_id` is B's: whose rows must not change."""

    def __init__(self, tenant_id: int) -> None:
        self.tenant_id = tenant_id
        self.count = 0
        self.before = digest(tenant_id)

    def request(
        self, who: Principal, method: str, path: str, data: Any = b"", content_type: str = "application/json"
    ) -> Answer:
        cookies = deepcopy(who.client.cookies)
        try:
            if isinstance(data, dict):
                return self.run(lambda: who.client.post(path, data, headers=who.headers))
            return self.run(
                lambda: who.client.generic(method, path, data, content_type=content_type, headers=who.headers)
            )
        finally:
            who.client.cookies = cookies  # messages wait in a cookie for the next page

    def run(self, request: Request) -> Answer:
        """`request` returns a response. What it did to rows is looked at, and then taken back."""
        self.count += 1
        mail.outbox = []
        with taken_back(), kept_logs() as kept, counted() as statements:
            response = request()
            answer = Answer(
                status=response.status_code,
                body=text_of(response),
                headers={name: response[name] for name in HEADERS if response.has_header(name)},
                cookies=str(response.cookies),
                mails="\n".join(f"{one.to} {one.subject} {one.body}" for one in mail.outbox),
                logs="\n".join(kept.lines),
                statements=statements.count,
                wrote=statements.wrote,
            )
            if statements.wrote:
                self._look_at_rows(answer, statements.tables | SELDOM)
        return answer

    def _look_at_rows(self, answer: Answer, tables: set[str]) -> None:
        """No trigger and no function writes behind a statement's back (test_models): what it names is all."""
        after = digest(self.tenant_id, tables)
        answer.changed = {table for table, now in after.items() if self.before[table] != now}
        try:
            with transaction.atomic(), all_tenants("isolation: constraints"), connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except DatabaseError as error:
            answer.broken = str(error)


def text_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return str(content.decode("utf-8", "replace"))


@contextmanager
def taken_back() -> Iterator[None]:
    hooks = list(connection.run_on_commit)
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    connection.run_on_commit = hooks


@contextmanager
def counted() -> Iterator[Statements]:
    statements = Statements()
    with connection.execute_wrapper(statements):
        yield statements


@contextmanager
def kept_logs() -> Iterator[Kept]:
    kept, root = Kept(), logging.getLogger()
    silenced = [handler for handler in root.handlers if type(handler) is logging.StreamHandler]
    root.addHandler(kept)
    for handler in silenced:
        root.removeHandler(handler)  # a page of JSON a probe helps nobody
    try:
        yield kept
    finally:
        root.removeHandler(kept)
        for handler in silenced:
            root.addHandler(handler)


def digest(tenant_id: int, tables: set[str] | None = None) -> dict[str, str]:
    """One hash a table over all rows of that tenant, histories too. One statement."""
    parts = [
        f"SELECT '{table}', md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) "
        f"FROM {table} t WHERE tenant_id = {tenant_id:d}"
        for table in sorted(classify.tenant_tables() | SELDOM if tables is None else tables)
    ]
    parts.append(f"SELECT 'tenancy_tenant', md5(t::text) FROM tenancy_tenant t WHERE id = {tenant_id:d}")
    with all_tenants("isolation: digest"), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def masked(text: str, *ids: str) -> str:
    """`text` without the ids that were asked for and without what changes anyway."""
    text = CHANGING.sub(lambda found: found[0].replace(found[1], "…"), text)
    for one in sorted(filter(None, ids), key=len, reverse=True):
        text = text.replace(one, "§")
    return text
