"""What comes on the five channels, read: which articles it tells of, and whether it may be so. Pure."""

import json
import re
from email.message import EmailMessage
from typing import Any

from tests.notices.books import Channel, Phase, Telling
from tests.notices.ears import key_of
from tests.support.hook_receiver import Hook

ARTICLE = re.compile(r"ART-\d{5}")
OVER = "Over: "
"""How the subject of a mail begins that tells of an end (config/messages/en.toml)."""
PHASES: dict[str, Phase] = {"firing": "fired", "resolved": "resolved"}
TYPES = {"stock_out", "low_stock"}


class Heard:
    """The five channels; each `take_…` is called as something comes. `secret`: the webhook's."""

    def __init__(self) -> None:
        self.mail, self.post = Channel("mail"), Channel("post")
        self.webhook, self.mqtt = Channel("webhook"), Channel("mqtt")
        self.stream = Channel("stream", is_state=True)
        self.secret = ""
        self._sequence = 0
        self._known: set[str] = set()

    @property
    def all(self) -> list[Channel]:
        """Return the channels."""
        return [self.mail, self.post, self.webhook, self.mqtt, self.stream]

    def take_mail(self, mail: EmailMessage) -> None:
        """Take a mail."""
        body = mail.get_body(("plain",))
        text = "" if body is None else body.get_content()
        phase: Phase = "resolved" if mail["Subject"].startswith(OVER) else "fired"
        self.mail.note(mail["Message-ID"], [(sku, phase) for sku in dict.fromkeys(ARTICLE.findall(text))])

    def take_post(self, _: dict[str, str], raw: bytes) -> None:
        """Take a posted notice; each names as many articles as it says."""
        body = json.loads(raw)
        skus = dict.fromkeys(ARTICLE.findall(body["text"]))
        if len(skus) != body["total"] or body["kind"] not in {"fired", "resolved"}:
            self.post.faults.append(f"post: {body['kind']} of {body['total']} names {list(skus)}")
        self.post.note(body["id"], [(sku, body["kind"]) for sku in skus])

    def take_webhook(self, headers: dict[str, str], raw: bytes) -> None:
        """Take a message: signed, each with the sequence of the one before."""
        body = json.loads(raw)
        hook = Hook(
            headers["webhook-id"], body, tuple(headers["webhook-signature"].split(" ")),
            headers["webhook-timestamp"], raw, 200, headers["host"],
        )  # fmt: skip
        if not hook.is_signed_by(self.secret):
            self.webhook.faults.append(f"webhook: {hook.id} is not signed")
        is_new = self._note_record(self.webhook, hook.id, body["data"])
        if is_new and self._sequence and body["previous_sequence"] != self._sequence:
            fault = (
                f"webhook: {body['previous_sequence']} named before {body['sequence']}, {self._sequence} came"
            )
            self.webhook.faults.append(fault)
        self._sequence = max(self._sequence, body["sequence"])

    def take_stream(self, alert: dict[str, Any], is_told: bool) -> bool:
        """Take an alert from the stream; one that was asked for is no message of it."""
        name = key_of(alert)
        is_news = name not in self._known
        self._known.add(name)
        if is_told:
            self._note_record(self.stream, name, alert)
        else:
            self.stream.learn(self._tellings(self.stream, alert))
        return is_news

    def take_mqtt(self, heard: list[bytes]) -> None:
        """Take in all that was heard over MQTT."""
        for payload in heard:
            alert = json.loads(payload)
            self._note_record(self.mqtt, key_of(alert), alert)

    def _note_record(self, channel: Channel, name: str, alert: dict[str, Any]) -> bool:
        return channel.note(name, self._tellings(channel, alert))

    def _tellings(self, channel: Channel, alert: dict[str, Any]) -> list[Telling]:
        if alert["type"] not in TYPES or alert["state"] not in PHASES:
            return []
        if alert["fired_at"] is None:
            channel.faults.append(f"{channel.name}: {alert['id']} never fired")
        return [(alert["sku"], PHASES[alert["state"]])]
