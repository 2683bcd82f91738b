"""The delivery to InfluxDB as metrics: name, kind, help and value of each. Pure."""

from collections.abc import Iterator

from gateway.storage.influx.report import DeliveryReport

Metric = tuple[str, str, str, float]


def influx_metrics(report: DeliveryReport) -> Iterator[Metric]:
    """Yield the metrics; they have no labels. Counters of points begin with the process, unless said."""
    prefix = "storefloor_influxdb"
    yield f"{prefix}_up", "gauge", "1 while the last write went well", int(report.state == "up")
    yield (
        f"{prefix}_denied",
        "gauge",
        "1 while an operator must mend something",
        int(report.state == "denied"),
    )
    yield f"{prefix}_points_sent_total", "counter", "points of commits that it took", report.sent
    yield f"{prefix}_points_told_back_total", "counter", "points told from the store", report.told_back
    yield f"{prefix}_points_retried_total", "counter", "points of requests that failed", report.retried
    yield (
        f"{prefix}_points_refused_total",
        "counter",
        "points that it would not have, set aside",
        report.refused,
    )
    yield f"{prefix}_points_expired_total", "counter", "points older than it keeps", report.expired
    yield f"{prefix}_requests_total", "counter", "writes asked of it", report.requests
    yield f"{prefix}_failures_total", "counter", "turns that failed", report.failures
    if report.last_sent_ns is not None:
        text = "Unix time of the last write that went well"
        yield f"{prefix}_last_sent_seconds", "gauge", text, report.last_sent_ns // 10**9
    yield "storefloor_outbox_points", "gauge", "points that wait for InfluxDB", report.outbox.points
    yield "storefloor_outbox_bytes", "gauge", "bytes of them on disk", report.outbox.bytes
    yield "storefloor_outbox_age_seconds", "gauge", "how long the oldest has waited", round(report.age_s, 3)
    yield "storefloor_outbox_gaps", "gauge", "times still to be told from the store", report.gaps
    yield "storefloor_outbox_let_go_total", "counter", "points that left a full outbox, over all lives", report.outbox.let_go  # fmt: skip
    yield "storefloor_outbox_refused_total", "counter", "points set aside, over all lives", report.outbox.refused  # fmt: skip
