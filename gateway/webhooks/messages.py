"""Changes as messages: the newest of each subject, in order, each naming the one before it. Pure.

Of an alert the first is told too: that it fired is news to somebody who was away until it was over.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.changes.model import Change
from gateway.webhooks.model import Endpoint, Message

MESSAGE_TYPES = {
    "availability": "availability.changed",
    "alert": "alert.changed",
    "reservation": "reservation.changed",
    "task": "task.changed",
}
RESET = "changes.reset"
TEST = "webhook.test"


@dataclass(frozen=True, slots=True)
class Due:
    """A change that is to be told, and the newest one of its subject: the same, but for the first of an alert, which is
    told where it reads differently.
    """

    change: Change
    newest: Change


def due(endpoint: Endpoint, page: Sequence[Change]) -> list[Due]:
    """Return what of a page an endpoint is told, in order: of several changes of one subject the newest alone, of an
    alert's the first as well.
    """
    newest = {(change.type, change.subject): change for change in page}
    first = {(change.type, change.subject): change for change in reversed(page)}
    found: list[Due] = []
    for change in page:
        key = change.type, change.subject
        is_told = change is newest[key] or (change.type == "alert" and change is first[key])
        if is_told and (not endpoint.types or change.type in endpoint.types):
            found.append(Due(change, newest[key]))
    return found


def change_message(
    endpoint: Endpoint, journal_id: str, change: Change, told: int, data: bytes, at: str
) -> Message:
    """Return the message of a change; `told`: the sequence of the message before; `data`: the subject as it reads
    now, as JSON.
    """
    head = _head(MESSAGE_TYPES[change.type], at)
    place = {
        "store": change.store,
        "journal": journal_id,
        "sequence": change.seq,
        "previous_sequence": told,
    }
    body = b'%b,%b,"data":%b}' % (head[:-1], json.dumps(place, separators=(",", ":")).encode()[1:-1], data)
    return Message(_id(endpoint, journal_id, change.store, change.seq), MESSAGE_TYPES[change.type], body)


def reset_message(endpoint: Endpoint, journal_id: str, store: str, seq: int, at: str) -> Message:
    """Return the message that says: what came before cannot be told any more; ask anew for all."""
    place = {"store": store, "journal": journal_id, "sequence": seq, "previous_sequence": None, "data": {}}
    body = b"%b,%b" % (_head(RESET, at)[:-1], json.dumps(place, separators=(",", ":")).encode()[1:])
    return Message(_id(endpoint, journal_id, store, seq) + "_reset", RESET, body)


def test_message(endpoint: Endpoint, at: str, number: int) -> Message:
    """Return a message that only shows that messages arrive."""
    body = b'%b,"data":{"endpoint":"%b"}}' % (_head(TEST, at)[:-1], endpoint.id.encode())
    return Message(f"msg_{endpoint.id}_test_{number}", TEST, body)


def _head(type_: str, at: str) -> bytes:
    return json.dumps({"type": type_, "timestamp": at}, separators=(",", ":")).encode()


def _id(endpoint: Endpoint, journal_id: str, store: str, seq: int) -> str:
    return f"msg_{endpoint.id}_{journal_id}_{store}_{seq}"
