"""Who changed what, when and from where: written with the commit of the change itself. Plain values. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks for a change: the id of the API key, and the address that the request came from."""

    key_id: str
    address: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change that took effect. `action` is `<thing>.<verb>`, `subject` the id of the thing.

    `store`: empty where the change is of the whole site. `detail`: what changed, in a few words, never a secret.
    """

    at_ns: int
    key_id: str
    address: str
    action: str
    store: str
    subject: str
    detail: str = ""
