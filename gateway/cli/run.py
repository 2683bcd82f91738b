"""`storefloor run --config site.toml`: the gateway of a real site. Wiring."""

import argparse
import logging
import sys
from pathlib import Path

import uvloop

from gateway.cli.serve import GatewayRun, serve
from gateway.cli.site_file import read_site
from gateway.clock import Clock, ScaledClock, SteadyClock
from gateway.errors import ConfigError

MAX_SPEED = 1_000.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    parser.add_argument("--verbose", action="store_true", help="log more")
    parser.add_argument(
        "--shop-clock",
        metavar="SPEED:MONOTONIC_NS:SHOP_NS",
        help="for simulated sites alone: run on the clock of `storefloor simulate` "
        "(its --speed, --origin-monotonic-ns and --origin-shop-ns)",
    )
    parser.set_defaults(act=run_site)


def run_site(arguments: argparse.Namespace) -> int:
    """Run until stopped."""
    start_logging(verbose=arguments.verbose)
    uvloop.run(serve(gateway_run(arguments)))
    return 0


def gateway_run(arguments: argparse.Namespace) -> GatewayRun:
    """Return what to run, of the options."""
    site, catalogue = read_site(arguments.config)
    base = arguments.config.resolve().parent

    def ready() -> None:
        host = f"[{site.api.host}]" if ":" in site.api.host else site.api.host
        print(f"page: http://{host}:{site.api.port}/", flush=True)

    return GatewayRun(site, catalogue, base, _clock(arguments.shop_clock), ready)


def _clock(text: str | None) -> Clock:
    """Return the machine's clock, or the simulated shop's."""
    if text is None:
        return SteadyClock()
    try:
        speed, monotonic_ns, shop_ns = text.split(":")
        clock = ScaledClock(float(speed), int(monotonic_ns), int(shop_ns))
    except ValueError as error:
        raise ConfigError(
            f"--shop-clock {text!r}: write SPEED:MONOTONIC_NS:SHOP_NS, such as 30:0:0"
        ) from error
    if not 0 < clock.speed <= MAX_SPEED:
        raise ConfigError(f"--shop-clock: speed {speed} must be above 0 and at most {MAX_SPEED:g}")
    return clock


def start_logging(*, verbose: bool) -> None:
    """Log to standard error, the device's name first in each message."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
