"""Lines of Prometheus text (format 0.0.4). Pure."""

from collections.abc import Iterable


def family(name: str, kind: str, text: str) -> Iterable[str]:
    """Return what stands above the samples of a metric."""
    return (f"# HELP {name} {text}", f"# TYPE {name} {kind}")


def metric(name: str, kind: str, text: str, value: float) -> Iterable[str]:
    """Return a metric that has no labels."""
    return (*family(name, kind, text), f"{name} {value}")
