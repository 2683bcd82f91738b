"""`storefloor alerts backtest`: a rule tried on the store of a gateway, beside it, or on a copy. I/O."""

import argparse
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

from api.backtests import backtest_body
from gateway.alert_rules.book import RuleRefused
from gateway.alert_rules.model import AlertRule, rule_of
from gateway.alert_rules.of_site import rules_of
from gateway.alerts.records import AlertType
from gateway.backtest.model import NS_PER_S
from gateway.backtest.picture import picture
from gateway.backtest.ports import answer_of
from gateway.backtest.report import report
from gateway.backtest.trial import Trial, TrialRefused, Tried, Trying, shown
from gateway.catalogue.articles import Catalogue
from gateway.catalogue.desk import put_back
from gateway.cli.export_command import time_of
from gateway.cli.paths import store_path
from gateway.cli.progress import Progress
from gateway.cli.site_file import read_site
from gateway.config.site import SiteConfig
from gateway.delivery.language_files import languages
from gateway.errors import ConfigError
from gateway.site import Site, ns
from gateway.storage.backup import require_readable
from gateway.storage.connection import opened_file
from gateway.storage.past import newest_ns, past_of
from gateway.storage.records import state_rows
from gateway.storage.sql import Sql

DEFAULT_DAYS = 30
DEFAULT_HORIZON_H = 24.0
MAX_HORIZON_H = 14 * 24.0
MAX_MOVEMENTS = 20_000_000
"""Some ten minutes of a core; what is kept of them is bounded by itself."""
TRIAL_ID = "trial"
"""Of a rule that is given by its thresholds."""
Reading = Callable[[], AbstractContextManager[Sql]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    action = actions.add_parser("backtest", help="tell what a rule would have told in the past")
    action.add_argument("--config", type=Path, required=True, help="the site's TOML file")
    action.add_argument("--file", type=Path, help="look into this store or backup instead of the site's own")
    which = action.add_mutually_exclusive_group(required=True)
    which.add_argument("--rule", metavar="ID", help="a rule of the site, such as default-low-stock")
    which.add_argument(
        "--type", choices=[kind.value for kind in AlertType], help="a rule that is not there yet"
    )
    action.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="thresholds",
        help="a threshold that differs, such as fire_at=3; may be repeated",
    )  # fmt: skip
    for name, words in (
        ("zone", "shown in this zone"),
        ("department", "of this department"),
        ("sku", "of this SKU"),
    ):
        action.add_argument(
            f"--{name}", action="append", default=[], help=f"with --type: articles {words} alone"
        )
    action.add_argument("--store", action="append", default=[], help="in this store alone; may be repeated")
    action.add_argument(
        "--from",
        dest="from_ns",
        metavar="TIME",
        help=f"2026-11-21 or RFC 3339; default: {DEFAULT_DAYS} days before",
    )
    action.add_argument(
        "--to", dest="to_ns", metavar="TIME", help="default: the newest movement that is stored"
    )
    action.add_argument(
        "--horizon", type=float, default=DEFAULT_HORIZON_H, metavar="HOURS",
        help=f"within which a stock-out is what an alert told of; default: {DEFAULT_HORIZON_H:g}",
    )  # fmt: skip
    action.add_argument("--svg", type=Path, metavar="FILE", help="draw the timeline")
    action.add_argument(
        "--language", choices=tuple(languages()), default="en", help="of the picture; default: en"
    )
    action.add_argument("--json", action="store_true", help="tell it as the API does")
    action.set_defaults(act=_backtest)


def _backtest(arguments: argparse.Namespace) -> int:
    config, catalogue = read_site(arguments.config)
    site = Site(config)
    path = arguments.file or store_path(config, arguments.config.parent)
    require_readable(path)
    reading: Reading = partial(opened_file, path)
    with reading() as sql:
        put_back(catalogue, state_rows(sql, "article"))
        rules = _rules(config, sql)
    try:
        trial = _trial(arguments, site, _rule(arguments, rules), reading)
        tried = _tried(trial, reading, site, catalogue)
    except (TrialRefused, RuleRefused) as refused:
        raise ConfigError(f"alerts backtest: {refused}") from refused
    _tell(arguments, tried, site)
    return 0


