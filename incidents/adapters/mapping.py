"""Where in somebody's JSON each thing stands: the mapping of a source, itself a small JSON object.

    {"title": "$.alert.name",            a JSON path (adapters.paths), or a list: the first that finds a text
     "key": ["$.alert.id", "$.id"],      the same key is the same alert; else the title (and `source`) is
     "key_with": ["$.host", "$.check"],  what belongs to the key as well: all of these that are there
     "severity": "$.alert.level",        read as critical, error, warning or info; what is unknown is error
     "severities": {"5": "critical"},    what the tool's own words mean, before that
     "summary": "…", "runbook_url": "…", "dashboard_url": "…", "started_at": "…",
     "labels": "$.tags",                 an object to take labels from; and one by one:
     "labels.host": "$.host.name",
     "status": "$.state",                a word like ok, resolved, acknowledged; any other triggers
     "resolved_when": {"path": "$.state", "is": ["UP", 1]},
     "acknowledged_when": …, "ignored_when": …, "test_when": …      the same; a test pages nobody. A word may
                                         begin or end with *; a list of conditions: one of them is enough;
                                         with "without": a path, only where nothing stands there
     "text_of_json": "$.Message",        this member is JSON written as text: it is read first
     "each": "$.alerts[*]"}              there are several: `@` is one of them, `$` still the whole body (then
                                         without [*]: it would be gone through once more for each of them)

Nothing has to be there: what a mapping does not name, or does not find, is looked for under the usual names
(adapters.generic), so that a mapping that misses still pages. Pure; `problems_of` is asked on saving.
"""

from collections.abc import Iterator
from typing import Any

from incidents.adapters.incoming import Action, Unreadable
from incidents.adapters.limits import cleaned, line_of, parse, text_of
from incidents.adapters.paths import NotAPath, all_of, compiled

FIELDS = (
    *("title", "key", "key_with", "severity", "summary", "status"),
    *("runbook_url", "dashboard_url", "started_at"),
)
WHENS = {"resolved_when": Action.RESOLVE, "acknowledged_when": Action.ACKNOWLEDGE}
ALL_WHENS = (*WHENS, "ignored_when", "test_when")
LABEL = "labels."
MOST_MEMBERS = 60
MOST_PATHS = 100
MOST_WORDS = 50
WORDS = ("critical", "error", "warning", "info")

Mapping = dict[str, Any]


# --- looking things up --------------------------------------------------------------------------------------
def opened(mapping: Mapping, value: Any) -> Any:
    """`value` with the member that is JSON written as text (`text_of_json`) in place of its text."""
    path = mapping.get("text_of_json")
    name = path[2:] if isinstance(path, str) else ""
    text = value.get(name) if isinstance(value, dict) else None
    if not isinstance(text, str):
        return value
    try:
        return value | {name: parse(text.encode("utf-8", "replace"))}
    except Unreadable:
        return value


def items_of(mapping: Mapping, value: Any) -> list[Any]:
    """What `each` finds, or the body itself where it finds nothing: what came in is never lost."""
    path = mapping.get("each")
    return (all_of(path, value) if isinstance(path, str) else []) or [value]


def found(mapping: Mapping, field: str, item: Any, whole: Any) -> Any:
    """The first value a field's paths lead to that is not empty, else None."""
    return next((value for path in paths_of(mapping.get(field)) for value in _at(path, item, whole)), None)


def _at(path: str, item: Any, whole: Any) -> Iterator[Any]:
    for value in all_of(path, item if path.startswith("@") else whole):
        if value not in (None, "", [], {}):
            yield value


def paths_of(given: Any) -> list[str]:
    listed = given if isinstance(given, list) else [given]
    return [path for path in listed if isinstance(path, str)]


def key_in(mapping: Mapping, item: Any, whole: Any) -> str:
    """The key with all that belongs to it; empty where nothing is found."""
    first = text_of(found(mapping, "key", item, whole), 600_000)
    more = (next(_at(path, item, whole), None) for path in paths_of(mapping.get("key_with")))
    return ":".join(part for part in (first, *(text_of(value, 2_000) for value in more)) if part)


def all_paths(given: Any) -> list[str]:
    """Those of a field, or of its conditions."""
    conditions = conditions_of(given)
    return paths_of(given) + [
        path for one in conditions for name in ("path", "without") for path in paths_of(one.get(name))
    ]


def holds(mapping: Mapping, when: str, item: Any, whole: Any) -> bool:
    """Whether one of the values at a condition's path is one of its words; texts in any case."""
    return any(
        _is(word, _word(value))
        for condition in conditions_of(mapping.get(when))
        if found(condition, "without", item, whole) is None
        for path in paths_of(condition.get("path"))
        for value in all_of(path, item if path.startswith("@") else whole)
        for word in condition.get("is", [])
    )


def conditions_of(given: Any) -> list[dict[str, Any]]:
    return [one for one in (given if isinstance(given, list) else [given]) if isinstance(one, dict)]


def _is(wanted: Any, word: str) -> bool:
    """Equal, or with a `*` at its beginning or end; `*` alone is anything that is there."""
    pattern = _word(wanted)
    if pattern == "*":
        return word not in ("", "null")
    if pattern.startswith("*"):
        return word.endswith(pattern[1:])
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


