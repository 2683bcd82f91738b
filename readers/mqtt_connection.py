"""One connection to the broker: one paho client, its socket on the loop. I/O; the only user of paho-mqtt.

- Name look-up, TCP and TLS run in a thread, nothing else of paho's does. Only the connected socket
  joins the loop, by paho's own socket callbacks.
- Each connection has a paho client of its own: no state survives by accident, and an
  acknowledgement that comes too late cannot hit a message of the next connection.
- Acknowledgements are ours to give, in the order of arrival.

Longer than our files are: paho has one importer, and these parts know it.
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any

from paho.mqtt import client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from readers.ack_order import AckOrder
from readers.errors import DeviceRefused, LinkLost
from readers.off_loop import off_loop
from readers.settings import MqttSettings

NAME = "mqtt"
RECEIVE_MAXIMUM = 1_000
"""Messages that the broker may have under way to us: at 20 ms per commit, 50,000 messages/s."""
MAX_UNACKNOWLEDGED = 4 * RECEIVE_MAXIMUM
"""A broker may not hold to the above (Mosquitto 2.0.11 does not, MQTT 3.1.1 has no such word):
from here on the socket is not read."""
MAX_PACKET_BYTES = 16 << 20
"""paho would take up to 256 MB into memory. Ours are some 10 KB; a larger one ends the connection."""
RECV_BYTES = 65_536
READ_SLICE_S = 0.002
"""Then the others have their turn. In time, not in packets: one of a single event takes 50 µs, one of a
hundred a millisecond, and 64 of those held up answers for 0.2 s."""
MAX_PUBLICATIONS = 100
"""Publications that wait for the broker's word. They are alerts: more at once is a fault of ours."""
SUBSCRIPTIONS_PER_PACKET = 50
CONNECT_WAIT_S = 5.0
HANDSHAKE_WAIT_S = 15.0
"""From the connected socket to the last subscription answered; and from each message that comes before that
answer: a broker that kept much for us hands it over first, to a busy gateway for longer than this."""
PUBLISH_WAIT_S = 30.0
GOODBYE_WAIT_S = 1.0
MISC_EVERY_S = 1.0
"""paho's keep-alive wants to be called about once a second."""


class _Paho(mqtt.Client):
    """paho, but for its socket. paho itself reads one or two bytes at a time, or a whole packet however
    large; and it leaves the socket of a failed TLS handshake open.
    """

    _inbox = b""
    _inbox_at = 0
    tls: ssl.SSLContext | None = None

    def _create_socket(self) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), CONNECT_WAIT_S)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # acks are small, and awaited
            return sock if self.tls is None else self.tls.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > MAX_PACKET_BYTES:
            raise ConnectionError(f"a packet of {bufsize} bytes, more than {MAX_PACKET_BYTES}")
        if self._inbox_at == len(self._inbox):
            self._inbox = super()._sock_recv(RECV_BYTES)
            self._inbox_at = 0
        taken = self._inbox[self._inbox_at : self._inbox_at + bufsize]
        self._inbox_at += len(taken)
        return taken

    def has_more(self) -> bool:
        """Return whether bytes are here that the loop cannot see on the socket."""
        sock = self.socket()
        hidden = sock.pending() if isinstance(sock, ssl.SSLSocket) else 0
        return self._inbox_at < len(self._inbox) or hidden > 0


def _connected(settings: MqttSettings) -> _Paho:
    """Return a paho client that has sent its CONNECT. Blocks: for a thread."""
    is_v5 = settings.protocol == "5"
    paho = _Paho(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        clean_session=None if is_v5 else settings.session_expiry_s == 0,
        protocol=MQTTProtocolVersion.MQTTv5 if is_v5 else MQTTProtocolVersion.MQTTv311,
        reconnect_on_failure=False,  # else a refused 3.1.1 has paho connect again, inside of loop_read
        manual_ack=True,
    )
    paho.max_queued_messages = MAX_PUBLICATIONS
    if settings.username is not None:
        paho.username_pw_set(settings.username, settings.password)
    if settings.tls:
        paho.tls = ssl.create_default_context()
    if is_v5:
        wishes = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho leaves it untyped
        wishes.SessionExpiryInterval = settings.session_expiry_s
        wishes.ReceiveMaximum = RECEIVE_MAXIMUM
        wishes.MaximumPacketSize = MAX_PACKET_BYTES
        code = paho.connect(
            settings.host, settings.port, settings.keepalive_s, clean_start=False, properties=wishes
        )
    else:
        code = paho.connect(settings.host, settings.port, settings.keepalive_s)
    if code != MQTTErrorCode.MQTT_ERR_SUCCESS or paho.socket() is None:
        _hang_up(paho)
        raise ConnectionError(mqtt.error_string(code))
    return paho


def _hang_up(paho: _Paho) -> None:
    """Close the connection under a client that nobody listens to any more."""
    paho.on_connect = paho.on_disconnect = paho.on_message = paho.on_publish = paho.on_subscribe = None
    paho.on_socket_close = paho.on_socket_register_write = paho.on_socket_unregister_write = None
    sock = paho.socket()
    if sock is not None:
        sock.close()


