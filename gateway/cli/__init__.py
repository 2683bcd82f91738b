"""The storefloor command."""


def main(argv: list[str] | None = None) -> int:
    """Run a command; return its exit code. A Ctrl-C while its modules load ends it as quietly as later."""
    try:
        from gateway.cli.main import main as run

        return run(argv)
    except KeyboardInterrupt:
        return 0


__all__ = ["main"]