def _word(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower().replace("none", "null")
    return text_of(value, 2_000).lower()


def action_of(mapping: Mapping, item: Any, whole: Any) -> Action | None:
    """By the conditions of the mapping; TRIGGER where there are some and none holds, None without any."""
    if not any(when in mapping for when in WHENS):
        return None
    return next(
        (action for when, action in WHENS.items() if holds(mapping, when, item, whole)), Action.TRIGGER
    )


def labels_in(mapping: Mapping, item: Any, whole: Any) -> dict[str, Any]:
    """Those of `labels` and each `labels.<name>`, not yet cleaned."""
    taken = found(mapping, "labels", item, whole)
    labels: dict[str, Any] = dict(taken) if isinstance(taken, dict) else {}
    for field in mapping:
        if field.startswith(LABEL):
            labels[field[len(LABEL) :]] = found(mapping, field, item, whole)
    return labels


def severity_in(mapping: Mapping, item: Any, whole: Any) -> str:
    """The tool's word for it, in ours where the mapping says which; empty where there is none."""
    said = line_of(found(mapping, "severity", item, whole))
    meant = mapping.get("severities")
    known = {str(word).lower(): ours for word, ours in meant.items()} if isinstance(meant, dict) else {}
    return str(known.get(said.lower(), said))


# --- for people who write one -------------------------------------------------------------------------------
def problems_of(mapping: Any) -> list[str]:
    """What is wrong with it, a sentence each; empty where it can be saved."""
    if not isinstance(mapping, dict):
        return ["The mapping has to be a JSON object: {…}."]
    if len(mapping) > MOST_MEMBERS:
        return [f"The mapping has more than {MOST_MEMBERS} members."]
    if sum(len(all_paths(given)) for given in mapping.values()) > MOST_PATHS:
        return [f"The mapping has more than {MOST_PATHS} paths."]
    problems = [problem for field, given in mapping.items() for problem in _problems(field, given)]
    return problems or list(_of_each(mapping))


def _problems(field: str, given: Any) -> Iterator[str]:
    if field in FIELDS or field == "labels" or (field.startswith(LABEL) and len(field) > len(LABEL)):
        yield from _of_paths(field, given)
    elif field in ALL_WHENS:
        yield from _of_conditions(field, given)
    elif field == "severities":
        yield from _of_severities(given)
    elif field == "each":
        yield from _of_paths(field, given) if isinstance(given, str) else ("each: it has to be one path.",)
    elif field == "text_of_json":
        if not (isinstance(given, str) and given.startswith("$.") and given[2:].isidentifier()):
            yield "text_of_json: it has to be a member of the body, like $.Message."
    else:
        known = ", ".join((*FIELDS, "labels", "labels.…", *ALL_WHENS, "severities", "each", "text_of_json"))
        yield f"{field[:60]}: there is no such thing. There is: {known}."


def _of_each(mapping: Mapping) -> Iterator[str]:
    for field, given in mapping.items() if "each" in mapping else ():
        for path in all_paths(given):
            if field != "each" and path.startswith("$") and "[*]" in path:
                yield f"{field}: {path[:60]!r}: with `each`, [*] may stand only in paths that begin with @."


def _of_paths(field: str, given: Any) -> Iterator[str]:
    listed = given if isinstance(given, list) else [given]
    if not listed or len(listed) > MOST_WORDS or not all(isinstance(path, str) for path in listed):
        yield f"{field}: it has to be a path, or a list of paths."
        return
    for path in listed:
        try:
            compiled(path)
        except NotAPath as error:
            yield f"{field}: {path[:60]!r}: {error}"


def _of_conditions(field: str, given: Any) -> Iterator[str]:
    listed = given if isinstance(given, list) else [given]
    if not listed or len(listed) > MOST_WORDS:
        yield f"{field}: it has to be a condition, or a list of at most {MOST_WORDS}."
    for one in listed[:MOST_WORDS]:
        yield from _of_condition(field, one)


def _of_condition(field: str, given: Any) -> Iterator[str]:
    members = set(given) - {"without"} if isinstance(given, dict) else set()
    if members != {"path", "is"} or not isinstance(given["is"], list):
        yield f'{field}: write {{"path": "$.state", "is": ["OK"]}}.'
        return
    yield from _of_paths(field, given["path"])
    if "without" in given:
        yield from _of_paths(field, given["without"])
    plain = all(one is None or isinstance(one, str | int | float) for one in given["is"])
    if not given["is"] or len(given["is"]) > MOST_WORDS or not plain:
        yield f"{field}: `is` has to be a list of texts or numbers, at most {MOST_WORDS}."


def _of_severities(given: Any) -> Iterator[str]:
    if not isinstance(given, dict) or len(given) > MOST_WORDS:
        yield 'severities: write {"5": "critical", "4": "error"}.'
    elif wrong := [str(ours)[:40] for ours in given.values() if ours not in WORDS]:
        yield f"severities: {', '.join(wrong)}: it has to be one of {', '.join(WORDS)}."


def try_out(mapping: Mapping, body: bytes) -> list[tuple[str, str, str | None]]:
    """(field, path, what it finds in the first of `each`, None: nothing), in the mapping's order.

    Raises Unreadable where the body is no JSON within the limits, NotAPath where a path is none.
    """
    whole = cleaned(opened(mapping, parse(body)))
    item = items_of(mapping, whole)[0]
    tried: list[tuple[str, str, str | None]] = []
    for field, given in mapping.items():
        if field in ("severities", "text_of_json"):
            continue
        for path in all_paths(given):
            first = next(_at(path, item, whole), None)
            tried.append((field, path, None if first is None else _shown(first)))
    return tried


def _shown(value: Any) -> str:
    return line_of(value, 200) if isinstance(value, str | int | float) else line_of(str(value), 200)
