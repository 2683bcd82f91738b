"""Take all low file descriptors, as a gateway with a thousand streams does."""

import fcntl
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

LOW = 1_024
"""select() knows no descriptor from here on."""


@contextmanager
def only_high_fds() -> Iterator[None]:
    """Within, every new file descriptor is beyond LOW."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4_096, hard)), hard))
    taken = [os.open("/dev/null", os.O_RDONLY)]
    try:
        while taken[-1] < LOW:
            taken.append(fcntl.fcntl(taken[0], fcntl.F_DUPFD, 3))
        yield
    finally:
        for fd in taken:
            os.close(fd)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
