"""How the gateway itself is: devices, readiness, metrics. Implements gateway.ports.health.HealthPort. Runtime."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.delivery.model import TargetState
from gateway.devices.clocks import ClockJudgement
from gateway.engine import Engine
from gateway.metrics.exposition import family, metric
from gateway.metrics.influx import influx_metrics
from gateway.metrics.told import Published, notice_lines, published_lines, task_lines, webhook_lines
from gateway.pipeline import Pipeline
from gateway.ports.health import DeviceHealth, Readiness, UnmatchedTopicInfo
from gateway.storage.influx.report import DeliveryReport
from gateway.storage.upkeep import StoreUpkeep
from gateway.webhooks.model import WebhookCounts
from readers.counts import StageCounts
from readers.link import LinkHealth
from readers.mqtt_router import UnmatchedTopic


class Link(Protocol):
    """Anything that keeps a link and knows how it is."""

    def health(self) -> LinkHealth:
        """Return how the link is now."""
        ...


@dataclass(frozen=True, slots=True)
class Links:
    """The links of a site. `serial` by device; `mqtt` None where the site has no broker.

    `frames` has the counts of each device's codec (frames of a port, messages of a topic), `inside`
    those of single events in messages that were taken, `repeats` those of what was told twice, `lines`
    those of the bytes of a port (told where they were in no frame). `unmatched` gives the topics at
    the broker that belong to no device, the newest last.
    """

    serial: Mapping[str, Link]
    mqtt: Link | None
    frames: Mapping[str, StageCounts]
    inside: Mapping[str, StageCounts]
    repeats: Mapping[str, StageCounts]
    lines: Mapping[str, StageCounts] = field(default_factory=dict)
    unmatched: Callable[[], Sequence[UnmatchedTopic]] = tuple
    influxdb: Callable[[], DeliveryReport] | None = None
    clock_ahead_s: Callable[[], float] = float
    upkeep: StoreUpkeep | None = None
    webhooks: Callable[[], WebhookCounts] | None = None
    notices: Callable[[], Sequence[TargetState]] = tuple
    published: Published | None = None


class Health:
    """The gateway's health, gathered when asked for."""

    def __init__(self, engine: Engine, pipeline: Pipeline, links: Links) -> None:
        self._engine = engine
        self._pipeline = pipeline
        self._links = links

    def devices(self) -> Sequence[DeviceHealth]:
        """Return every configured device."""
        return [self.device(device_id) for device_id in self._engine.state.devices]

    def device(self, device_id: str) -> DeviceHealth:
        """Return one device. Counts are the codec's and the gateway's together, since the start."""
        life = self._engine.state.devices[device_id]
        link = self._links.serial.get(device_id) or self._links.mqtt
        link_health = link.health() if link else None
        frames = self._links.frames.get(device_id, StageCounts())
        dropped = frames.dropped + life.dropped
        for counts in (self._links.inside.get(device_id), self._links.repeats.get(device_id)):
            if counts is not None:
                dropped += counts.dropped
        if line := self._links.lines.get(device_id):
            told = frames.dropped
            dropped += Counter({reason: n for reason, n in line.dropped.items() if reason not in told})
        detail = [life.detail, life.fault]
        if device_id in self._links.serial and link_health is not None:
            detail.append(link_health.detail)
        return DeviceHealth(
            id=life.id,
            kind=life.kind,
            role=life.role,
            store=life.store,
            zones=life.zones,
            state=life.state(self._pipeline.clock_now_ns()),
            last_seen_at_ns=life.last_seen_ns,
            detail="; ".join(text for text in detail if text),
            observations=life.observations,
            reconnects=link_health.reconnects if link_health and device_id in self._links.serial else 0,
            received=frames.received,
            passed=frames.passed,
            held=frames.held,
            dropped=dict(dropped),
            clock=self._engine.state.clocks.judge(device_id, self._pipeline.clock_now_ns()),
        )

    def unmatched_topics(self) -> Sequence[UnmatchedTopicInfo]:
        """Return the last topics at the broker that belong to no device, newest first."""
        return [
            UnmatchedTopicInfo(u.topic, u.count, u.retained, u.sample, u.received_ns)
            for u in reversed(self._links.unmatched())
        ]

    def readiness(self) -> Readiness:
        """Return whether answers are true now. A dead reader is no reason: its zones say UNKNOWN."""
        reasons = []
        if self._pipeline.passes == 0:
            reasons.append("starting")
        if self._pipeline.store_failure is not None:
            reasons.append(f"store: {self._pipeline.store_failure}")
        if self._pipeline.is_full():
            reasons.append("overloaded: input is held back")
        return Readiness(not reasons, tuple(reasons))

    def metrics(self) -> str:
        """Return Prometheus text (format 0.0.4). Labels are device ids and reasons: bounded by the site."""
        return (
            "\n".join((*self._gauges(), *self._upkeep_lines(), *self._device_lines(), *self._stage_lines()))
            + "\n"
        )

    def _gauges(self) -> Iterator[str]:
        levels = self._engine.state.ledger
        pieces = sum(sum(levels.levels(*key).values()) for key in levels.line_keys())
        firing = len(self._engine.alerts.firing())
        mqtt = self._links.mqtt.health() if self._links.mqtt else None
        yield from metric("storefloor_pieces", "gauge", "pieces believed in all stores", pieces)
        yield from metric("storefloor_alerts_firing", "gauge", "alerts firing now", firing)
        reservations = self._engine.state.book.open()
        yield from metric(
            "storefloor_reservations_open", "gauge", "reservations that are open", len(reservations)
        )
        yield from metric(
            "storefloor_reservations_at_risk",
            "gauge",
            "open reservations whose pieces may be missing",
            sum(bool(reservation.risks) for reservation in reservations),
        )
        yield from metric(
            "storefloor_held_observations", "gauge", "observations and events that wait", self._pipeline.held
        )
        yield from metric(
            "storefloor_ledger_imbalance", "gauge", "lines whose levels and state differed at start; must be 0",
            self._engine.imbalanced,
        )  # fmt: skip
        yield from metric(
            "storefloor_cloned_epcs", "gauge", "tags that two stores go on reading at once: one is a copy",
            len(self._engine.state.presence.clones),
        )  # fmt: skip
        yield from metric(
            "storefloor_store_failing", "gauge", "1 while the disk refuses commits", int(self._pipeline.store_failure is not None)
        )  # fmt: skip
        yield from metric(
            "storefloor_commits_total",
            "counter",
            "commits of this store, over all its lives",
            self._pipeline.version,
        )
        yield from metric(
            "storefloor_passes_total", "counter", "passes of the pipeline", self._pipeline.passes
        )
        yield from metric(
            "storefloor_clock_ahead_seconds",
            "gauge",
            "how far time here is ahead of the machine's clock, which was set back or started in the past",
            round(self._links.clock_ahead_s(), 3),
        )
        if mqtt is not None:
            yield from metric(
                "storefloor_mqtt_up", "gauge", "1 while connected", int(mqtt.state in {"up", "held"})
            )
            yield from metric("storefloor_mqtt_reconnects_total", "counter", "reconnects", mqtt.reconnects)
        if self._links.influxdb is not None:
            for name, kind, text, value in influx_metrics(self._links.influxdb()):
                yield from metric(name, kind, text, value)
        if self._links.webhooks is not None:
            yield from webhook_lines(self._links.webhooks())
        yield from notice_lines(self._links.notices())
        yield from task_lines(self._engine.state.tasks.not_made)
        if self._links.published is not None:
            yield from published_lines(self._links.published)

    def _upkeep_lines(self) -> Iterator[str]:
        upkeep = self._links.upkeep
        if upkeep is None:
            return
        yield from metric("storefloor_store_file_bytes", "gauge", "the store's file", upkeep.sizes.file_bytes)
        yield from metric(
            "storefloor_store_wal_bytes", "gauge", "its write-ahead log", upkeep.sizes.wal_bytes
        )
        yield from metric(
            "storefloor_store_free_bytes", "gauge", "free within the file, for the rows of tomorrow",
            upkeep.sizes.free_bytes,
        )  # fmt: skip
        name = "storefloor_store_rows_let_go_total"
        yield from family(name, "counter", "rows let go for their age, over all lives of the store, by table")
        for table, rows in sorted(upkeep.let_go.items()):
            yield f'{name}{{table="{table}"}} {rows}'
        yield from metric(
            "storefloor_store_pages_given_back_total", "counter", "free pages given back to the disk",
            upkeep.pages_given_back,
        )  # fmt: skip
        yield from metric(
            "storefloor_store_rounds_total",
            "counter",
            "rounds of letting go that were finished",
            upkeep.rounds,
        )
        yield from metric(
            "storefloor_store_upkeep_failures_total",
            "counter",
            "rounds that the disk broke off",
            upkeep.failures,
        )
        yield from metric(
            "storefloor_store_held", "gauge", "1 while nothing is let go, for the clock is not trusted",
            int(upkeep.is_held),
        )  # fmt: skip
        if upkeep.checked_ns is not None:
            yield from metric(
                "storefloor_store_checked_timestamp_seconds", "gauge",
                "when the whole file was last read and found undamaged", upkeep.checked_ns // 10**9,
            )  # fmt: skip
            yield from metric(
                "storefloor_store_check_seconds", "gauge", "how long that took", round(upkeep.check_s, 3)
            )

    def _device_lines(self) -> Iterator[str]:
        devices = self.devices()
        yield from family("storefloor_device_up", "gauge", "1 while the device proves its life")
        for d in devices:
            yield f'storefloor_device_up{{device="{d.id}"}} {int(d.state == "online")}'
        yield from family(
            "storefloor_device_last_seen_seconds", "gauge", "Unix time of the last sign of life"
        )
        for d in devices:
            if d.last_seen_at_ns is not None:
                yield f'storefloor_device_last_seen_seconds{{device="{d.id}"}} {d.last_seen_at_ns / 1e9:.3f}'
        yield from family(
            "storefloor_device_observations_total", "counter", "reads, scans and readings taken in"
        )
        for d in devices:
            yield f'storefloor_device_observations_total{{device="{d.id}"}} {d.observations}'
        yield from family("storefloor_device_reconnects_total", "counter", "times the port was opened again")
        for d in devices:
            yield f'storefloor_device_reconnects_total{{device="{d.id}"}} {d.reconnects}'
        yield from family(
            "storefloor_device_dropped_total",
            "counter",
            "frames, observations and bytes in no frame dropped, by reason",
        )
        for d in devices:
            for reason, count in sorted(d.dropped.items()):
                yield f'storefloor_device_dropped_total{{device="{d.id}",reason="{reason}"}} {count}'
        yield from _clock_lines({d.id: d.clock for d in devices if d.clock is not None})

    def _stage_lines(self) -> Iterator[str]:
        state = self._engine.state
        stages = {"observations": state.counts, "presence": state.presence.counts}
        for side, kind, suffix in (
            ("received", "counter", "_total"),
            ("passed", "counter", "_total"),
            ("held", "gauge", ""),
        ):
            name = f"storefloor_stage_{side}{suffix}"
            yield from family(name, kind, f"observations {side}, by stage")
            for stage, counts in stages.items():
                yield f'{name}{{stage="{stage}"}} {getattr(counts, side)}'
        name = "storefloor_stage_dropped_total"
        yield from family(name, "counter", "observations dropped, by stage and reason")
        for stage, counts in stages.items():
            for reason, count in sorted(counts.dropped.items()):
                yield f'{name}{{stage="{stage}",reason="{reason}"}} {count}'


def _clock_lines(clocks: Mapping[str, ClockJudgement]) -> Iterator[str]:
    yield from family(
        "storefloor_device_clock_offset_seconds",
        "gauge",
        "how far the device's clock is ahead; its times are corrected",
    )
    for device, clock in clocks.items():
        if clock.offset_s is not None:
            yield f'storefloor_device_clock_offset_seconds{{device="{device}"}} {clock.offset_s:.3f}'
    yield from family("storefloor_device_clock_drift_ratio", "gauge", "seconds gained in each second")
    for device, clock in clocks.items():
        if clock.drift_ppm is not None:
            yield f'storefloor_device_clock_drift_ratio{{device="{device}"}} {clock.drift_ppm / 1e6:.9f}'
    yield from family(
        "storefloor_device_clock_steps_total", "counter", "times the device's clock was set anew"
    )
    for device, clock in clocks.items():
        yield f'storefloor_device_clock_steps_total{{device="{device}"}} {clock.steps}'
