"""A plain web shop on storefloor: product page, cart, order, hand-over. Standard library alone; copy what you need.

    STOREFLOOR_URL=http://127.0.0.1:8480 STOREFLOOR_KEY=sf_… python docs/web_shop/shop.py --store lyon-1 --port 8090

The key stays on this server: a browser never sees it. It needs the scopes availability:read and
reservations:write. docs/web_shop.md goes through it step by step.
"""

import argparse
import html
import json
import os
import re
import secrets
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TIMEOUT_S = 3.0
"""A product page must not hang on its stock: without an answer it says so, and sells nothing."""
MAX_FORM_BYTES = 10_000
HOLD_S = 600
"""A cart has its pieces for ten minutes; the order then keeps them for days."""
CART = re.compile(r"cart-[0-9a-f]{16}")
WORDS = {
    "OK": "In stock",
    "LOW": "Only a few left",
    "NONE": "Not in this shop now",
    "UNKNOWN": "Please ask in the shop",
}


@dataclass(frozen=True)
class Answer:
    """What the gateway said; `status` 0: nothing."""

    status: int
    body: Any


class Storefloor:
    """The gateway, as the shop asks it."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url.rstrip("/")
        self._key = key
        self._kept: dict[str, tuple[str, Any]] = {}  # ETag and body of the last answer per address

    def get(self, path: str, **query: str) -> Answer:
        """Ask; an answer that did not change costs the gateway nothing and us a few bytes."""
        address = path + ("?" + urllib.parse.urlencode(query) if query else "")
        etag, kept = self._kept.get(address, ("", None))
        answer, headers = self._ask("GET", address, None, {"If-None-Match": etag} if etag else {})
        if answer.status == 304:
            return Answer(200, kept)
        if answer.status == 200 and "ETag" in headers:
            self._kept[address] = (headers["ETag"], answer.body)
        return answer

    def post(self, path: str, body: Any = None, key: str = "") -> Answer:
        """Have something done. `key`: the same one for each try of the same thing, and it is done once."""
        return self._ask("POST", path, body, {"Idempotency-Key": key} if key else {})[0]

    def _ask(self, method: str, address: str, body: Any, headers: dict[str, str]) -> tuple[Answer, Any]:
        data = None if body is None else json.dumps(body).encode()
        fields = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(self._url + address, data, fields, method=method)  # noqa: S310 - the operator's address
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310 - as above
                return Answer(answer.status, json.loads(answer.read() or b"null")), answer.headers
        except urllib.error.HTTPError as error:  # 304 too: urllib counts it among the errors
            text = error.read()
            return Answer(error.code, json.loads(text) if text else None), error.headers
        except OSError:
            return Answer(0, None), {}


class Shop:
    """The pages. Each returns (status, HTML) or (303, address)."""

    def __init__(self, gateway: Storefloor, store: str) -> None:
        self._gateway = gateway
        self._store = store

    # -- product page ------------------------------------------------------------------------------------

    def product(self, sku: str) -> tuple[int, str]:
        """One article, what may be promised of it here, and a button where that is worth something."""
        found = self._gateway.get(f"/v1/stores/{self._store}/availability/{urllib.parse.quote(sku)}")
        if found.status == 404:
            return 404, _page("Not found", "<p>There is no such article.</p>")
        if found.status != 200:
            return 200, _page(sku, "<p class=stock>We cannot see the shop's stock just now.</p>")
        promise = found.body["promise"]
        ready = f", ready by {_clock(promise['ready_by'])}" if promise["ready_by"] else ""
        told = f"<p class=stock>{WORDS[found.body['band']]}{ready}</p>"
        if promise["pickup"] == "yes":
            # a token of the page's own: two clicks on one button are one hold
            told += _form("/cart", "Reserve and collect", sku=sku, token=secrets.token_hex(16))
        return 200, _page(sku, told)

    # -- cart ----------------------------------------------------------------------------------------------

    def reserve(self, cart: str, sku: str, token: str) -> tuple[int, str]:
        """Hold a piece for a cart: it is on the gateway's disk before the customer reads that it is theirs."""
        asked = {
            "store": self._store,
            "lines": [{"sku": sku, "qty": 1}],
            "channel": "web",
            "owner_ref": cart,
            "ttl_s": HOLD_S,
        }
        answer = self._gateway.post("/v1/reservations", asked, key=token)
        if answer.status == 201:
            return 303, "/cart"
        if answer.status == 409:
            others = ", ".join(html.escape(place["store"]) for place in answer.body.get("alternatives", ()))
            elsewhere = f"<p>You can collect it in: {others}</p>" if others else ""
            return 409, _page(sku, f"<p class=sorry>Somebody was quicker.</p>{elsewhere}")
        return 503, _page(sku, "<p class=sorry>We could not reach the shop. Nothing was reserved.</p>")

    def cart(self, cart: str) -> tuple[int, str]:
        """What the cart holds, until when, and what was ordered."""
        answer = self._gateway.get("/v1/reservations", owner_ref=cart, store=self._store)
        if answer.status != 200:
            return 503, _page("Your cart", "<p class=sorry>We cannot see your cart just now.</p>")
        rows, held = "", False
        for one in answer.body["items"]:
            held = held or one["state"] == "held"
            until = one["expires_at"] or one["collect_by"]
            when = (
                f" until {_clock(until)}" if until and one["state"] in {"held", "confirmed", "ready"} else ""
            )
            risk = " (we are looking for another piece)" if one["at_risk"] else ""
            skus = ", ".join(html.escape(line["sku"]) for line in one["lines"])
            rows += f"<li>{skus}: {one['state']}{when}{risk}"
            if one["state"] == "held":
                rows += _form("/release", "Put back", id=one["id"])
            rows += "</li>"
        order = _form("/order", "Order, and pay in the shop") if held else ""
        return 200, _page("Your cart", f"<ul>{rows or '<li>empty</li>'}</ul>{order}")

    def order(self, cart: str) -> tuple[int, str]:
        """The order is placed: what is held stays held until it is collected."""
        answer = self._gateway.get("/v1/reservations", owner_ref=cart, store=self._store, state="held")
        lost = 0
        for one in (answer.body or {}).get("items", ()):
            lost += self._gateway.post(f"/v1/reservations/{one['id']}/confirm").status != 200
        if lost:
            return 409, _page(
                "Your order", "<p class=sorry>The time of your cart was over. Please reserve again.</p>"
            )
        return 303, "/cart"

    def release(self, cart: str, reservation: str) -> tuple[int, str]:
        """Put a piece back at once, for the next customer; only one of this cart."""
        answer = self._gateway.get("/v1/reservations", owner_ref=cart, store=self._store, state="held")
        if reservation in {one["id"] for one in (answer.body or {}).get("items", ())}:
            self._gateway.post(f"/v1/reservations/{reservation}/release")
        return 303, "/cart"

    # -- the counter ---------------------------------------------------------------------------------------

    def counter(self) -> tuple[int, str]:
        """What is to be picked and handed over: for staff, so behind your own sign-in."""
        rows = ""
        for state, verb, label in (
            ("confirmed", "ready", "It lies ready"),
            ("ready", "collect", "Handed over"),
        ):
            answer = self._gateway.get("/v1/reservations", store=self._store, state=state)
            for one in (answer.body or {}).get("items", ()):
                skus = ", ".join(html.escape(line["sku"]) for line in one["lines"])
                rows += f"<li>{skus}: {state}{_form('/counter', label, id=one['id'], step=verb)}</li>"
        return 200, _page("To collect", f"<ul>{rows or '<li>nothing</li>'}</ul>")

    def hand_over(self, reservation: str, step: str) -> tuple[int, str]:
        """Take the next step. `collect` takes the piece out of stock in the same commit."""
        if step in {"ready", "collect"}:
            self._gateway.post(f"/v1/reservations/{urllib.parse.quote(reservation)}/{step}")
        return 303, "/counter"


