"""What a chat vendor can be told. Chat is a mirror, never the record (N7): nothing is ever read back.

A vendor is a class named by the setting CHAT_VENDOR, made without arguments. Its calls are made from a
worker, in no transaction, and may be made twice with the same words: a call that fails raises, and is tried
again. Each call has to give up by itself within ten seconds.
"""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class ChatVendor(Protocol):
    def open_room(self, key: str) -> str:
        """Makes the room of an incident, if it is not there. Returns what names it in the other calls.

        It gets no title: a room keeps its name, and what it is about may become private. The topic says it,
        and follows.
        """
        ...

    def set_topic(self, room: str, text: str) -> None: ...

    def set_status(self, person: str, text: str) -> None:
        """`person` is an e-mail address; an empty text clears the status."""
        ...


class NoChat:
    """Nobody to tell. Nothing is queued for it (incidents.operations.mirroring)."""

    def open_room(self, key: str) -> str:
        return ""

    def set_topic(self, room: str, text: str) -> None: ...

    def set_status(self, person: str, text: str) -> None: ...


def is_there() -> bool:
    return bool(settings.CHAT_VENDOR)


def vendor() -> ChatVendor:
    made: ChatVendor = import_string(settings.CHAT_VENDOR)() if is_there() else NoChat()
    return made
