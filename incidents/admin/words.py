"""Templates of messages with a preview, and stakeholders."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.template.defaultfilters import linebreaksbr
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config import clock
from config.tenancy.admin.base import TenantModelAdmin
from config.tenancy.admin.forms import TenantForm
from config.tenancy.admin.sites import tenant_site
from incidents import wording, words
from incidents.models import Audience, MessageKind, MessageTemplate, Stakeholder
from incidents.operations.readers import check_template
from incidents.operations.samples import with_latest


class TemplateForm(TenantForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        row = MessageTemplate(
            **{name: cleaned.get(name, "") for name in ("audience", "kind", "title", "body")}
        )
        row.postmortem = bool(cleaned.get("postmortem"))
        try:
            check_template(row)
        except forms.ValidationError as problem:
            self.add_error(None, problem)
        # Only one message comes in two variants.
        cleaned["postmortem"] = row.postmortem
        return cleaned


@admin.register(MessageTemplate, site=tenant_site)
class MessageTemplateAdmin(TenantModelAdmin):
    """A new one begins with the built-in words: `?audience=external&kind=final&language=nl` says which."""

    form = TemplateForm
    deletable = True
    list_display = ("title", "audience", "kind", "language", "postmortem")
    list_filter = ("audience", "kind", "language")
    fields = ("audience", "kind", "language", "postmortem", "title", "body", "places", "preview")
    readonly_fields = ("places", "preview")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        audience, kind = given.get("audience"), given.get("kind")
        if audience not in Audience.values or kind not in MessageKind.values:
            audience, kind = Audience.INTERNAL.value, MessageKind.START.value
        language = given.get("language") or translation.get_language() or "en"
        promises = given.get("postmortem") != "False"
        with translation.override(language):
            title, body = words.built_in(audience, kind, postmortem=promises)
        chosen = {"audience": audience, "kind": kind, "language": language, "postmortem": promises}
        return {**chosen, "title": title, "body": body}

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            # What the preview is made with. An admin is shared by all requests, a row is not.
            found.seen_by = getattr(request, "membership", None)
        return found

    @admin.display(description=_("what can be filled in"))
    def places(self, template: MessageTemplate) -> SafeString:
        rows = format_html_join("", "<li><code>{}</code> {}</li>", self._places())
        return format_html("<ul>{}</ul>", rows)

    def _places(self) -> list[tuple[str, str]]:
        return [(f"{{{name}}}", str(what)) for name, what in wording.PLACES.items()]

    @admin.display(description=_("how it reads"))
    def preview(self, template: MessageTemplate) -> SafeString | str:
        if template.pk is None:
            return ""
        seen_by = getattr(template, "seen_by", None)
        incident, draft = with_latest(template, membership=seen_by, now=clock.now())
        unknown = wording.unknown_in(f"{template.title}\n{template.body}")
        return format_html(
            "<p>{}</p><h3>{}</h3><p>{}</p>{}",
            incident.key if incident else _("with a made-up incident"),
            draft.title,
            linebreaksbr(draft.body, autoescape=True),
            format_html("<p>{} {}</p>", _("Not known, and left as it is:"), ", ".join(unknown))
            if unknown
            else "",
        )


@admin.register(Stakeholder, site=tenant_site)
class StakeholderAdmin(TenantModelAdmin):
    list_display = ("name", "email", "service", "language", "ended_at")
    list_filter = ("service", ("ended_at", admin.EmptyFieldListFilter))
    allowed_lookups = ("ended_at__isempty",)
    list_select_related = ("service",)
    search_fields = ("name", "email")
    fields = ("name", "email", "service", "language", "ended_at")
