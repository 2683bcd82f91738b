"""Asking what is wrong with foreign input: the one exception that codecs may raise. Pure."""

from collections.abc import Callable

from readers.errors import Malformed


def reason_of(decode: Callable[[], object]) -> str | None:
    """Return the reason that `decode` refuses its input for, None when it takes it."""
    try:
        decode()
    except Malformed as error:
        return error.reason
    return None
