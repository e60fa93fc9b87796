"""Every ModelAdmin of the tenant site: lists, searches, choices, forged keys, inlines, actions."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.test import RequestFactory

from config.tenancy.admin.base import TenantModelAdmin, TenantTabularInline
from config.tenancy.admin.sites import tenant_site
from tests.isolation import classify
from tests.isolation.forms import Form, forms_of, main_form
from tests.isolation.oracle import differences, leaks, report
from tests.isolation.principals import Principal
from tests.isolation.probing import Answer, Prober
from tests.isolation.values import pk_of
from tests.isolation.world import CANARY, IsolationWorld

pytestmark = pytest.mark.django_db


def admins() -> list[Any]:
    import_module("config.urls_tenant")  # finds every app's admin
    return list(tenant_site._registry.values())


def place(admin: Any, what: str = "") -> str:
    meta = admin.model._meta
    return f"/t/alpha/admin/{meta.app_label}/{meta.model_name}/{what}"


def relations(admin: Any) -> Iterator[Any]:
    for one in admin.model._meta.local_fields:
        if isinstance(one, models.ForeignKey) and classify.is_tenant(one.related_model):
            yield one


class Asker:
    """A's owner, who may most."""

    def __init__(self, prober: Prober, who: Principal) -> None:
        self.prober, self.who = prober, who
        self.nobodys: dict[str, Answer] = {}

    def get(self, path: str) -> Answer:
        return self.prober.request(self.who, "GET", path)

    def post(self, path: str, data: dict[str, Any]) -> Answer:
        return self.prober.request(self.who, "POST", path, data)

    def of_nobody(self, path: str, data: dict[str, Any]) -> Answer:
        """The same question about nobody is asked once."""
        key = path + repr(sorted(data.items()))
        if key not in self.nobodys:
            self.nobodys[key] = self.post(path, data)
        return self.nobodys[key]

    def told_apart(
        self, path: str, foreign: dict[str, Any], missing: dict[str, Any], asked: list[str]
    ) -> list[str]:
        """The same POST with B's value and with nobody's."""
        there, nowhere = self.post(path, foreign), self.of_nobody(path, missing)
        wrong = leaks(there, asked=asked) + differences(there, nowhere, asked=asked)
        changed = {name: value for name, value in foreign.items() if value != missing.get(name)}
        return [f"POST {path} {changed}: {one}" for one in wrong]


@pytest.fixture
def owner(prober: Prober, everybody: dict[str, Principal]) -> Asker:
    return Asker(prober, everybody["owner"])


def test_every_admin_stands_on_the_scoped_base() -> None:
    assert len(admins()) >= 10
    for admin in admins():
        assert isinstance(admin, TenantModelAdmin), admin
        assert classify.is_tenant(admin.model), admin
        for inline in admin.inlines:
            assert issubclass(inline, TenantTabularInline), inline


def test_lists_searches_and_filters_show_no_row_of_b(isolation: IsolationWorld, owner: Asker) -> None:
    found, tried = [], 0
    for admin in admins():
        queries: list[dict[str, str]] = [{}, {"q": CANARY}, {"o": "1"}, {"all": ""}]
        for one in relations(admin):
            row = pk_of(one.related_model._meta.label, isolation).foreign
            queries += [{f"{one.name}__id__exact": row}, {one.name: row}]
        for query in queries:
            path = place(admin) + ("?" + urlencode(query) if query else "")
            answer = owner.get(path)
            found += [f"{path}: {one}" for one in leaks(answer, asked=list(query.values()))]
            found += [f"{path}: {one}" for one in numbers_of_b(answer, isolation, query)]
            tried += 1
    report(found)
    assert tried >= 60


def numbers_of_b(answer: Answer, world: IsolationWorld, query: dict[str, str]) -> list[str]:
    """B's primary keys have no place in a page, but where the question itself is said back."""
    rows = {str(row.pk): label for label, row in world.b.builder.rows.items()}
    return [
        f"the key of B's {label}"
        for pk, label in rows.items()
        if pk in answer.body and pk not in query.values()
    ]


def test_choices_of_relations_are_as_own(isolation: IsolationWorld, owner: Asker) -> None:
    """In selects, and in whatever popup or autocomplete stands for one."""
    found, seen = [], 0
    for admin in admins():
        for path in (place(admin, "add/"), place(admin, f"{own_pk(admin, isolation)}/change/")):
            page = owner.get(path)
            found += [f"{path}: {one}" for one in leaks(page) + numbers_of_b(page, isolation, {})]
            seen += sum(bool(form.choices) for form in forms_of(page.body))
        for name in admin.get_autocomplete_fields(request_of(isolation)):
            meta = admin.model._meta
            path = "/t/alpha/admin/autocomplete/?" + urlencode(
                {"app_label": meta.app_label, "model_name": meta.model_name, "field_name": name, "term": "zq"}
            )
            page = owner.get(path)
            found += [f"{path}: {one}" for one in leaks(page) + numbers_of_b(page, isolation, {})]
    report(found)
    assert seen > 10


def own_pk(admin: Any, world: IsolationWorld) -> int:
    return int(world.a.row(admin.model._meta.label).pk)


def request_of(world: IsolationWorld) -> Any:
    request = RequestFactory().get("/")
    request.user = world.a.people["owner"].user
    request.tenant, request.membership = world.a.tenant, world.a.people["owner"]  # type: ignore[attr-defined]
    return request


