"""Which methods this installation can send by. E-mail is one of them even where mails are only kept."""

from django.conf import settings

from oncall.senders import email, twilio

BY_TWILIO = ("sms", "voice")
OTHERS = ("push", "slack", "teams", "webhook")


def available_methods() -> tuple[str, ...]:
    """Method values, in the order in which a person should be offered them."""
    return ("email", *(BY_TWILIO if twilio.is_set_up() else ()), *OTHERS)


def missing_setting(method: str) -> str:
    """The setting without which nothing leaves this machine by `method`; empty where all is well."""
    if method in BY_TWILIO and not twilio.is_set_up():
        return "TWILIO_ACCOUNT_SID"
    if method == "email" and settings.EMAIL_BACKEND == email.KEEPING:
        return "EMAIL_URL"
    return ""
