"""Expressions into JSON: JMESPath (jmespath.org), its errors as Malformed. Its one importer. Pure."""

import jmespath
from jmespath.exceptions import JMESPathError

from readers.codecs.json_payload import Json
from readers.errors import Malformed

MAX_EXPRESSION_CHARS = 512
"""A path of a dozen steps; the parser works its way through any length, and recursively."""


class Expression:
    """A compiled expression."""

    def __init__(self, text: str) -> None:
        """Raises ValueError, saying what is wrong and where."""
        if len(text) > MAX_EXPRESSION_CHARS:
            raise ValueError(f"an expression has at most {MAX_EXPRESSION_CHARS} characters")
        try:
            self._compiled = jmespath.compile(text)
        except (JMESPathError, RecursionError) as error:
            reason = str(error).partition(", for expression")[0][:200]
            raise ValueError(f"{text!r} is no JMESPath: {reason}") from error
        self.text = text

    def of(self, value: Json) -> Json:
        """Return what it finds in `value`; None: nothing. Raises Malformed `expression`.

        The library's functions are strict about types and leave arithmetic errors to Python.
        """
        try:
            found: Json = self._compiled.search(value)
        except (JMESPathError, ArithmeticError, ValueError, TypeError, RecursionError) as error:
            raise Malformed("expression", f"{self.text!r}: {str(error)[:100]}") from error
        return found
