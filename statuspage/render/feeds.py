"""The history of a page as Atom and RSS (CONTRACTS B5). Pure.

One entry per incident or maintenance, its updates inside, newest first. Readers take the first <strong> as
the current status, so the order and the marks stay as they are.
"""

import re
from datetime import UTC, datetime
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from django.utils import translation
from django.utils.html import escape as escape_html
from django.utils.translation import gettext as _

from statuspage.render.facts import LATEST, NoticeFacts, PageFacts
from statuspage.render.moments import Moments
from statuspage.render.notices import NoticePiece, UpdatePiece

# Words pasted out of a terminal hold them, and with one of them no reader can read the feed any more.
NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def feeds(page: PageFacts, at: Moments) -> dict[str, bytes]:
    """`history.atom` and `history.rss`, in the page's language."""
    with translation.override(page.language):
        title = _("%(page)s Status - Incident History") % {"page": page.name}
        notices = page.notices[:LATEST]
        return {
            "history.atom": NOT_IN_XML.sub("", _atom(page, title, notices, at)).encode(),
            "history.rss": NOT_IN_XML.sub("", _rss(page, title, notices, at)).encode(),
        }


def _atom(page: PageFacts, title: str, notices: tuple[NoticeFacts, ...], at: Moments) -> str:
    site = urlsplit(page.address)
    entries = "".join(
        f"<entry><id>tag:{site.hostname},2005:Incident/{notice.uid}</id>"
        f"<published>{_iso(notice.created_at)}</published><updated>{_iso(notice.updated_at)}</updated>"
        f'<link rel="alternate" type="text/html" href={quoteattr(_address(page, notice))}/>'
        f"<title>{escape(notice.title)}</title>"
        f'<content type="html">{escape(_content(page, notice, at))}</content></entry>'
        for notice in notices
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f'<feed xml:lang="{page.language}" xmlns="http://www.w3.org/2005/Atom">'
        f"<id>tag:{site.hostname},2005:{escape(site.path)}history</id>"
        f'<link rel="alternate" type="text/html" href={quoteattr(page.address)}/>'
        f'<link rel="self" type="application/atom+xml" href={quoteattr(page.address + "history.atom")}/>'
        f"<title>{escape(title)}</title><updated>{_iso(_changed(page))}</updated>"
        f"<author><name>{escape(page.name)}</name></author>{entries}</feed>"
    )


def _rss(page: PageFacts, title: str, notices: tuple[NoticeFacts, ...], at: Moments) -> str:
    items = "".join(
        f"<item><title>{escape(notice.title)}</title>"
        f"<description>{escape(_content(page, notice, at))}</description>"
        f"<pubDate>{_mail_date(notice.created_at)}</pubDate>"
        f"<link>{escape(_address(page, notice))}</link><guid>{escape(_address(page, notice))}</guid></item>"
        for notice in notices
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>'
        f"<title>{escape(title)}</title><link>{escape(page.address)}</link>"
        f"<description>{escape(_('What happened and what was done.'))}</description>"
        f"<pubDate>{_mail_date(_changed(page))}</pubDate>{items}</channel></rss>"
    )


def _content(page: PageFacts, notice: NoticeFacts, at: Moments) -> str:
    """HTML, still to be escaped: one <p> per update."""
    return "".join(_update(update) for update in NoticePiece(page, notice, at).updates)


def _update(update: UpdatePiece) -> str:
    utc = update.at.astimezone(UTC)
    # English month names, as the readers of this markup expect.
    when = (
        f"<small>{_MONTHS[utc.month - 1]} <var data-var='date'>{utc:%d}</var>, "
        f"<var data-var='time'>{utc:%H:%M}</var> UTC</small>"
    )
    body = "<br><br>".join(update.paragraphs)
    return f"<p>{when}<br><strong>{escape_html(update.word)}</strong> - {body}</p>"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _address(page: PageFacts, notice: NoticeFacts) -> str:
    return f"{page.address}incidents/{notice.uid}"


def _changed(page: PageFacts) -> datetime:
    """When anything in the feed last changed: the newest notice, else the page."""
    return max((notice.updated_at for notice in page.notices), default=page.updated_at)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mail_date(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC))
