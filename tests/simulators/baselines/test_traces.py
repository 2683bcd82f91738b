"""The re-implemented peers say what the peers' own programs said, event for event."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from simulators.baselines import edgex, rsp

FOLDER = Path(__file__).parents[2] / "vectors" / "baselines"
Rows = list[list[Any]]


def trace(name: str) -> dict[str, Any]:
    """Return one trace of tests/vectors/baselines."""
    content: dict[str, Any] = json.loads(gzip.decompress((FOLDER / f"{name}.json.gz").read_bytes()))
    return content


def edgex_row(event: edgex.Event) -> list[Any]:
    match event:
        case edgex.Arrived(epc, at_ms, place):
            return ["Arrived", epc, at_ms, place]
        case edgex.Moved(epc, at_ms, previous, place):
            return ["Moved", epc, at_ms, previous, place]
        case edgex.Departed(epc, at_ms, last_read_ms, place):
            return ["Departed", epc, at_ms, last_read_ms, place]


def edgex_events(inventory: edgex.Inventory, op: dict[str, Any]) -> Rows:
    """Apply one operation; departures of one task come by EPC, as in the file."""
    match op["op"]:
        case "report":
            reads = [edgex.TagRead(r["epc"], r["ant"], r["rssi"], r["ts_us"]) for r in op["reads"]]
            return [edgex_row(event) for event in inventory.report(op["dev"], op["origin_ns"], reads)]
        case "departed":
            return sorted(edgex_row(event) for event in inventory.check_departed(op["now_ms"]))
        case "ageout":
            inventory.age_out(op["now_ms"])
            return []
        case other:
            raise AssertionError(f"no such operation: {other}")


@pytest.mark.parametrize("name", ["asset", "garment"])
def test_edgex_trace(name: str) -> None:
    """EdgeX's rule gives the events and the final state that EdgeX itself gave."""
    given = trace(f"edgex_{name}")
    profile = {"asset": edgex.ASSET, "garment": edgex.GARMENT}[given["profile"]]
    inventory = edgex.Inventory(profile, given["aliases"])
    events = [[i, *row] for i, op in enumerate(given["ops"]) for row in edgex_events(inventory, op)]
    assert events == given["events"]
    final = [
        [tag.epc, tag.state.value, f"{tag.location[0]}_{tag.location[1]}", tag.last_read_ms]
        for tag in inventory.tags.values()
    ]
    assert sorted(final) == sorted(given["final"])


def rsp_sensor(op: dict[str, Any]) -> rsp.Sensor:
    personality = rsp.Personality(op["pers"]) if op["pers"] else None
    aliases = {int(antenna): alias for antenna, alias in op["alias"].items()}
    return rsp.Sensor(op["dev"], op["fac"], personality, op["deep"], op["min"], aliases)


def rsp_events(inventory: rsp.Inventory, sensors: dict[str, rsp.Sensor], op: dict[str, Any]) -> Rows:
    events: list[rsp.Event] = []
    match op["op"]:
        case "sensor":
            sensors[op["dev"]] = rsp_sensor(op)
        case "data":
            reads = [rsp.TagRead(r["epc"], r["ant"], r["rssi"], r["ts"]) for r in op["reads"]]
            events = inventory.data(sensors[op["dev"]], op["now_ms"], reads)
        case "departed":
            events = inventory.check_exiting(op["now_ms"])
        case "ageout":
            inventory.age_out(op["now_ms"])
        case other:
            raise AssertionError(f"no such operation: {other}")
    return [[e.kind.value, e.epc, e.facility, e.place, e.at_ms] for e in events]


@pytest.mark.parametrize("name", ["asset", "garment"])
def test_rsp_trace(name: str) -> None:
    """Intel RSP's rule gives the events and the final state that the RSP Controller itself gave."""
    given = trace(f"rsp_{name}")
    inventory = rsp.Inventory({"asset": rsp.ASSET, "garment": rsp.GARMENT}[given["profile"]])
    sensors: dict[str, rsp.Sensor] = {}
    events = [[i, *row] for i, op in enumerate(given["ops"]) for row in rsp_events(inventory, sensors, op)]
    assert events == given["events"]
    final = [
        [t.epc, t.state.value, t.location, t.device, t.facility, t.last_read_ms, t.last_arrived_ms,
         t.last_departed_ms]
        for t in inventory.tags.values()
    ]  # fmt: skip
    assert sorted(final) == sorted(given["final"])


@pytest.mark.parametrize("name", ["edgex_asset", "edgex_garment", "rsp_asset", "rsp_garment"])
def test_traces_cover_what_they_should(name: str) -> None:
    """A trace holds hundreds of operations and events of each kind: an empty file would prove nothing."""
    given = trace(name)
    kinds = {event[1].lower() for event in given["events"]}
    assert len(given["ops"]) >= 800
    assert len(given["events"]) >= 700
    assert kinds >= (
        {"arrived", "moved", "departed"} if "edgex" in name else {"arrival", "moved", "returned"}
    )
