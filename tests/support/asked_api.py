"""A real gateway whose API is asked by schemathesis: what its OpenAPI document allows, and what it does not.

    document ─▶ requests that fit it, and that do not ─▶ the gateway, over HTTP ─▶ answers held against the document

Half of the requests that fit are made familiar: stores, articles, reservations … that are there take the place of
random ones, so that they reach further than the first 404.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode

from tests.support.ports import free_port
from tests.support.processes import Gateway

SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
requests_per_s = 10_000
requests_burst = 100_000
[catalogue]
csv = "articles.csv"
[[channels]]
id = "web"
[[channels]]
id = "app"
quota = 5
[[stores]]
id = "lyon-1"
name = "Lyon"
place = {{ address = "Part-Dieu, Lyon", latitude = 45.76, longitude = 4.86 }}
zones = [{{ id = "denim", role = "floor" }}, {{ id = "back-room", role = "back_room" }}]
[[stores]]
id = "paris-2"
name = "Paris"
zones = [{{ id = "floor", role = "floor" }}]
[[readers]]
id = "r700-back"
kind = "impinj"
store = "lyon-1"
webhook = true
antennas = [{{ port = 1, zone = "back-room" }}]
"""
ARTICLES = "sku,gtin,name_en,tracked_by\nDEN-501-32,03012345000024,Jeans,count\nTEE-WHT-M,,Tee,tag\n"
PIECES = 500
FAMILIAR: dict[str, tuple[Any, ...]] = {
    "store": ("lyon-1", "paris-2"),
    "stores": ("lyon-1", "paris-2"),
    "stores_ranked": ("lyon-1", "paris-2"),
    "to_store": ("lyon-1", "paris-2"),
    "from_store": ("lyon-1", "paris-2"),
    "sku": ("DEN-501-32", "TEE-WHT-M"),
    "skus": ("DEN-501-32", "TEE-WHT-M"),
    "zone": ("denim", "back-room"),
    "device": ("r700-back",),
    "channel": ("web", "app"),
    "at": ("2026-11-21T18:02:11Z",),
    "qty": (1, 2),
}
CONFORMANCE = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip
REFUSES = (
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
)
BY_ITEM = {"POST /v1/events", "PUT /v1/articles", "POST /v1/ledger"}
"""What answers each item by itself: 200, with the wrong ones refused in their places."""
STREAM = "text/event-stream"
TIMEOUT_S = 30.0


class AskedApi:
    """Asks one gateway. `counts`: requests by the status that they got."""

    def __init__(self, gateway: Gateway, familiar: dict[str, tuple[Any, ...]]) -> None:
        document = gateway.http.get("/openapi.json").json()
        self.counts: Counter[int] = Counter()
        self._gateway = gateway
        self._familiar = familiar
        self._session = requests.Session()
        self._schema = schemathesis.openapi.from_dict(document)
        self._schema.config.update(base_url=gateway.url)
        load_all_checks()
        self.operations = {found.ok().label: found.ok() for found in self._schema.get_all_operations()}

    def ask(self, label: str, examples: int, seed_: int, *, has_key: bool) -> None:
        """Send so many requests that fit, and as many that do not; fail where an answer is not as documented."""
        for mode in GenerationMode:
            self._ask(label, examples, seed_, mode, has_key=has_key)

    def _ask(self, label: str, examples: int, seed_: int, mode: GenerationMode, *, has_key: bool) -> None:
        operation = self.operations[label]
        is_negative = mode is GenerationMode.NEGATIVE
        names = CONFORMANCE + (REFUSES if is_negative and has_key and label not in BY_ITEM else ())
        checks = CHECKS.get_by_names(names)
        is_keyed = bool(operation.definition.raw.get("security"))

        @seed(seed_)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(operation.as_strategy(generation_mode=mode), st.booleans(), st.integers(0, 2**32))
        def run(case: Any, is_familiar: bool, choice: int) -> None:
            if is_familiar and not is_negative:
                self._make_familiar(case, Random(choice))
            response = self._sent(case, has_key=has_key)
            self.counts[response.status_code] += 1
            if not has_key and is_keyed:
                assert response.status_code >= 400, f"{label} answered {response.status_code} without a key"
            if response.headers.get("content-type", "").startswith(STREAM):
                assert response.status_code == 200
                response.close()  # it would go on for an hour
            else:
                case.validate_response(response, checks=checks)

        try:
            run()
        except (
            Unsatisfiable
        ):  # nothing can be wrong with a request that has no parts, or optional text in headers alone
            assert is_negative, label
            raw = operation.definition.raw
            assert all(part["in"] == "header" for part in raw.get("parameters", ())), label
            assert "requestBody" not in raw, label

    def _sent(self, case: Any, *, has_key: bool) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._gateway.key}"} if has_key else {}
        sent = case.as_transport_kwargs(self._gateway.url, headers=headers)
        if not has_key:
            sent["headers"].pop("Authorization", None)
        sent["cookies"] = {}
        return self._session.request(**sent, stream=True, timeout=TIMEOUT_S)

    def _make_familiar(self, case: Any, random: Random) -> None:
        for part in (case.path_parameters, case.query, case.body):
            if isinstance(part, dict):
                for name in list(part):
                    part[name] = self._familiar_part(part[name], name, random)

    def _familiar_part(self, node: Any, name: str, random: Random) -> Any:
        if isinstance(node, dict):
            return {key: self._familiar_part(value, key, random) for key, value in node.items()}
        if isinstance(node, list):
            return [self._familiar_part(value, name, random) for value in node]
        known = self._familiar.get(name)
        return random.choice(known) if known and isinstance(node, type(known[0])) else node


@contextmanager
def asked_api(folder: Path) -> Iterator[AskedApi]:
    """Give a gateway with two stores, stock, a reservation and a webhook endpoint, to be asked."""
    port = free_port()
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    (folder / "articles.csv").write_text(ARTICLES, "utf-8")
    with Gateway(site, port) as gateway:
        gateway.make_key("admin")
        gateway.start()
        yield AskedApi(gateway, FAMILIAR | _things(gateway))


def _things(gateway: Gateway) -> dict[str, tuple[Any, ...]]:
    """Put things there; return their ids by the name under which a path has them."""
    received = {
        "event_id": "1", "type": "receive", "store": "lyon-1", "sku": "DEN-501-32", "zone": "back-room",
        "qty": PIECES, "at": "2026-11-21T18:02:11Z",
    }  # fmt: skip
    assert gateway.post("/v1/events", {"events": [received]})["applied"] == 1
    held = []
    for number in range(3):
        asked = {"store": "lyon-1", "lines": [{"sku": "DEN-501-32", "qty": 2}], "channel": "web"}
        made = gateway.http.post("/v1/reservations", json=asked, headers={"Idempotency-Key": f"r{number}"})
        assert made.status_code == 201, made.text
        held.append(made.json()["id"])
    hook = {"url": "https://93.184.216.34/", "stores": ["lyon-1"]}
    hooked = gateway.http.post("/v1/webhook-endpoints", json=hook, headers={"Idempotency-Key": "h1"})
    assert hooked.status_code == 201, hooked.text
    return {"id": (*held, "web"), "endpoint": (hooked.json()["id"],)}
