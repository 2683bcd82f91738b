"""TLS to a real Mosquitto: the handshake runs off the loop, and records are read to their end."""

import asyncio
import os
import shutil
import subprocess

import pytest
import uvloop

from readers.settings import MqttSettings
from tests.support.mosquitto import Mosquitto
from tests.support.mqtt_consumer import Consumer
from tests.support.waiting import until

NEEDED = "openssl is not installed: apt-get install openssl"

pytestmark = pytest.mark.broker


@pytest.fixture
def certificate(tmp_path):
    """Return the paths of a self-signed certificate for 127.0.0.1 and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(NEEDED)
        pytest.skip(NEEDED)
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", str(key), "-out", str(certificate), "-days", "2", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    return certificate, key


@pytest.fixture
def broker(tmp_path, certificate):
    with Mosquitto(tmp_path, f"certfile {certificate[0]}", f"keyfile {certificate[1]}") as broker:
        yield broker


def run(test, loop_factory=None):
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(asyncio.wait_for(test(), 240))


@pytest.mark.parametrize("loop_factory", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_messages_large_and_many_come_through_tls(broker, certificate, monkeypatch, loop_factory):
    """What one TLS record holds beyond one packet is not forgotten until the next record comes."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))

    async def test():
        settings = MqttSettings(port=broker.port, tls=True, client_id="gateway")
        async with Consumer(settings, "reads") as gateway:
            large = os.urandom(500_000)
            small = [b"%d" % number for number in range(300)]
            gateway.client.pause()
            async with Consumer(MqttSettings(port=broker.port, tls=True, client_id="device")) as device:
                await device.client.publish("reads", large)
                for start in range(0, 300, 50):
                    await asyncio.gather(
                        *(device.client.publish("reads", p) for p in small[start : start + 50])
                    )
            gateway.client.resume()
            await gateway.until_heard(large, *small)
            assert gateway.payloads == [large, *small]

    run(test, loop_factory)


def test_a_broker_that_cannot_be_trusted_is_not_talked_to(broker):
    """Without its authority among the system's, the connection fails and says why."""

    async def test():
        gateway = Consumer(MqttSettings(port=broker.port, tls=True), "reads")
        running = asyncio.create_task(gateway.client.run())
        await until(lambda: "CERTIFICATE_VERIFY_FAILED" in gateway.client.health().detail, "distrusted")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    run(test)