def forms_to_save(owner: Asker, world: IsolationWorld) -> Iterator[tuple[Any, str, Form]]:
    for admin in admins():
        for path in (place(admin, "add/"), place(admin, f"{own_pk(admin, world)}/change/")):
            page = owner.get(path)
            form = main_form(page.body) if page.status == 200 else None
            if form is not None and set(form.values) - {"csrfmiddlewaretoken"}:
                yield admin, path, form


def test_a_posted_key_of_b_is_no_choice(isolation: IsolationWorld, owner: Asker) -> None:
    """Relations of the object and of its inlines, and the hidden keys of inline rows."""
    found, tried = [], 0
    for admin, path, form in forms_to_save(owner, isolation):
        for name in {*form.values, *form.choices}:
            for there, nowhere in keys_for(admin, name, isolation):
                data = form.data()
                found += owner.told_apart(
                    path, data | {name: there}, data | {name: nowhere}, [there, nowhere]
                )
                tried += 1
    report(found)
    assert tried >= 20


def keys_for(admin: Any, name: str, world: IsolationWorld) -> list[tuple[str, str]]:
    """B's key for a posted name: a relation, or `<inline>-0-<relation>`, or `<inline>-0-id`."""
    last = name.rsplit("-", 1)[-1]
    found = []
    for model in (admin.model, *(inline.model for inline in admin.inlines)):
        if last == model._meta.pk.name and "-" in name:
            found.append(pk_of(model._meta.label, world))
        for one in model._meta.local_fields:
            if (
                one.name == last
                and isinstance(one, models.ForeignKey)
                and classify.is_tenant(one.related_model)
            ):
                found.append(pk_of(one.related_model._meta.label, world))
    return [(one.foreign, one.missing) for one in found]


def test_inline_rows_cannot_be_forged(isolation: IsolationWorld, owner: Asker) -> None:
    """A formset that claims an initial row: B's."""
    found, tried = [], 0
    for admin, path, form in forms_to_save(owner, isolation):
        if "/change/" not in path:
            continue
        for total in [name for name in form.values if name.endswith("-TOTAL_FORMS")]:
            prefix = total.removesuffix("-TOTAL_FORMS")
            for inline in admin.inlines:
                key = pk_of(inline.model._meta.label, isolation)
                forged = {f"{prefix}-TOTAL_FORMS": "1", f"{prefix}-INITIAL_FORMS": "1"}
                delete = {f"{prefix}-0-DELETE": "on"}
                there, nowhere = f"{prefix}-0-id", f"{prefix}-0-id"
                data = form.data() | forged | delete
                found += owner.told_apart(
                    path,
                    data | {there: key.foreign},
                    data | {nowhere: key.missing},
                    [key.foreign, key.missing],
                )
                tried += 1
    report(found)
    assert tried >= 1


def test_actions_touch_no_row_of_b(isolation: IsolationWorld, owner: Asker) -> None:
    found = []
    for admin in admins():
        key = pk_of(admin.model._meta.label, isolation)
        names = {"delete_selected", *(getattr(one, "__name__", one) for one in admin.actions or ())}
        for name in sorted(str(one) for one in names):
            for across in ("0", "1"):
                base = {"action": name, "select_across": across, "index": "0", "post": "yes"}
                there = base | {"_selected_action": key.foreign}
                nowhere = base | {"_selected_action": key.missing}
                found += owner.told_apart(place(admin), there, nowhere, [key.foreign, key.missing])
    report(found)


def test_list_editable_touches_no_row_of_b(isolation: IsolationWorld, owner: Asker) -> None:
    found = []
    for admin in admins():
        key = pk_of(admin.model._meta.label, isolation)
        base = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "1"}
        there, nowhere = base | {"form-0-id": key.foreign}, base | {"form-0-id": key.missing}
        found += owner.told_apart(place(admin), there, nowhere, [key.foreign, key.missing])
    report(found)


def test_hidden_fields_cannot_be_asked_about(isolation: IsolationWorld, owner: Asker) -> None:
    """`?key__startswith=a` would spell a secret letter by letter: only declared filters may be asked."""
    found, tried = [], 0
    for admin in admins():
        for lookup in hidden_lookups(admin):
            path = f"{place(admin)}?{lookup}=z"
            answer = owner.get(path)
            tried += 1
            if answer.status == 200:
                found.append(f"{path} is answered")
    report(found)
    assert tried >= 100


def hidden_lookups(admin: Any) -> Iterator[str]:
    """Every text of the model and of what it points at, people's password hashes among them."""
    for one in admin.model._meta.local_fields:
        if isinstance(one, models.CharField | models.TextField):
            yield f"{one.name}__startswith"
        if isinstance(one, models.ForeignKey):
            for further in one.related_model._meta.local_fields:
                if isinstance(further, models.CharField | models.TextField):
                    yield f"{one.name}__{further.name}__startswith"
    yield "tenant__slug__startswith"
    if any(one.name == "membership" for one in admin.model._meta.local_fields):
        yield "membership__user__password__startswith"


def test_secrets_are_in_no_form(isolation: IsolationWorld) -> None:
    """Encrypted fields are shown by nobody's form but where the admin says so itself."""
    for admin in admins():
        if admin.fieldsets:
            shown = set(flatten_fieldsets(admin.fieldsets))
            assert not shown & {"hash", "secret"}, admin
