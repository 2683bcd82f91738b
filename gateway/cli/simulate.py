"""`storefloor simulate …`: hands over to the simulators, which share no code with the product. Wiring.

simulate device --kind m100 --tags 20      one device, on a port of its own
simulate benchmark --family base --out …   a shop whose truth is known, written to a folder
simulate --config site.toml …              a site's devices, and the shop around them
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the simulators have options of their own."""
    parser.set_defaults(act=simulate)


def simulate(arguments: argparse.Namespace) -> int:
    """Run simulated devices until stopped."""
    words: list[str] = arguments.rest
    if words[:1] == ["device"]:
        from simulators.device import main as play_device

        return play_device(words[1:])
    if words[:1] == ["benchmark"]:
        from simulators.benchmark.__main__ import main as write_benchmark

        return write_benchmark(words[1:])
    from simulators.live import main as run_shop

    return run_shop(words)
