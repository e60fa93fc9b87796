"""Acting on behalf: who may declare may not always page or publish by hand, but a declared incident pages."""

from dataclasses import replace

from config.tenancy.actors import Actor


def on_behalf(actor: Actor) -> Actor:
    """The same person, key or monitor on the record, with the rights of this house toward its other apps.

    Only for calls of `oncall` and `statuspage` that follow from an operation whose permission was asked for.
    """
    return replace(actor, grants=None)
