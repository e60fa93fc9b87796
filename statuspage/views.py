"""Published pages as bytes.

`/status/<page>/…` reads the publish directory and nothing else: no query, no session, no cookie. So it
answers with the database stopped, and any cache may keep what it says. An internal page is not among those
files: it is served under `/t/<tenant>/status/…`, to signed-in members, and for everybody else is as missing
as a page that never was.
"""

import time

from django.db.utils import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from config import clock
from config.tenancy.doors import DoorClosed, open_door
from config.tenancy.models import DoorKind
from statuspage import publishing
from statuspage.addresses import file_named
from statuspage.models import StatusPage
from statuspage.operations.rendering import render_page
from statuspage.publishing import Published
from statuspage.render.html import POLICY
from statuspage.states import PageKind

TYPES = {
    "html": "text/html; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "atom": "application/atom+xml; charset=utf-8",
    "rss": "application/rss+xml; charset=utf-8",
}
# Named by their content.
LASTING = frozenset({"css", "js", "svg"})
_database_away_until = 0.0


@require_safe
def public_file(request: HttpRequest, page: str, path: str) -> HttpResponse:
    """One file of a public page. A page that is not on disk yet is rendered by its first reader."""
    name = file_named(path)
    if name is None:
        return _nothing()
    found = publishing.read(page, name, public=True)
    if found is None and not publishing.is_published(page, public=True) and _render_missing(page):
        found = publishing.read(page, name, public=True)
    if found is None:
        return _nothing()
    return _answer(request, found, name, public=True)


@require_safe
def member_file(request: HttpRequest, page: str, path: str) -> HttpResponse:
    """One file of an internal page, for a member of its tenant. `internal` is the first such page."""
    name = file_named(path)
    membership = getattr(request, "membership", None)
    if name is None or membership is None or "statuspage.view" not in membership.grants:
        return _nothing()
    row = _page_of_tenant(page)
    if row is None:
        return _nothing()
    if row.is_public:
        return HttpResponseRedirect(row.address + path)
    if not publishing.is_published(row.slug, public=False):
        render_page(page_id=row.pk, token=None, now=clock.now())
    found = publishing.read(row.slug, name, public=False)
    if found is None:
        return _nothing()
    return _answer(request, found, name, public=False)


def _page_of_tenant(slug: str) -> StatusPage | None:
    wanted = {"kind": PageKind.INTERNAL} if slug == "internal" else {"slug": slug}
    found: StatusPage | None = StatusPage.objects.filter(**wanted).order_by("id").first()
    return found


def _render_missing(slug: str) -> bool:
    """A page that was just made, or whose files were lost. One statement for a slug that is nobody's."""
    global _database_away_until
    if not publishing.SLUG.fullmatch(slug) or time.monotonic() < _database_away_until:
        return False
    try:
        with open_door(DoorKind.STATUS_PAGE, slug) as opened:
            return render_page(page_id=opened.row_id, token=None, now=clock.now())
    except (DoorClosed, StatusPage.DoesNotExist):
        return False
    except DatabaseError:
        # A stopped database takes seconds to say so: not every mistyped address may hold a worker that long.
        _database_away_until = time.monotonic() + 10
        return False


def _answer(request: HttpRequest, found: Published, name: str, *, public: bool) -> HttpResponse:
    suffix = name.rsplit(".", 1)[-1]
    response = HttpResponse(found.body, content_type=TYPES[suffix])
    response["ETag"] = found.etag
    response["Content-Security-Policy"] = f"{POLICY}; frame-ancestors 'none'"
    if found.language:
        response["Content-Language"] = found.language
    scope = "public" if public else "private"
    if suffix in LASTING:
        response["Cache-Control"] = f"{scope}, max-age=31536000, immutable"
    else:
        # Kept, but asked about each time: an update shows within a second, and a poller gets a 304.
        response["Cache-Control"] = f"{scope}, no-cache"
    if public and suffix in {"json", "atom", "rss"}:
        response["Access-Control-Allow-Origin"] = "*"
    return _unless_known(request, response)


def _unless_known(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """304 for a reader who has these bytes, with the headers a browser may renew its copy by."""
    answer = get_conditional_response(request, etag=response["ETag"], response=response)
    assert isinstance(answer, HttpResponse)
    for header in ("Content-Security-Policy", "Content-Language", "Access-Control-Allow-Origin"):
        if header in response and header not in answer:
            answer[header] = response[header]
    return answer


def _nothing() -> HttpResponse:
    """The same for a page that is not there, not public or not yours."""
    return HttpResponseNotFound("There is nothing here.\n", content_type="text/plain; charset=utf-8")
