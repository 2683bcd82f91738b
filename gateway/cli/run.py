"""`storefloor run --config site.toml`: the gateway of a real site. Wiring."""

import argparse
import logging
import sys

import uvloop

from gateway.cli.serve import GatewayRun, serve
from gateway.clock import SystemClock
from gateway.config_file import load_catalogue, load_site
from gateway.devices_of_site import check_devices


def run_site(arguments: argparse.Namespace) -> int:
    """Run until stopped."""
    start_logging(verbose=arguments.verbose)
    site = load_site(arguments.config)
    base = arguments.config.resolve().parent
    catalogue = load_catalogue(site, base)
    check_devices(site)

    def ready() -> None:
        host = f"[{site.api.host}]" if ":" in site.api.host else site.api.host
        print(f"page: http://{host}:{site.api.port}/", flush=True)

    uvloop.run(serve(GatewayRun(site, catalogue, base, SystemClock(), ready)))
    return 0


def start_logging(*, verbose: bool) -> None:
    """Log to standard error, the device's name first in each message."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
