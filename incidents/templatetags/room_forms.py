"""Forms of the incident room: plain POSTs that htmx, where it runs, sends in place."""

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from incidents.views.actions import Action
from incidents.views.once import FIELD, new_token

register = template.Library()
FILES = mark_safe(' enctype="multipart/form-data" hx-encoding="multipart/form-data"')


@register.simple_tag(takes_context=True)
def deed_form(
    context: template.Context, deed: str, css: str = "", form_id: str = "", files: bool = False
) -> SafeString:
    """Opens the form of one deed; the template closes it. Carries the CSRF and the once token."""
    url = reverse("deed", args=[context["incident"].number, deed])
    return format_html(
        '<form method="post" action="{url}" hx-post="{url}"{css}{form_id}{files}>'
        '<input type="hidden" name="csrfmiddlewaretoken" value="{csrf}">'
        '<input type="hidden" name="{once}" value="{token}">',
        url=url,
        css=format_html(' class="{}"', css) if css else "",
        form_id=format_html(' id="{}"', form_id) if form_id else "",
        files=FILES if files else "",
        csrf=str(context.get("csrf_token", "")),
        once=FIELD,
        token=new_token(),
    )


@register.simple_tag(takes_context=True)
def act(context: template.Context, action: Action, css: str = "btn", name: str = "") -> SafeString:
    """A button that does it, or a link to its sheet. `name` tells two buttons of one deed apart."""
    ident = f"do-{name or action.code}"
    if action.sheet:
        return format_html(
            '<a class="{}" id="{}" href="#sheet-{}">{}</a>', css, ident, action.sheet, action.words
        )
    if action.page:
        url = reverse(action.page, args=[context["incident"].number])
        return format_html('<a class="{}" id="{}" href="{}">{}</a>', css, ident, url, action.words)
    fields = format_html_join(
        "", '<input type="hidden" name="{}" value="{}">', ((key, value) for key, value in action.fields)
    )
    return format_html(
        '{}{}<button type="submit" class="{}" id="{}">{}</button></form>',
        deed_form(context, action.deed),
        fields,
        css,
        ident,
        action.words,
    )
