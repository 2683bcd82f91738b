"""One message over real sockets: the address that was judged is the one that is connected to."""

import ssl
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from gateway.webhooks.model import Answer
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.signing import headers, secret_of
from gateway.webhooks.targets import Policy, TargetRefused
from tests.support.hook_receiver import HookReceiver
from tests.support.ports import free_port

OWN = Policy((ip_network("127.0.0.0/8"),), allow_http=True)
BODY = b'{"type":"webhook.test"}'
SECRET = secret_of(b"p" * 32, "wh_1", 1)
FIELDS = headers([SECRET], "msg_1", 1_700_000_000, BODY)


def to(address: str) -> Sender:
    """Return a sender to whom every name is this address."""
    return Sender(OWN, resolve=lambda _host, _port: [address])


def test_a_message_arrives_as_it_was_signed() -> None:
    """Body and headers to the byte, under the name in the URL."""
    with HookReceiver() as receiver:
        url = f"http://shop.example:{receiver.port}/hook"
        assert to("127.0.0.1").post(url, FIELDS, BODY) == Answer(204)
        [hook] = receiver.came
        assert hook.raw == BODY
        assert hook.is_signed_by(SECRET)
        assert not hook.is_signed_by(secret_of(b"p" * 32, "wh_1", 2))
        assert hook.host == f"shop.example:{receiver.port}"


def test_a_redirect_is_not_followed() -> None:
    """It is an answer like any other; Retry-After is read where it is a number."""
    with HookReceiver() as receiver:
        url = f"http://shop.example:{receiver.port}/"
        receiver.answers.extend(
            [(302, {"location": url}), (503, {"retry-after": "7"}), (429, {"retry-after": "tomorrow"})]
        )
        answers = [to("127.0.0.1").post(url, FIELDS, BODY) for _ in range(3)]
        assert answers == [Answer(302), Answer(503, 7.0), Answer(429)]
        assert len(receiver.came) == 3


def test_a_name_that_is_bound_anew_is_judged_anew() -> None:
    """DNS rebinding: public when it was registered, loopback when it is sent to; nothing is connected to."""
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    sender = Sender(Policy(), resolve=lambda _host, _port: next(answers))
    sender.check("https://shop.example/hook")
    with pytest.raises(TargetRefused, match=r"127\.0\.0\.1, which is not a public address"):
        sender.post("https://shop.example/hook", FIELDS, BODY)


def test_the_real_resolver_finds_this_machine_and_it_is_refused() -> None:
    """localhost is looked up for real."""
    with pytest.raises(TargetRefused, match="not a public address"):
        Sender(Policy()).check("https://localhost/")


def test_nobody_there_is_told_and_a_name_without_address_too() -> None:
    """SendFailed, not an error of ours."""
    with pytest.raises(SendFailed, match="NewConnectionError"):
        to("127.0.0.1").post(f"http://shop.example:{free_port()}/", FIELDS, BODY)
    with pytest.raises(SendFailed, match="has no address"):
        Sender(Policy()).check("https://no-such-host.invalid/")


def test_the_certificate_must_be_that_of_the_name(tmp_path: Path) -> None:
    """Connected to by address, checked by name: another name's certificate, or an unknown authority's, is refused."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("shop.example").configure_cert(server)
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with HookReceiver(server) as receiver:
        sender = Sender(OWN, resolve=lambda _host, _port: ["127.0.0.1"], tls=trust)
        assert sender.post(f"https://shop.example:{receiver.port}/", FIELDS, BODY) == Answer(204)
        with pytest.raises(SendFailed, match=r"SSLError|CertificateError"):
            sender.post(f"https://other.example:{receiver.port}/", FIELDS, BODY)
        with pytest.raises(SendFailed, match="SSLError"):
            to("127.0.0.1").post(f"https://shop.example:{receiver.port}/", FIELDS, BODY)
        assert len(receiver.came) == 1
