"""Markdown to HTML that can be trusted. Pure.

No HTML of the writer's, no images from anywhere, links to the web and to mail only: a postmortem is written
by one person and read by another, and fetches nothing.
"""

from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

SAFE = ("https://", "http://", "mailto:")


def render(text: str, *, below: int = 1) -> SafeString:
    """The headings begin under a heading of level `below`: with 1, "# x" becomes an h2."""
    parser = _parser()
    tokens = parser.parse(text, {})
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + below, 6)}"
    html = parser.renderer.render(tokens, parser.options, {})
    return mark_safe(html)  # noqa: S308 - the parser escapes all that it does not make itself


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": False, "linkify": False})
    parser.enable(["table", "strikethrough"]).disable(["image", "html_block", "html_inline"])
    parser.validateLink = lambda url: url.lower().startswith(SAFE)  # type: ignore[method-assign]
    parser.add_render_rule("link_open", _link)
    return parser


def _link(self: RendererHTML, tokens: list[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    tokens[idx].attrSet("rel", "noopener noreferrer nofollow")
    return self.renderToken(tokens, idx, options, env)
