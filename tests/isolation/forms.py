"""Reads the forms of a page as a browser would: names, values and choices."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    values: dict[str, list[str]] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)  # of each select

    def data(self) -> dict[str, Any]:
        return {name: list(values) for name, values in self.values.items()}


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._select = self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        if not self.forms:
            return
        form, name = self.forms[-1], given.get("name", "")
        if tag == "input" and name:
            kind = given.get("type", "text")
            if kind in {"submit", "button", "file", "image"}:
                return
            if kind not in {"checkbox", "radio"} or "checked" in given:
                form.values.setdefault(name, []).append(given.get("value", "on"))
            else:
                form.choices.setdefault(name, []).append(given.get("value", "on"))
        elif tag == "select":
            self._select = name
            form.choices.setdefault(name, [])
        elif tag == "option" and self._select:
            form.choices[self._select].append(given.get("value", ""))
            if "selected" in given:
                form.values.setdefault(self._select, []).append(given.get("value", ""))
        elif tag == "textarea":
            self._textarea = name
            form.values.setdefault(name, [""])

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.forms[-1].values[self._textarea][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._textarea = ""


def forms_of(page: str) -> list[Form]:
    reader = Reader()
    reader.feed(page)
    return reader.forms


def main_form(page: str) -> Form | None:
    """The POST form with the most fields: of an admin page, the one that saves."""
    posted = [form for form in forms_of(page) if form.method == "post"]
    return max(posted, key=lambda form: len(form.values) + len(form.choices), default=None)
