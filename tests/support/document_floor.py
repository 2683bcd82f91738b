"""An app over a small shop and its documents, and how to post to it."""

from typing import Any

from gateway.inventory import Inventory
from tests.support.api_ports import INGEST, Floor
from tests.support.fake_documents import Documents


def floor_of(documents: Documents | None = None) -> Floor:
    """Return an app over a small shop and its documents."""
    documents = documents or Documents()
    floor = Floor()
    shop = documents.shop
    floor.inventory = Inventory(shop.engine, lambda: shop.now, lambda: 7)  # type: ignore[assignment]  # the real one
    floor.documents = documents
    floor.clock.at_ns = shop.now
    floor.__post_init__()
    return floor


def post(floor: Floor, path: str, body: Any, key: str = INGEST, once: str = "k1") -> Any:
    """Return the answer to a POST; a text is sent as CSV."""
    headers = {"idempotency-key": once}
    if isinstance(body, str):
        headers["content-type"] = "text/csv"
        return floor.ask("POST", path, key, headers=headers, content=body.encode())
    return floor.ask("POST", path, key, headers=headers, json=body)
