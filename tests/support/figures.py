"""Figures as lines that a person and a script can read: `figure: <name> = <value> <unit>`."""


def figure(name: str, value: float, unit: str) -> None:
    """Print one result."""
    print(f"figure: {name} = {value:.6g} {unit}", flush=True)
