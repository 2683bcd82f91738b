"""One notice over HTTP, by the sender of webhooks: the same rules of where it may go. I/O."""

from gateway.delivery.model import HttpHook
from gateway.delivery.retries import Outcome, judged_http
from gateway.webhooks.model import Retry
from gateway.webhooks.sender import Sender, SendFailed
from gateway.webhooks.targets import TargetRefused

MAX_REASON_CHARS = 300


def post_notice(sender: Sender, hook: HttpHook, body: bytes, tries: int) -> Outcome:
    """Return what became of a notice. Blocks: call it off the loop."""
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "storefloor"}
    headers |= {name.lower(): value for name, value in hook.headers.items()}
    try:
        return judged_http(sender.post(hook.url, headers, body, hook.method), tries)
    except TargetRefused as error:
        return Retry(_hidden(hook, f"refused: {error}"))
    except SendFailed as error:
        return Retry(_hidden(hook, str(error)))


def _hidden(hook: HttpHook, text: str) -> str:
    """Return a text in which neither the path of the URL stands, which is a secret at a chat, nor a header's value."""
    path = hook.url.partition("://")[2].partition("/")[2]
    for part in (hook.url, path, *hook.headers.values()):
        if len(part) > 1:  # a path such as "/" says nothing
            text = text.replace(part, "…")
    return text[:MAX_REASON_CHARS]
