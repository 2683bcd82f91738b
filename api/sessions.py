"""Page sessions: who signed in with a key, so that a browser need not hold the key. Pure.

A session remembers the key itself, in memory alone, and the key is asked about on each request:
a key that is revoked ends its sessions at once. A restart signs everybody out.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable

SESSION_LIFETIME_S = 12 * 3_600
"""A working day: nobody signs in twice a shift, and no tablet stays signed in over night."""
MAX_SESSIONS = 1_000
"""Many more than a shop has tablets; beyond it the oldest is signed out, so memory is bounded."""


class Sessions:
    """Sessions by a hash of their id. `monotonic_s` is real time: sign-ins do not run at shop speed."""

    def __init__(
        self,
        monotonic_s: Callable[[], float],
        *,
        max_sessions: int = MAX_SESSIONS,
        lifetime_s: float = SESSION_LIFETIME_S,
    ) -> None:
        self._monotonic_s = monotonic_s
        self._max_sessions = max_sessions
        self._lifetime_s = lifetime_s
        # One lifetime for all: the order of insertion is the order of expiry.
        self._by_digest: OrderedDict[bytes, tuple[float, str]] = OrderedDict()

    def __len__(self) -> int:
        self._forget_expired()
        return len(self._by_digest)

    def open(self, key: str) -> str:
        """Return the id of a new session that acts with `key`."""
        self._forget_expired()
        while len(self._by_digest) >= self._max_sessions:
            self._by_digest.popitem(last=False)
        session_id = secrets.token_urlsafe(32)
        self._by_digest[_digest(session_id)] = (self._monotonic_s() + self._lifetime_s, key)
        return session_id

    def key(self, session_id: str) -> str | None:
        """Return the key behind a session; None where it is unknown or over."""
        self._forget_expired()
        found = self._by_digest.get(_digest(session_id))
        return None if found is None else found[1]

    def close(self, session_id: str) -> None:
        """End a session, if there is one."""
        self._by_digest.pop(_digest(session_id), None)

    def _forget_expired(self) -> None:
        now_s = self._monotonic_s()
        while self._by_digest and next(iter(self._by_digest.values()))[0] <= now_s:
            self._by_digest.popitem(last=False)


def _digest(session_id: str) -> bytes:
    """Looked up by digest, so that the time of a look-up says nothing about the ids that exist."""
    return hashlib.blake2b(session_id.encode("utf-8", "replace"), digest_size=16).digest()
