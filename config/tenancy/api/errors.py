"""One shape for every error: {"error": {"code", "message", "fields"}}.

`code` is for programs, `message` for people, `fields` says what to mend, by the name that was sent (an empty
object where no single field is at fault). A missing row, another tenant's row and an unknown address give the
same bytes.
"""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config.tenancy.conflicts import Conflict

__all__ = ["Conflict", "answer_error", "body"]

CODES: dict[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed",
    exceptions.NotAuthenticated: "not_signed_in",
    exceptions.AuthenticationFailed: "unknown_key",
    exceptions.PermissionDenied: "not_allowed",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "too_many_requests",
}


def body(code: str, message: object, fields: dict[str, list[str]] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": str(message), "fields": fields or {}}}


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None (so: 500, logged) for what is nobody's request's fault."""
    answer = _answer(error)
    if answer is not None:
        set_rollback()
    return answer


def _answer(error: Exception) -> Response | None:
    if isinstance(error, Conflict):
        return Response(body(error.code, error.message, error.fields), status.HTTP_409_CONFLICT)
    # DoesNotExist: an operation locked a row that is gone, or was never this tenant's.
    if isinstance(error, Http404 | exceptions.NotFound | ObjectDoesNotExist):
        return Response(body("not_found", _("There is nothing here.")), status.HTTP_404_NOT_FOUND)
    if isinstance(error, PermissionDenied):
        words = str(error) or _("Your role does not allow this. An owner can change your role.")
        return Response(body("not_allowed", words), status.HTTP_403_FORBIDDEN)
    if isinstance(error, ValidationError):
        return _invalid(error.message_dict if hasattr(error, "error_dict") else error.messages)
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error.detail)
    if isinstance(error, exceptions.APIException):
        return _of_drf(error)
    return None


def _invalid(detail: Any) -> Response:
    fields = dict(flatten(detail))
    general = fields.pop("", None)
    message = " ".join(general) if general else _("Something in what was sent is not right. See fields.")
    return Response(body("invalid", message, fields), status.HTTP_400_BAD_REQUEST)


def flatten(detail: Any, path: str = "") -> list[tuple[str, list[str]]]:
    """DRF's nested details as (path, words): ("people.0", ["…"]). An empty path is about the whole."""
    if isinstance(detail, dict):
        found = []
        for name, inner in detail.items():
            own = "" if name in {"non_field_errors", "__all__"} else str(name)
            found += flatten(inner, ".".join(part for part in (path, own) if part))
        return found
    if isinstance(detail, list | tuple):
        if any(isinstance(inner, dict | list | tuple) for inner in detail):
            return [
                pair
                for number, inner in enumerate(detail)
                for pair in flatten(inner, f"{path}.{number}" if path else str(number))
            ]
        return [(path, [str(word) for word in detail])]
    return [(path, [str(detail)])]


def _of_drf(error: exceptions.APIException) -> Response:
    headers = {}
    if header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    message: object = error.detail
    if isinstance(error, exceptions.NotAuthenticated):
        # The same words as the binding middleware's.
        message = _("Sign in, or send an API key as Authorization: Bearer.")
    code = CODES.get(type(error), "failed")
    return Response(body(code, message), error.status_code, headers=headers)
