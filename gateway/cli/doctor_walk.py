"""`storefloor doctor --walk-test`: which tags of a zone are heard how often, and what to change. I/O."""

import argparse
import asyncio
import json
import os
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from gateway.cli.broker_settings import mqtt_settings, read_password
from gateway.cli.doctor_ports import exit_code
from gateway.cli.site_file import read_site
from gateway.clock import SystemClock
from gateway.config.site import SiteConfig
from gateway.doctor.article_walk import ArticleWalk
from gateway.doctor.findings import Finding
from gateway.doctor.report import finding_text, findings_json, plain
from gateway.doctor.walk import Coverage, WalkTest
from gateway.doctor.walk_findings import walk_findings
from gateway.doctor.walk_run import WalkSite, walk
from gateway.errors import ConfigError
from readers.codecs.json_payload import Json
from readers.errors import Malformed
from readers.identity.epc import normalise_epc

WALK_S = 60.0
POLL_S = 2.0
ASK_WAIT_S = 10.0
MAX_ANSWER_BYTES = 8 << 20
PASSAGES = frozenset({"exit", "till", "fitting_room"})
"""Roles of zones that pieces do not stay in."""
KEY_VARIABLE = "STOREFLOOR_KEY"
MAX_EXPECTED_BYTES = 4 << 20


def walk_through(arguments: argparse.Namespace) -> int:
    """Run the test with the site's own readers, or beside a running gateway; return 1 on a problem."""
    seconds = WALK_S if arguments.seconds is None else arguments.seconds
    if arguments.url:
        return _walk_by_api(arguments, seconds)
    if arguments.config is None:
        raise ConfigError("doctor: a walk test needs the site: --config FILE, or --url of a running gateway")
    site, _ = read_site(arguments.config)
    _check_zone(arguments.zone, site)
    zone_of = {
        (reader.id, antenna.port): antenna.zone for reader in site.readers for antenna in reader.antennas
    }
    clock = SystemClock()
    test = WalkTest(zone_of, clock.now_ns(), _expected(arguments.expect))
    base = arguments.config.resolve().parent
    place = WalkSite(site, base, mqtt_settings(site.mqtt, base) if site.mqtt else None)
    print(f"Walk through the shop for {seconds:g} s: hands in, doors open, as on any day …", file=sys.stderr)
    failed = asyncio.run(walk(place, test, seconds))
    coverage = test.coverage(clock.now_ns())
    role_of = {zone.id: zone.role for store in site.stores for zone in store.zones}
    passages = {zone for zone, role in role_of.items() if role in PASSAGES}
    unwatched = sorted(set(role_of) - set(zone_of.values()))
    found = [*_failures(failed), *walk_findings(coverage, arguments.zone, passages, unwatched)]
    _print(found, _tags(coverage, arguments.zone), as_json=arguments.json)
    return exit_code(found)


def _failures(failed: Iterable[tuple[str, str]]) -> Iterable[Finding]:
    for device, why in failed:
        remedy = (
            "The gateway holds it: stop the gateway for the test, or ask it with --url."
            if "in use" in why
            else ""
        )
        yield Finding("problem", "reader_down", f"{device}: {why}", remedy)


def _check_zone(zone: str | None, site: SiteConfig) -> None:
    zones = sorted({known.id for store in site.stores for known in store.zones})
    if zone is not None and zone not in zones:
        raise ConfigError(f"doctor: --zone {zone!r} is none of the site's: {', '.join(zones)}")


def _expected(path: Path | None) -> frozenset[str]:
    """Return the EPCs of a list, one a line; what stands behind the first blank is a remark."""
    if path is None:
        return frozenset()
    try:
        with path.open(encoding="utf-8") as listed:
            lines = listed.read(MAX_EXPECTED_BYTES).splitlines()
        return frozenset(normalise_epc(line.split()[0]) for line in lines if line.split())
    except OSError as error:
        raise ConfigError(f"doctor: --expect {path} cannot be read: {error.strerror}") from error
    except (Malformed, UnicodeDecodeError) as error:
        raise ConfigError(f"doctor: --expect {path}: {error}: write one EPC a line, as hex") from error


def _tags(coverage: Coverage, zone: str | None) -> list[Json]:
    return [
        {
            "epc": tag.epc,
            "zone": tag.zone,
            "share": round(tag.share, 3),
            "reads": tag.reads,
            "best_dbm": tag.best_dbm,
            "rival": tag.rival[0] if tag.rival else None,
        }
        for seen in coverage.zones
        if zone in (None, seen.zone)
        for tag in seen.tags
    ]


def _print(found: list[Finding], tags: list[Json], *, as_json: bool) -> None:
    if as_json:
        body = {key: value for key, value in findings_json(found, "").items() if key != "config"}
        print(json.dumps(body | {"tags": plain(tags)}, indent=2))
    else:
        print("\n".join(finding_text(found)))


# Beside a running gateway


def _walk_by_api(arguments: argparse.Namespace, seconds: float) -> int:
    key = read_password(arguments.key_file) if arguments.key_file else os.environ.get(KEY_VARIABLE, "")
    if not key:
        raise ConfigError(
            f"doctor: --url needs an API key with the scope availability:exact: set {KEY_VARIABLE}, or --key-file"
        )
    query = f"?store={urllib.parse.quote(arguments.store)}" if arguments.store else ""
    address = f"{arguments.url.rstrip('/')}/v1/overview{query}"
    seen, ends_s = ArticleWalk(), time.monotonic() + seconds
    print(f"Walk through the shop for {seconds:g} s; asking {arguments.url} …", file=sys.stderr)
    while True:
        seen.take(_ask(address, key))
        if time.monotonic() + POLL_S > ends_s:
            break
        time.sleep(POLL_S)
    found = list(seen.findings(arguments.zone))
    _print(found, [], as_json=arguments.json)
    return exit_code(found)


def _ask(address: str, key: str) -> Json:
    """Return what the API answers. Raises ConfigError in words that name the remedy."""
    if urllib.parse.urlsplit(address).scheme not in ("http", "https"):
        raise ConfigError(f"doctor: --url {address!r}: write http://HOST:PORT")
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - http alone, see above
    try:
        with urllib.request.urlopen(request, timeout=ASK_WAIT_S) as answer:  # noqa: S310 - as above
            body: Json = json.loads(answer.read(MAX_ANSWER_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            remedy = "is it a key of this gateway, with the scope availability:exact?"
            raise ConfigError(f"doctor: {address} answers {error.code} {error.reason}: {remedy}") from error
    except (OSError, ValueError) as error:
        raise ConfigError(f"doctor: {address} does not answer: {error}: is the gateway running?") from error
    return body
