"""Signatures of the Standard Webhooks specification (standardwebhooks.com), version 1. Pure.

    webhook-id: msg_…    webhook-timestamp: seconds    webhook-signature: v1,<base64> [v1,<base64> …]

A signature is HMAC-SHA256 over `id.timestamp.body`. Secrets are not kept: each follows from the gateway's own
secret, the endpoint's id and its generation, so that a copy of the store signs nothing.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - what each secret begins with
OVERLAP_NS = 86_400 * 1_000_000_000
"""After a rotation both secrets sign for a day, so that a receiver may change over without losing a message."""


def secret_of(pepper: bytes, endpoint_id: str, generation: int) -> str:
    """Return an endpoint's secret as it is given to its receiver."""
    text = f"storefloor/webhook/{endpoint_id}/{generation}"
    return SECRET_PREFIX + base64.b64encode(hmac.digest(pepper, text.encode(), hashlib.sha256)).decode()


def signing_secrets(
    pepper: bytes, endpoint_id: str, generation: int, rotated_ns: int | None, now_ns: int
) -> list[str]:
    """Return the secrets that sign now, the newest first."""
    secrets = [secret_of(pepper, endpoint_id, generation)]
    if rotated_ns is not None and generation > 1 and now_ns < rotated_ns + OVERLAP_NS:
        secrets.append(secret_of(pepper, endpoint_id, generation - 1))
    return secrets


def signature(secret: str, message_id: str, timestamp_s: int, body: bytes) -> str:
    """Return one signature of a message."""
    key = base64.b64decode(secret.removeprefix(SECRET_PREFIX))
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the header fields of a message."""
    return {
        "content-type": "application/json",
        "user-agent": "storefloor-webhooks/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(signature(secret, message_id, timestamp_s, body) for secret in secrets),
    }
