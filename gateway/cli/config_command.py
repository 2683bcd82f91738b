"""`storefloor config check | example`: a site file judged without touching the network. I/O."""

import argparse
from importlib.resources import files
from pathlib import Path

from gateway.cli.site_file import read_site


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    check = actions.add_parser("check", help="say what is wrong with a site file, or that nothing is")
    check.add_argument("file", type=Path)
    check.set_defaults(act=_check)
    example = actions.add_parser("example", help="print a site file with every key")
    example.set_defaults(act=_example)


def _check(arguments: argparse.Namespace) -> int:
    path: Path = arguments.file
    site, catalogue = read_site(path)
    print(
        f"{path}: good. {len(site.stores)} store(s), {len(site.readers)} reader(s), "
        f"{len(site.scanners)} scanner(s), {len(site.shelves)} shelf/shelves, "
        f"{len(catalogue.articles())} article(s)."
    )
    return 0


def _example(_arguments: argparse.Namespace) -> int:
    print(files("config").joinpath("example.toml").read_text(encoding="utf-8"), end="")
    return 0
