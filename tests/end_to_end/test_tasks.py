"""Tasks of a gateway that is killed: made once for what they are for, claimed, ticked off by tags, over; each survives.

A real gateway and broker, a scripted reader that sees two zones, twenty shop-seconds per real second.
"""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Self

import pytest

from tests.durability.fired_at import FiredGateway
from tests.durability.nursery import Nursery
from tests.support.mosquitto import Mosquitto
from tests.support.plain_mqtt import PlainMqtt
from tests.support.polling import eventually
from tests.support.ports import free_port
from tests.support.processes import EVERY_SCOPE, ShopClockOrigin
from tests.support.scripted_devices import BACK_ROOM, FRONT, TAGGED, Scripted, epc, write_site

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SPEED = 20.0
"""The rest of a refill is waited for half a shop-hour, 90 real seconds: enough for a busy machine to start a gateway."""
EVERY_S = 0.1
SKU = TAGGED[0]
QUICK = "[alerts]\nhold_s = 20\nclear_hold_s = 5\n"
WAIT_S = 90.0


class Floor:
    """A gateway, and tags that its reader sees over and over: `front` and `back` are changed by tests."""

    def __init__(self, gateway: FiredGateway, devices: Scripted) -> None:
        self.gateway = gateway
        self.front: list[str] = []
        self.back: list[str] = []
        self._devices = devices
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._see, daemon=True)

    def _see(self) -> None:
        while not self._stop.wait(EVERY_S):
            self._devices.see(list(self.front), FRONT)
            self._devices.see(list(self.back), BACK_ROOM)

    def now(self) -> str:
        """Return the shop's time."""
        at = datetime.fromtimestamp(self._devices.clock.now_ns() // 1_000_000_000, UTC)
        return at.strftime("%Y-%m-%dT%H:%M:%SZ")

    def restart(self) -> None:
        """Kill the gateway and start it again."""
        self.gateway.kill()
        self.gateway.launch_forked()
        self.gateway.until_ready()

    def zones(self) -> dict[str, int]:
        """Return the pieces of the article by zone."""
        zones: dict[str, int] = self.gateway.stock([SKU])[SKU]["zones"]
        return {zone: pieces for zone, pieces in zones.items() if pieces}

    def refills(self) -> list[dict[str, Any]]:
        """Return all tasks to refill its shelf that ever were."""
        states = ["open", "claimed", "completed", "failed", "withdrawn"]
        tasks = self.gateway.get("/v1/tasks", kind="replenish", state=states)["items"]
        return [task for task in tasks if task["sku"] == SKU]

    def refill(self) -> dict[str, Any]:
        """Return the one task to refill its shelf."""
        [task] = self.refills()
        return task

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10.0)


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Floor]:
    """A running gateway with a durable broker, for all tests of this file."""
    tmp_path = tmp_path_factory.mktemp("tasks")
    with Mosquitto(tmp_path) as broker, Nursery("tests.durability.gateway_life") as nursery:
        api_port = free_port()
        path = write_site(tmp_path, api_port, broker.port, QUICK)
        clock = ShopClockOrigin.starting_in(0.0, SPEED)
        with (
            FiredGateway(path, api_port, clock, tmp_path / "data", nursery) as gateway,
            PlainMqtt(broker.port, "scripted") as mqtt,
        ):
            gateway.make_key(*EVERY_SCOPE, "tasks:write")
            gateway.launch_forked()
            gateway.until_ready()
            with Floor(gateway, Scripted(mqtt, clock)) as floor:
                yield floor


def test_a_task_survives_each_kill_and_is_made_once(floor: Floor) -> None:
    """Made by an empty shelf, claimed, half done, done by the tags: killed after each, and never made a second time."""
    floor.front, floor.back = [epc(SKU, 1)], [epc(SKU, n) for n in (2, 3, 4)]
    eventually(lambda: floor.zones() == {"front": 1, "back-room": 3}, "the tags to be stock", WAIT_S)
    sold, floor.front = floor.front, []
    event = {"event_id": "sold", "type": "sale", "store": "lyon-1", "epc": sold[0], "at": floor.now()}
    assert floor.gateway.post("/v1/events", {"events": [event]})["applied"] == 1
    eventually(floor.refills, "the empty shelf to ask for pieces", WAIT_S)
    made = floor.refill()
    claim = f"/v1/tasks/{made['id']}/claim"
    assert floor.gateway.post(claim, {"by": "Ana"})["state"] == "claimed"
    floor.restart()
    task = floor.refill()
    assert (task["id"], task["state"], task["claimed_by"]) == (made["id"], "claimed", "Ana")
    assert floor.gateway.post(claim, {"by": "Ana"})["version"] == task["version"], (
        "the same again changes nothing"
    )

    floor.front, floor.back = floor.back[:1], floor.back[1:]
    eventually(lambda: floor.refill()["done"] == 1, "the first piece to be seen on the floor", WAIT_S)
    floor.restart()
    assert floor.refill()["done"] == 1
    floor.front, floor.back = [*floor.front, *floor.back], []
    eventually(lambda: floor.refill()["state"] == "completed", "the tags to tick it off", WAIT_S)
    done = floor.refill()
    assert (done["id"], done["done"], done["verified_by"]) == (made["id"], made["qty"], "rfid")
    floor.restart()
    eventually(
        lambda: (
            not floor.gateway.get("/v1/alerts", state="firing", type="shelf_empty_backroom_has_stock")[
                "items"
            ]
        ),
        "the alert to be over",
        WAIT_S,
    )
    assert {**floor.refill(), "causes": done["causes"]} == done  # but for its cause, which is over by now


def test_a_task_by_hand_is_made_once_through_a_kill(floor: Floor) -> None:
    """The request that is sent again after kill -9 gets the same task; completed twice, it is completed once."""

    def make() -> Any:
        wanted = {"kind": "find", "store": "lyon-1", "sku": SKU, "qty": 1}
        return floor.gateway.http.post("/v1/tasks", json=wanted, headers={"Idempotency-Key": "by-hand"})

    first = make()
    assert first.status_code == 201, first.text
    address = f"/v1/tasks/{first.json()['id']}"
    floor.restart()
    again = make()
    assert (again.json()["id"], again.headers["idempotent-replayed"]) == (first.json()["id"], "true")
    assert floor.gateway.post(f"{address}/complete", {})["state"] == "completed"
    floor.restart()
    told = floor.gateway.post(f"{address}/complete", {})
    assert (told["state"], told["verified_by"]) == ("completed", "user")
    kept = floor.gateway.get("/v1/tasks", kind="find", state=["open", "completed"])["items"]
    assert [task["id"] for task in kept] == [first.json()["id"]]
