"""What the maker's two families of frames, UHFReader and CF, have in common. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """One intact frame, taken apart. `status` None: a host's command, or a bare acknowledgement."""

    address: int
    command: int
    status: int | None
    data: bytes
