"""A nursery of gateways: the words of a life are a log file and those of the `storefloor` command."""

import os
import sys

import gateway.cli.run  # noqa: F401 - imported before the fork: that is what it is for
from gateway.cli.main import main
from tests.durability.nursery import serve


def live(words: list[str]) -> int:
    """Be a `storefloor` command in a process group of its own, as one that was started afresh."""
    log = os.open(words[0], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.setsid()
    os.dup2(nothing, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for the life of the process
    return main(words[1:])


if __name__ == "__main__":
    serve(live)
