"""The gateway's link to its broker: connects, again and again, and is what others call. I/O.

The session is the broker's: a fixed client id, never a clean start. A QoS 1 message is acknowledged
when its consumer says so; what was not is told again on the next connection.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from random import Random

from readers.backoff import Backoff, BackoffPolicy
from readers.counts import StageCounts
from readers.errors import LinkLost
from readers.link import LinkHealth, LinkState
from readers.mqtt_connection import NAME, Arrival, MqttConnection
from readers.protocol import MqttMessage
from readers.settings import MqttSettings as MqttSettings
from readers.topics import check_filter

MQTT_BACKOFF = BackoffPolicy(first_s=0.5, limit_s=30.0)
SHORT_LIFE_S = 3.0
"""A connection that ends sooner was most likely taken over: Mosquitto 2.0 does not say so."""

OnMessage = Callable[[MqttMessage, Callable[[], None]], None]
"""Called with a message and its acknowledgement, which is called once the message is durable."""

log = logging.getLogger(__name__)


class MqttClient:
    """The gateway's link to its broker.

    `counts` is in messages. A consumer that raises loses that message (counted, acknowledged): to
    keep it unacknowledged would stop all that come after it.
    """

    def __init__(
        self,
        settings: MqttSettings,
        on_message: OnMessage,
        now_ns: Callable[[], int],
        *,
        policy: BackoffPolicy = MQTT_BACKOFF,
        rng: Random | None = None,
    ) -> None:
        self.counts = StageCounts()
        self._settings = settings
        self._on_message = on_message
        self._now_ns = now_ns
        self._backoff = Backoff(policy, rng or Random())
        self._filters: dict[str, None] = {}
        self._connection: MqttConnection | None = None
        self._resumed = asyncio.Event()
        self._resumed.set()
        self._state: LinkState = "starting"
        self._detail = ""
        self._opened_count = 0
        self._up_since_s = 0.0
        self._last_bytes_at_ns: int | None = None
        self._errors = 0
        self._consumer_fails = False

    @property
    def connected(self) -> bool:
        """Return whether the broker has taken us and answered our subscriptions."""
        return self._connection is not None and self._connection.is_up

    def health(self) -> LinkHealth:
        """Return how the link is now."""
        is_held = self._state == "up" and not self._resumed.is_set()
        state = "held" if is_held else self._state
        return LinkHealth(state, self._detail, self._opened_count, self._last_bytes_at_ns, self._errors)

    def subscribe(self, filters: Iterable[str]) -> None:
        """Add topic filters, before `run`. Raises ValueError for what is no filter."""
        for topic_filter in filters:
            check_filter(topic_filter)
            self._filters[topic_filter] = None

    def pause(self) -> None:
        """Stop reading the socket: the broker holds the rest. A pause beyond twice the keep-alive
        gives the connection up; it is made again after `resume`.
        """
        self._resumed.clear()
        if self._connection is not None:
            self._connection.pause(paused=True)

    def resume(self) -> None:
        """Read again."""
        self._resumed.set()
        if self._connection is not None:
            self._connection.pause(paused=False)

    async def publish(self, topic: str, payload: bytes, qos: int = 1, *, retain: bool = False) -> None:
        """Return when the broker has taken a message. Raises LinkLost when it cannot be reached or was
        lost meanwhile (it may have taken it), DeviceRefused when it will not have it (MQTT 5).
        """
        if self._connection is None or not self._connection.is_accepted:
            raise LinkLost(NAME, "not connected")
        await self._connection.publish(topic, payload, qos, retain=retain)

    async def run(self) -> None:
        """Stay connected until cancelled; then disconnect, leaving the session to the broker."""
        try:
            while True:
                await self._resumed.wait()
                try:
                    error = await self._serve()
                except LinkLost as lost:
                    error = lost
                self._went_down(error)
                await asyncio.sleep(self._backoff.next_s())
        finally:
            self._state = "stopped"

    async def _serve(self) -> Exception:
        """Return why one connection ended. Raises LinkLost when there was none."""
        connection = await MqttConnection.open(
            self._settings, tuple(self._filters), self._hear, self._went_up
        )
        self._connection = connection
        try:
            connection.start(paused=not self._resumed.is_set())
            return await asyncio.shield(connection.ended)
        except asyncio.CancelledError:
            await connection.say_goodbye()
            raise
        finally:
            self._connection = None
            connection.end(LinkLost(NAME, "stopped"))

    def _hear(self, arrival: Arrival) -> None:
        self.counts.received += 1
        self._last_bytes_at_ns = now_ns = self._now_ns()
        if arrival.topic is None:
            self.counts.drop("topic_not_utf8")
            arrival.acknowledge()
            return
        message = MqttMessage(arrival.topic, arrival.payload, arrival.retained, now_ns)
        try:
            self._on_message(message, arrival.acknowledge)
        except Exception:
            self.counts.drop("consumer_error")
            self._errors += 1
            if not self._consumer_fails:
                log.exception("%s: consumer failed on a message of %r", NAME, message.topic[:200])
            self._consumer_fails = True
            arrival.acknowledge()
        else:
            self._consumer_fails = False
            self.counts.passed += 1

    def _went_up(self, session_present: bool, refused: list[str]) -> None:
        settings = self._settings
        self._opened_count += 1
        self._up_since_s = asyncio.get_running_loop().time()
        self._state = "up"
        session = "its session" if session_present else "a new session"
        self._detail = f"{settings.host}:{settings.port}, MQTT {settings.protocol}, {session}"
        log.info("%s: connected to %s", NAME, self._detail)
        if refused:
            self._detail += f"; the broker refuses {len(refused)} subscriptions"
            log.error("%s: the broker refuses the subscriptions to %r", NAME, refused[:10])

    def _went_down(self, error: Exception) -> None:
        detail = error.detail if isinstance(error, LinkLost) else f"{type(error).__name__}: {error}"
        if not isinstance(error, LinkLost):
            self._errors += 1
            log.error("%s: failed", NAME, exc_info=error)
        was_up = self._state == "up"
        if was_up:
            up_s = asyncio.get_running_loop().time() - self._up_since_s
            self._backoff.lasted(up_s)
            if up_s < SHORT_LIFE_S:
                detail += f" at once: does another client use the id {self._settings.client_id!r}?"
        if was_up or detail != self._detail:
            log.warning("%s: down: %s", NAME, detail)
        self._state = "down"
        self._detail = detail
