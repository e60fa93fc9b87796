"""What a post was first: when it came in, and whether it was a test. What is worked again is as it was then.

An all-clear of yesterday, worked again today, ends nothing that began since; a test pages nobody twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from incidents.models import InboundEvent
from incidents.operations.source_tests import is_test

NEEDED = ("received_at", "posted_by", "replay_of")


@dataclass(frozen=True)
class First:
    at: datetime
    is_test: bool


def firsts_of(posts: Sequence[InboundEvent]) -> Mapping[int, First]:
    """By the id of each of `posts`. One query where one is a replay. Where the first one is kept no longer,
    it counts as new.
    """
    wanted = {post.replay_of for post in posts if post.replay_of is not None}
    known = InboundEvent.objects.only(*NEEDED).in_bulk(wanted) if wanted else {}
    return {post.pk: _first(post, known.get(post.replay_of, post)) for post in posts}


def _first(post: InboundEvent, first: InboundEvent) -> First:
    # A test has keys of its own and meets nothing: it is of now, or it would be over as it begins.
    test = is_test(first)
    return First(post.received_at if test else first.received_at, test)
