"""Why a write did not succeed, split by what helps: waiting, an operator, other lines, smaller batches. Pure."""


class InfluxError(Exception):
    """Base of what writing to InfluxDB can end in; `detail` never bears a secret."""

    def __init__(self, detail: str) -> None:
        self.detail = detail
        super().__init__(detail)


class ServerAway(InfluxError):  # noqa: N818 - this tree is named by what happened
    """It cannot be reached, is too busy or failed by itself: the same lines, later.

    `retry_after_s` is how long it asks to be left alone, where it does; `was_slow` tells a request
    that was taken and not answered in time.
    """

    def __init__(self, detail: str, retry_after_s: float | None = None, *, was_slow: bool = False) -> None:
        self.retry_after_s = retry_after_s
        self.was_slow = was_slow
        super().__init__(detail)


class ServerDenies(InfluxError):  # noqa: N818 - as above
    """It will have nothing of us until an operator mends what `remedy` names: wait, and lose nothing."""

    def __init__(self, detail: str, remedy: str) -> None:
        self.remedy = remedy
        super().__init__(detail)


class LinesRefused(InfluxError):  # noqa: N818 - as above
    """Some of these lines (or all) were refused for their content. `document` is the parsed answer."""

    def __init__(self, detail: str, document: dict[str, object]) -> None:
        self.document = document
        super().__init__(detail)


class BatchTooLarge(InfluxError):  # noqa: N818 - as above
    """The body is larger than the server takes: the same lines, in smaller batches."""
