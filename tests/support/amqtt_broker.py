"""The embedded broker of the demo, amqtt, as a process of its own: `python amqtt_broker.py PORT`.

What amqtt 0.12 cannot do (read in its source), and the contract suite does not ask of it:
- redeliver: a message that was sent and not acknowledged is forgotten when the connection ends
  (ProtocolHandler.stop cancels the waiters, which drop it), and 5 s after it was sent;
- keep anything over a restart: sessions live in memory;
- queue for a client without a name (so the names are asked for here);
- tell a queued message from a retained one: after an absence both come with the retain flag set;
- speak MQTT 5.
"""

import asyncio
import sys
import warnings

from tests.support.broker_process import BrokerProcess


class AmqttBroker(BrokerProcess):
    """Started with the interpreter that runs the tests."""

    def command(self) -> list[str]:
        """Return the command that runs this file."""
        return [sys.executable, "-m", "tests.support.amqtt_broker", str(self.port)]


async def serve(port: int) -> None:
    """Serve until killed."""
    from amqtt.broker import Broker  # the one that runs the tests does not need it

    broker = Broker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": False}},
        }
    )
    await broker.start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    asyncio.run(serve(int(sys.argv[1])))