@dataclass(frozen=True, slots=True)
class Arrival:
    """One publication. `topic` None: it was not UTF-8. `acknowledge` once, when it is durable."""

    topic: str | None
    payload: bytes
    retained: bool
    acknowledge: Callable[[], None]


class MqttConnection:
    """One connection, from the CONNECT sent to its end. `ended` then holds the reason.

    `is_accepted`: the broker has taken us in; `is_up`: it has answered the subscriptions too. What it
    kept for us comes before that answer.
    """

    def __init__(
        self,
        paho: _Paho,
        filters: tuple[str, ...],
        hear: Callable[[Arrival], None],
        on_up: Callable[[bool, list[str]], None],
    ) -> None:
        self._paho = paho
        self._filters = filters
        self._hear = hear
        self._on_up = on_up
        self._loop = asyncio.get_running_loop()
        sock = paho.socket()
        self._fd = -1 if sock is None else sock.fileno()
        self._is_on_loop = False
        self._is_paused = False
        self._is_reading = False
        self._reads_again = False
        self._acks = AckOrder()
        self._session_present = False
        self._refusal = ""
        self._unanswered: dict[int, tuple[str, ...]] = {}
        self._refused: list[str] = []
        self._publications: dict[int, asyncio.Future[None]] = {}
        self._handshake_due_s = self._loop.time() + HANDSHAKE_WAIT_S
        self._misc = self._loop.call_later(MISC_EVERY_S, self._on_second)
        self.is_accepted = False
        self.is_up = False
        self.ended: asyncio.Future[Exception] = self._loop.create_future()

    @classmethod
    async def open(
        cls,
        settings: MqttSettings,
        filters: tuple[str, ...],
        hear: Callable[[Arrival], None],
        on_up: Callable[[bool, list[str]], None],
    ) -> "MqttConnection":
        """Return a connection that has said CONNECT; `start` it to hear the answer.

        Raises LinkLost when the broker cannot be reached. `on_up` is called once the subscriptions
        are answered, with whether the session was there and with the filters that were refused.
        """
        try:
            paho = await off_loop(partial(_connected, settings), name="mqtt connect", discard=_hang_up)
        except (OSError, ValueError) as error:
            raise LinkLost(NAME, f"{settings.host}:{settings.port}: {error}") from error
        return cls(paho, filters, hear, on_up)

    def start(self, *, paused: bool) -> None:
        """Put the socket on the loop."""
        paho = self._paho
        paho.on_connect = self._on_connect
        paho.on_subscribe = self._on_subscribe
        paho.on_message = self._on_message
        paho.on_publish = self._on_publish
        paho.on_disconnect = self._on_disconnect
        paho.on_socket_close = self._on_socket_close
        paho.on_socket_register_write = self._on_register_write
        paho.on_socket_unregister_write = self._on_unregister_write
        self._is_on_loop = True
        self.pause(paused=paused)
        if paho.want_write():
            self._loop.add_writer(self._fd, self._on_writable)

    def pause(self, *, paused: bool) -> None:
        """Stop reading the socket, or read it again."""
        self._is_paused = paused
        self._handshake_due_s = self._loop.time() + HANDSHAKE_WAIT_S
        self._see_to_reading()

    async def publish(self, topic: str, payload: bytes, qos: int, *, retain: bool) -> None:
        """Return when the broker has taken the message (QoS 0: when it is queued to be sent)."""
        if len(self._publications) >= MAX_PUBLICATIONS:
            raise LinkLost(NAME, f"{MAX_PUBLICATIONS} publications wait for the broker already")
        sent = self._paho.publish(topic, payload, qos, retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise LinkLost(NAME, mqtt.error_string(sent.rc))
        if qos == 0:
            return
        answer = self._publications[sent.mid] = self._loop.create_future()
        try:
            async with asyncio.timeout(PUBLISH_WAIT_S):
                await answer
        except TimeoutError:
            raise LinkLost(NAME, f"the broker did not take a publication within {PUBLISH_WAIT_S} s") from None
        finally:
            self._publications.pop(sent.mid, None)

    async def say_goodbye(self) -> None:
        """Send what is queued and DISCONNECT; the broker keeps the session."""
        if not self.ended.done():
            self._paho.disconnect()
            await asyncio.wait([self.ended], timeout=GOODBYE_WAIT_S)

    def end(self, error: Exception) -> None:
        """Take the socket off the loop and close it; a second call does nothing."""
        if self.ended.done():
            return
        self.is_accepted = self.is_up = False
        self._misc.cancel()
        self._leave_loop()
        _hang_up(self._paho)
        self.ended.set_result(error)
        for answer in self._publications.values():
            if not answer.done():
                answer.set_exception(LinkLost(NAME, f"lost before the broker had taken it: {error}"))

    def _leave_loop(self) -> None:
        """Forget the socket, while its file descriptor still means this socket."""
        if self._is_on_loop:
            self._is_on_loop = self._is_reading = False
            self._loop.remove_reader(self._fd)
            self._loop.remove_writer(self._fd)

    # What the loop calls

    def _on_readable(self) -> None:
        self._drive(self._read)

    def _on_writable(self) -> None:
        self._drive(self._paho.loop_write)

    def _on_second(self) -> None:
        self._misc = self._loop.call_later(MISC_EVERY_S, self._on_second)
        self._drive(self._paho.loop_misc)
        is_late = self._loop.time() > self._handshake_due_s
        if is_late and not self.is_up and not self._is_paused:  # paused, we do not hear the answer
            self.end(LinkLost(NAME, f"no answer within {HANDSHAKE_WAIT_S} s"))

    def _drive(self, step: Callable[[], MQTTErrorCode]) -> None:
        """Let paho do a step. Whatever goes wrong in it ends this connection and nothing else."""
        try:
            code = step()
        except Exception as error:  # noqa: BLE001 - the edge of the task: counted by its owner
            self.end(error)
            return
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.end(LinkLost(NAME, self._refusal or mqtt.error_string(code)))

    def _read(self) -> MQTTErrorCode:
        give_way_s = monotonic() + READ_SLICE_S  # the loop's own time stands still within a turn
        while monotonic() < give_way_s:
            code = self._paho.loop_read()
            if code != MQTTErrorCode.MQTT_ERR_SUCCESS or not self._is_reading or not self._paho.has_more():
                return code
        self._read_again_soon()
        return MQTTErrorCode.MQTT_ERR_SUCCESS

    def _read_again_soon(self) -> None:
        if not self._reads_again:
            self._reads_again = True
            self._loop.call_soon(self._read_rest)

    def _read_rest(self) -> None:
        self._reads_again = False
        if self._is_reading:
            self._on_readable()

    def _see_to_reading(self) -> None:
        if not self._is_on_loop:
            return
        wanted = not self._is_paused and self._acks.waiting < MAX_UNACKNOWLEDGED
        if wanted and not self._is_reading:
            self._loop.add_reader(self._fd, self._on_readable)
            self._read_again_soon()  # what was read before the pause is not on the socket any more
        elif self._is_reading and not wanted:
            self._loop.remove_reader(self._fd)
        self._is_reading = wanted

    # What paho calls. Any: paho's user data and its half-typed socket, which are not used.

    def _on_connect(
        self,
        _paho: mqtt.Client,
        _data: Any,
        flags: mqtt.ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._refusal = f"refused by the broker: {reason}"
            return
        self.is_accepted = True
        self._session_present = flags.session_present
        for start in range(0, len(self._filters), SUBSCRIPTIONS_PER_PACKET):
            some = self._filters[start : start + SUBSCRIPTIONS_PER_PACKET]
            _, packet_id = self._paho.subscribe([(topic_filter, 1) for topic_filter in some])
            if packet_id is not None:
                self._unanswered[packet_id] = some
        self._see_whether_up()

    def _on_subscribe(
        self,
        _paho: mqtt.Client,
        _data: Any,
        packet_id: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        asked = self._unanswered.pop(packet_id, ())
        answers = zip(asked, reasons, strict=False)
        self._refused += [topic_filter for topic_filter, reason in answers if reason.is_failure]
        self._see_whether_up()

    def _see_whether_up(self) -> None:
        if not self._unanswered and not self.is_up:
            self.is_up = True
            self._on_up(self._session_present, self._refused)

    def _on_message(self, _paho: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._handshake_due_s = self._loop.time() + HANDSHAKE_WAIT_S
        acknowledge: Callable[[], None] = _nothing
        if message.qos > 0:
            acknowledge = partial(self._acknowledge, self._acks.arrived(message.mid, message.qos))
            self._see_to_reading()
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = None
        self._hear(Arrival(topic, bytes(message.payload), message.retain, acknowledge))

    def _acknowledge(self, ticket: int) -> None:
        if self.ended.done():
            return  # too late: the broker tells it again on the next connection
        for packet_id, qos in self._acks.done(ticket):
            self._paho.ack(packet_id, qos)
        self._see_to_reading()

    def _on_publish(
        self, _paho: mqtt.Client, _data: Any, packet_id: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        answer = self._publications.get(packet_id)
        if answer is None or answer.done():
            return
        if reason.is_failure:
            answer.set_exception(DeviceRefused(f"{NAME}: the broker refused a publication: {reason}"))
        else:
            answer.set_result(None)

    def _on_disconnect(
        self,
        _paho: mqtt.Client,
        _data: Any,
        flags: mqtt.DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        said = f"ended by the broker: {reason}" if flags.is_disconnect_packet_from_server else ""
        self.end(LinkLost(NAME, self._refusal or said or f"connection lost ({reason})"))

    def _on_register_write(self, _paho: mqtt.Client, _data: Any, _socket: Any) -> None:
        if self._is_on_loop:
            self._loop.add_writer(self._fd, self._on_writable)

    def _on_unregister_write(self, _paho: mqtt.Client, _data: Any, _socket: Any) -> None:
        if self._is_on_loop:
            self._loop.remove_writer(self._fd)

    def _on_socket_close(self, _paho: mqtt.Client, _data: Any, _socket: Any) -> None:
        self._leave_loop()


def _nothing() -> None:
    """Acknowledge a message that wants no acknowledgement."""
