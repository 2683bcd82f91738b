"""The delivery to InfluxDB in /metrics: present where there is one, absent where there is none."""

import re
from dataclasses import replace

from gateway.health import Links
from gateway.metrics.influx import influx_metrics
from gateway.storage.influx.report import DeliveryReport
from gateway.storage.ports import OutboxTotals
from tests.gateway.test_health import Gateway
from tests.support.source import ROOT

REPORT = DeliveryReport(
    "away", 5, "cannot be reached", "", 7_000_000_000, 100, 20, 30, 4, 5, 6, 7,
    OutboxTotals(11, 1_200, 13, 14, 3_000_000_000), 2, 61.23456,
)  # fmt: skip


def links(report: DeliveryReport | None) -> Links:
    """Return the links of a site with or without an InfluxDB."""
    return Links({}, None, {}, {}, {}, influxdb=None if report is None else lambda: report)


def test_each_figure_of_the_delivery_is_a_metric() -> None:
    """State, points by fate, and what waits, in base units and without labels."""
    samples = Gateway(links(REPORT)).samples()
    told = {name: value for name, value in samples.items() if "influxdb" in name or "outbox" in name}
    assert told == {
        "storefloor_influxdb_up{}": 0,
        "storefloor_influxdb_denied{}": 0,
        "storefloor_influxdb_points_sent_total{}": 100,
        "storefloor_influxdb_points_told_back_total{}": 20,
        "storefloor_influxdb_points_retried_total{}": 30,
        "storefloor_influxdb_points_refused_total{}": 4,
        "storefloor_influxdb_points_expired_total{}": 5,
        "storefloor_influxdb_requests_total{}": 6,
        "storefloor_influxdb_failures_total{}": 7,
        "storefloor_influxdb_last_sent_seconds{}": 7,
        "storefloor_outbox_points{}": 11,
        "storefloor_outbox_bytes{}": 1_200,
        "storefloor_outbox_age_seconds{}": 61.235,
        "storefloor_outbox_gaps{}": 2,
        "storefloor_outbox_let_go_total{}": 13,
        "storefloor_outbox_refused_total{}": 14,
    }


def test_a_dead_influxdb_makes_no_gateway_unready() -> None:
    """Readiness never depends on it: a shop sells without it."""
    gateway, without = Gateway(links(replace(REPORT, state="denied"))), Gateway(links(None))
    assert gateway.health.readiness() == without.health.readiness()
    assert gateway.samples()["storefloor_influxdb_denied{}"] == 1


def test_without_an_influxdb_nothing_is_told_of_one() -> None:
    """No metric of zeros for what a site does not have."""
    assert not [name for name in Gateway(links(None)).samples() if "influxdb" in name or "outbox" in name]


def test_every_metric_stands_in_the_manual() -> None:
    """The names are those of docs/influxdb.md, in full or behind an ellipsis."""
    page = (ROOT / "docs" / "influxdb.md").read_text("utf-8")
    endings = {name.removeprefix("…") for name in re.findall(r"`(…?[a-z_]+)`", page)}
    for name, kind, _, _ in influx_metrics(REPORT):
        assert any(name.endswith(ending) for ending in endings if len(ending) > 3), name
        assert name.endswith("_total") == (kind == "counter")
