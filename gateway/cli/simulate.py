"""`storefloor simulate …`: hands over to the simulators, which share no code with the product. Wiring."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare nothing: the simulators have options of their own."""
    parser.set_defaults(act=simulate)


def simulate(arguments: argparse.Namespace) -> int:
    """Run a simulated shop's devices until stopped."""
    from simulators.live import main

    return main(arguments.rest)
