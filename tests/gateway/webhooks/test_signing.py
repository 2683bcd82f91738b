"""Signatures as the Standard Webhooks specification has them."""

import base64
import hashlib
import hmac

from gateway.webhooks.signing import OVERLAP_NS, SECRET_PREFIX, headers, secret_of, signature, signing_secrets

PEPPER = b"p" * 32


def test_a_signature_is_that_of_the_specification() -> None:
    """The example of standardwebhooks.com's reference libraries (their tests' secret, id, time and payload)."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    expected = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == expected


def test_a_receiver_can_check_what_it_gets() -> None:
    """By the header's own words: HMAC-SHA256 over id, time and body."""
    secret = secret_of(PEPPER, "wh_1", 1)
    sent = headers([secret], "msg_1", 1_700_000_000, b"{}")
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    mac = hmac.new(key, b"msg_1.1700000000.{}", hashlib.sha256).digest()
    assert sent["webhook-signature"] == "v1," + base64.b64encode(mac).decode()
    assert (sent["webhook-id"], sent["webhook-timestamp"]) == ("msg_1", "1700000000")


def test_each_endpoint_and_generation_has_its_own_secret() -> None:
    """Of 256 bits; the same in every life of the gateway, another with another pepper."""
    secrets = {secret_of(p, e, g) for p in (PEPPER, b"q" * 32) for e in ("wh_1", "wh_2") for g in (1, 2)}
    assert len(secrets) == 8
    assert len(base64.b64decode(secret_of(PEPPER, "wh_1", 1).removeprefix(SECRET_PREFIX))) == 32


def test_after_a_rotation_both_secrets_sign_for_a_day() -> None:
    """The newest first, then it alone; before the first rotation there is one."""
    assert signing_secrets(PEPPER, "e", 1, None, 5) == [secret_of(PEPPER, "e", 1)]
    both = [secret_of(PEPPER, "e", 2), secret_of(PEPPER, "e", 1)]
    assert signing_secrets(PEPPER, "e", 2, 5, 5 + OVERLAP_NS - 1) == both
    assert signing_secrets(PEPPER, "e", 2, 5, 5 + OVERLAP_NS) == both[:1]
    assert headers(both, "m", 1, b"")["webhook-signature"].count("v1,") == 2