def _page(title: str, body: str) -> str:
    links = "<p><a href=/cart>Cart</a></p>"
    return f"<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>{body}{links}"


def _form(action: str, label: str, **fields: str) -> str:
    hidden = "".join(
        f"<input type=hidden name={name} value='{html.escape(value, quote=True)}'>"
        for name, value in fields.items()
    )
    return f"<form method=post action={action}>{hidden}<button>{label}</button></form>"


def _clock(rfc3339: str) -> str:
    return f"{rfc3339[:10]} {rfc3339[11:16]} UTC"


class Handler(BaseHTTPRequestHandler):
    """One request of a browser."""

    server: "WebShop"

    def do_GET(self) -> None:
        """Show a page."""
        path, shop = urllib.parse.urlsplit(self.path).path, self.server.shop
        if path.startswith("/p/"):
            self._send(shop.product(urllib.parse.unquote(path[3:])))
        elif path == "/cart":
            self._send(shop.cart(self._cart()))
        elif path == "/counter":
            self._send(shop.counter())
        else:
            self._send((404, _page("Not found", "")))

    def do_POST(self) -> None:
        """Do what a button says, unless it stands on a foreign page."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_FORM_BYTES or self.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            self._send((403, _page("Refused", "")))
            return
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode("utf-8", "replace")))
        path, shop = urllib.parse.urlsplit(self.path).path, self.server.shop
        if path == "/cart":
            self._send(shop.reserve(self._cart(), form.get("sku", ""), form.get("token", "")))
        elif path == "/order":
            self._send(shop.order(self._cart()))
        elif path == "/release":
            self._send(shop.release(self._cart(), form.get("id", "")))
        elif path == "/counter":
            self._send(shop.hand_over(form.get("id", ""), form.get("step", "")))
        else:
            self._send((404, _page("Not found", "")))

    def _cart(self) -> str:
        """Return the id of the customer's cart: random, and all that the gateway is told of them."""
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get("cart")
        known = cookie is not None and CART.fullmatch(cookie.value)
        self._cart_id = cookie.value if cookie is not None and known else f"cart-{secrets.token_hex(8)}"
        return self._cart_id

    def _send(self, answer: tuple[int, str]) -> None:
        status, text = answer
        body = b"" if status == 303 else text.encode()
        self.send_response(status)
        if status == 303:
            self.send_header("Location", text)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if hasattr(self, "_cart_id"):
            self.send_header("Set-Cookie", f"cart={self._cart_id}; HttpOnly; SameSite=Lax; Path=/")
        self.end_headers()
        self.wfile.write(body)


class WebShop(ThreadingHTTPServer):
    """A server that knows its shop."""

    def __init__(self, port: int, shop: Shop) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.shop = shop


def main() -> int:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--store", default="lyon-1")
    parser.add_argument("--port", type=int, default=8090)
    arguments = parser.parse_args()
    try:
        gateway = Storefloor(os.environ["STOREFLOOR_URL"], os.environ["STOREFLOOR_KEY"])
    except KeyError as missing:
        print(f"set {missing}: the gateway's address, and an API key of it", file=sys.stderr)
        return 2
    server = WebShop(arguments.port, Shop(gateway, arguments.store))
    print(f"http://127.0.0.1:{arguments.port}/p/DEN-501-32", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
