"""TCP ports for the servers of tests: below those that the kernel gives to clients. Reads a file of Linux's.

A port of the kernel's choice would be free now, and a moment later the near end of somebody's connection, or be
given to the next who asks. So each process counts through ports of its own.
"""

import itertools
import os
import random
import socket
from pathlib import Path

FIRST, CLIENTS_FROM = 12_000, 32_768
"""No port from FIRST on is barred to browsers (10080 is the last of those)."""
WORKERS = 8
"""Processes of one test run that never meet: each takes every eighth port."""


def _own_ports() -> range:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
    try:
        said = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text("ascii")
        end = min(CLIENTS_FROM, int(said.split()[0]))
    except OSError:
        end = CLIENTS_FROM
    return range(FIRST + worker, end if end >= FIRST + 1_000 else CLIENTS_FROM, WORKERS)


_PORTS = _own_ports()
_places = itertools.count(random.SystemRandom().randrange(len(_PORTS)))
"""Runs beside each other begin somewhere else, whatever seeds the tests' own chance."""


def free_port() -> int:
    """Return a port that nothing listens on now, and that this process was not given before."""
    for _ in _PORTS:
        port = _PORTS[next(_places) % len(_PORTS)]
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no port is free from {_PORTS[0]} to {_PORTS[-1]}")
