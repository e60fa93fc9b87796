"""Routing rules beside the admin: one place up or down, and what they would make of an alert."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from config import clock
from config.tenancy.requests import actor_of
from incidents.models import Alert, AlertSeverity, AlertSource, RoutingRule
from incidents.operations.routing_rules import move_rule
from incidents.operations.seeing import visible_alerts
from incidents.operations.trying_rules import LONGEST_PASTED, Trial, alert_of, try_rules
from incidents.views.paged_picture import picture_of

NEWEST = 50


@require_POST
def move_routing_rule(request: HttpRequest, rule: str) -> HttpResponse:
    """`way` is up or down; back to the list."""
    if not request.user.has_perm("incidents.setup"):
        raise PermissionDenied
    found = RoutingRule.objects.filter(uid=rule).first() if "\0" not in rule else None
    if found is None:
        raise Http404
    try:
        move_rule(rule=found, up=request.POST.get("way") == "up", actor=actor_of(request), now=clock.now())
    except RoutingRule.DoesNotExist:
        raise Http404 from None
    return HttpResponseRedirect(reverse("admin:incidents_routingrule_changelist"), status=303)


class PastedForm(forms.Form):
    """An alert that did not come in."""

    source = forms.ChoiceField()
    title = forms.CharField(max_length=1024, required=False)
    severity = forms.ChoiceField(choices=[("", ""), *AlertSeverity.choices], required=False)
    said = forms.CharField(max_length=LONGEST_PASTED, required=False)

    def __init__(self, sources: list[AlertSource], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sources = {one.uid: one for one in sources}
        field: Any = self.fields["source"]
        field.choices = [(one.uid, one.name) for one in sources]

    def alert(self) -> Alert:
        """Raises ValidationError."""
        given = {**self.cleaned_data, "source": self._sources[self.cleaned_data["source"]]}
        return alert_of(**given)


@require_http_methods(["GET", "HEAD", "POST"])
def try_routing(request: HttpRequest) -> HttpResponse:
    """Which rule would catch an alert: one that came in (`?alert=<uid>`), or what is pasted. Reads only."""
    if not request.user.has_perm("incidents.view"):
        raise PermissionDenied
    bound: Any = request
    now = clock.now()
    sources = list(AlertSource.objects.filter(revoked_at=None).select_related("service").defer("key"))
    form = PastedForm(sources, request.POST if request.method == "POST" else None)
    alerts = visible_alerts(bound.membership)
    alert, wrong = _asked(form) if request.method == "POST" else _stored(request, alerts)
    trial = try_rules(alert=alert, tenant=bound.tenant, now=now) if alert is not None else None
    context = {
        "now": now,
        "form": form,
        "wrong": wrong,
        "sources": sources,
        "severities": AlertSeverity.choices,
        "alerts": alerts.defer("payload", "labels").order_by("-id")[:NEWEST],
        "trial": trial,
        **_of(trial),
    }
    return render(request, "incidents/routing/try.html", context, status=200 if not wrong else 422)


def _of(trial: Trial | None) -> dict[str, Any]:
    if trial is None or trial.paged is None:
        return {"paged": None, "picture": None}
    return {"paged": trial.paged, "picture": picture_of(trial.paged)}


def _asked(form: PastedForm) -> tuple[Alert | None, str]:
    if not form.is_valid():
        return None, " ".join(str(words) for errors in form.errors.values() for words in errors)
    try:
        return form.alert(), ""
    except ValidationError as refused:
        return None, " ".join(refused.messages)


def _stored(request: HttpRequest, alerts: Any) -> tuple[Alert | None, str]:
    """By uid; a foreign, hidden or missing one is none."""
    uid = request.GET.get("alert", "")
    if not uid:
        return None, ""
    found = alerts.filter(uid=uid[:12]).first() if "\0" not in uid else None
    return found, "" if found is not None else _("There is no such alert here.")
