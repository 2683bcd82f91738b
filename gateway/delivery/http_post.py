"""One notice over HTTP, by the sender of webhooks: the same rules of where it may go. I/O."""

from gateway.delivery.model import HttpHook
from gateway.delivery.retries import Outcome, judged_http
from gateway.webhooks.hidden import hidden
from gateway.webhooks.model import Retry
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.targets import TargetRefused


def post_notice(sender: Sender, hook: HttpHook, body: bytes, tries: int) -> Outcome:
    """Return what became of a notice. Blocks: call it off the loop."""
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "storefloor"}
    headers |= {name.lower(): value for name, value in hook.headers.items()}
    try:
        return judged_http(sender.post(hook.url, headers, body, hook.method), tries)
    except TargetRefused as error:
        return Retry(hidden(f"refused: {error}", hook.url, *hook.headers.values()))
    except SendFailed as error:
        return Retry(hidden(str(error), hook.url, *hook.headers.values()))
