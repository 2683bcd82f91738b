"""What carries a notice to a target: its words, then a mail or a body to post. I/O."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from gateway.alerts.notices import Notice
from gateway.delivery.body_template import body_of, values_of
from gateway.delivery.http_post import post_notice
from gateway.delivery.mail import mail_of
from gateway.delivery.model import MailServer, Target
from gateway.delivery.retries import Outcome
from gateway.delivery.smtp import send_mail
from gateway.delivery.wording import Wording
from gateway.webhooks.sender import Sender


class NoticeCourier:
    """Implements gateway.delivery.ports.Courier."""

    def __init__(self, wordings: Mapping[str, Wording], sender: Sender) -> None:
        self._wordings = wordings
        self._sender = sender

    def ready(self, target: Target, notice: Notice) -> Callable[[int], Outcome]:
        """Return what sends a notice: called with the number of the try, off the loop, for it blocks."""
        told = self._wordings[target.language].told(notice)
        channel = target.channel
        if isinstance(channel, MailServer):
            mail = mail_of(told, notice, target.id, target.language, channel)
            return lambda tries: send_mail(channel, mail, tries)
        at = datetime.fromtimestamp(notice.at_ns // 1_000_000_000, tz=UTC)
        body = body_of(channel.body, values_of(notice, told, f"{at:%Y-%m-%dT%H:%M:%SZ}"))
        return lambda tries: post_notice(self._sender, channel, body, tries)
