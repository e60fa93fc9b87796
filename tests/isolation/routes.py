"""Every address of every urlconf, from the resolver: none is listed by hand."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern, _route_to_regex
from django.utils.regex_helper import normalize

URLCONFS = ("config.urls", "config.urls_tenant", "config.urls_public")


@dataclass(frozen=True)
class Route:
    urlconf: str
    regex: str
    name: str  # with its namespaces: "admin:incidents_service_change"
    callback: Callable[..., Any]
    kwargs: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.urlconf} {self.name or self.regex}"

    @property
    def view_class(self) -> Any:
        return getattr(self.callback, "cls", None) or getattr(self.callback, "view_class", None)

    @property
    def model_admin(self) -> Any:
        """The ModelAdmin behind an admin address, if it is one."""
        return getattr(self.callback, "model_admin", None)

    def address(self, values: dict[str, str]) -> str:
        """`/…` with the arguments filled in. What does not resolve back to this very route is an error."""
        template, _names = normalize(self.regex)[0]
        path = "/" + template % values
        try:
            found = resolve(path, self.urlconf)
        except Resolver404:
            raise AssertionError(
                f"{self}: {path} is not an address. Teach tests/isolation/values.py."
            ) from None
        assert found.func is self.callback, f"{self}: {path} is the address of {found.view_name}."
        return path


def walk(urlconf: str) -> Iterator[Route]:
    yield from _walk(urlconf, get_resolver(urlconf).url_patterns, "", "")


def _walk(urlconf: str, patterns: Any, prefix: str, namespace: str) -> Iterator[Route]:
    for one in patterns:
        regex = prefix + regex_of(one.pattern)
        if isinstance(one, URLResolver):
            inner = f"{namespace}{one.namespace}:" if one.namespace else namespace
            yield from _walk(urlconf, one.url_patterns, regex, inner)
        elif isinstance(one, URLPattern):
            names = tuple(normalize(regex)[0][1])
            yield Route(urlconf, regex, namespace + (one.name or ""), one.callback, names)


def regex_of(pattern: Any) -> str:
    """The regular expression of one step, without its anchors."""
    if isinstance(pattern, LocalePrefixPattern):
        return str(pattern.language_prefix)
    if isinstance(pattern, RoutePattern):
        return _route_to_regex(str(pattern), pattern._is_endpoint)[0].removeprefix("^").replace(r"\Z", "")
    assert isinstance(pattern, RegexPattern)
    return pattern._regex.removeprefix("^").removesuffix("$").replace(r"\Z", "")


def all_routes() -> list[Route]:
    return [route for urlconf in URLCONFS for route in walk(urlconf)]


def combinations(candidates: dict[str, list[str]]) -> Iterator[dict[str, str]]:
    for values in product(*candidates.values()):
        yield dict(zip(candidates, values, strict=True))
