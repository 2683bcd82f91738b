"""Requests that bear a key of their sender's, and the answers that their repeats get. Plain values. Pure."""

from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

T_co = TypeVar("T_co", covariant=True)

ANSWERED_KEPT_NS = 86_400 * 1_000_000_000
"""A caller repeats a request within minutes; a day covers one that was switched off over night."""

KeyRefusalCode = Literal["idempotency_in_progress", "idempotency_key_reused", "overloaded"]


class KeyRefused(Exception):  # noqa: N818 - named by what happened
    """A request with a key of which nothing was done. `code` says why."""

    def __init__(self, code: KeyRefusalCode, detail: str) -> None:
        super().__init__(detail)
        self.code: KeyRefusalCode = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answered(Generic[T_co]):
    """An outcome, and whether it is the stored one of an earlier request with the same key."""

    outcome: T_co
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request with an idempotency key, and its answer as JSON, to be written with its effect.

    (source, key) is unique; `digest` is a hash of the request.
    """

    source: str
    key: str
    digest: str
    at_ns: int
    result: str
