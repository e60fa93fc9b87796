"""Marks of set-up (incidents.drawing has them for lists), and what is copied: an address, a snippet."""

from collections.abc import Sequence
from datetime import datetime

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from incidents import drawing

register = template.Library()

# The script shows the button: without it the words are selected by hand, in one tap.
BUTTON = (
    '<button type="button" class="btn" hidden data-copy="{}" data-done="{}">'
    '{}<span class="visually-hidden"> {}</span></button>'
)


@register.simple_tag
def ago_mark(moment: datetime | None, now: datetime) -> SafeString | str:
    return drawing.ago(moment, now)


@register.simple_tag
def spark_mark(counts: Sequence[int], says: str = "") -> SafeString:
    return drawing.spark(counts, says)


@register.simple_tag
def copied(at: str, words: str, says: str) -> SafeString:
    """One line to copy. `at` is an id of the page, `says` its name for those who listen."""
    line = format_html('<code class="mono" id="{}">{}</code>', at, words)
    return format_html('<div class="copy">{}{}</div>', line, _button(at, says))


@register.simple_block_tag
def snippet(content: str, at: str, says: str) -> SafeString:
    """Several lines to copy, as they stand between the tags."""
    # Rendered by the template, and so escaped already.
    words = mark_safe(content.strip("\n"))  # noqa: S308
    lines = format_html('<pre id="{}" tabindex="0" role="region" aria-label="{}">{}</pre>', at, says, words)
    return format_html('<div class="copy block">{}{}</div>', lines, _button(at, says))


def _button(at: str, says: str) -> SafeString:
    return format_html(BUTTON, at, _("Copied"), _("Copy"), says)
