"""The error tree of readers/, split by who can act; evidence is an attribute. Pure."""


class ReaderError(Exception):
    """Base of all that can go wrong between a device and its observations."""


class Malformed(ReaderError):  # noqa: N818 - named by what happened
    """The peer is wrong: drop what it sent, and count it under `reason` (a short, bounded word)."""

    def __init__(self, reason: str, detail: str = "", sample: bytes = b"") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.sample = sample[:MAX_SAMPLE_BYTES]


class LinkLost(ReaderError):  # noqa: N818 - named by what happened
    """The link is gone: reconnect with backoff. `device` names which."""

    def __init__(self, device: str, detail: str) -> None:
        super().__init__(f"{device}: {detail}")
        self.device = device
        self.detail = detail


class DeviceRefused(ReaderError):  # noqa: N818 - as above
    """The operator is wrong: a setting that the device or the law of its region forbids."""


MAX_SAMPLE_BYTES = 256
"""A sample of a refused frame is evidence for a person, not an archive: bounded."""
