"""The storefloor command."""

import os

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""NumPy's products here are small and many: threads that wait for each other took 40 % more CPU time."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code. A Ctrl-C while its modules load ends it as quietly as later."""
    for name, threads in ONE_THREAD.items():
        os.environ.setdefault(name, threads)  # read when NumPy is loaded, with the command's own modules
    try:
        from gateway.cli.main import main as run

        return run(argv)
    except KeyboardInterrupt:
        return 0


__all__ = ["main"]