def _rules(config: SiteConfig, sql: Sql) -> dict[str, AlertRule]:
    """Return all rules by id: built in, of the site's file, and made through the API."""
    found = {rule.id: rule for rule in rules_of(config, lambda _: "")}
    for row in state_rows(sql, "alert_rule"):
        if row.value is not None and "/" not in row.key:  # which is how a switch of another rule is named
            with contextlib.suppress(ValueError):  # of a type that is known no more
                found.setdefault(row.key, rule_of(row.value))
    return found


def _rule(arguments: argparse.Namespace, rules: Mapping[str, AlertRule]) -> AlertRule:
    if arguments.rule is not None:
        if arguments.thresholds or arguments.zone or arguments.department or arguments.sku:
            raise ConfigError(
                "alerts backtest: --set, --zone, --department and --sku go with --type, not with --rule"
            )
        found = rules.get(arguments.rule)
        if found is None:
            raise ConfigError(f"alerts backtest: --rule {arguments.rule!r} is none of {', '.join(rules)}")
        return found
    return AlertRule(
        TRIAL_ID,
        AlertType(arguments.type),
        zones=tuple(arguments.zone),
        departments=tuple(arguments.department),
        skus=tuple(arguments.sku),
        thresholds=dict(_threshold(text) for text in arguments.thresholds),
    )


def _threshold(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name.strip(), float(value)
    except ValueError as error:
        raise ConfigError(f"alerts backtest: --set {text!r}: write NAME=VALUE, such as fire_at=3") from error


def _trial(arguments: argparse.Namespace, site: Site, rule: AlertRule, reading: Reading) -> Trial:
    for store in arguments.store:
        if store not in site.roles:
            raise ConfigError(f"alerts backtest: --store {store!r} is none of {', '.join(site.roles)}")
    if not 0 < arguments.horizon <= MAX_HORIZON_H:
        raise ConfigError(f"alerts backtest: --horizon must be above 0 and at most {MAX_HORIZON_H:g} hours")
    stores = tuple(dict.fromkeys(arguments.store)) or tuple(site.roles)
    if arguments.to_ns is None:
        with reading() as sql:
            to_ns = newest_ns(sql, stores) or time.time_ns()
    else:
        to_ns = time_of("--to", arguments.to_ns)
    from_ns = to_ns - DEFAULT_DAYS * 86_400 * NS_PER_S
    if arguments.from_ns is not None:
        from_ns = time_of("--from", arguments.from_ns)
    return Trial(rule, stores, from_ns, to_ns, round(arguments.horizon * 3_600) * NS_PER_S)


def _tried(trial: Trial, reading: Reading, site: Site, catalogue: Catalogue) -> Tried:
    settle_ns = ns(site.config.presence.settle_s)
    trying = Trying(
        trial,
        lambda store, begin, end: past_of(reading, store, begin, end, settle_ns),
        site,
        catalogue,
        MAX_MOVEMENTS,
    )
    with Progress(1) as bar:
        for done in trying.running():
            bar.show(done, f"{done:,} of {trying.movements:,} movements", trying.movements)
    if trying.tried is None:
        raise RuntimeError("a trial that came to its end has no result")
    return trying.tried


def _tell(arguments: argparse.Namespace, tried: Tried, site: Site) -> None:
    if arguments.svg is not None:
        svg = picture(tried.score, tried.lived, shown(tried, site, languages()[arguments.language]))
        try:
            arguments.svg.write_text(svg, encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"alerts backtest: --svg {arguments.svg} cannot be written: {error.strerror}"
            ) from error
    if arguments.json:
        print(json.dumps(backtest_body(answer_of(tried, None)), indent=1))
    else:
        print("\n".join(report(tried, site)))
