"""Staff sign in over HTTP: cookies, what a stranger learns, what each role may do, one tablet and many people."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from api.app import ApiSettings
from api.auth import DEVICE_COOKIE, SESSION_COOKIE
from api.schemas.session import People, Session
from gateway.audit import AuditEntry
from gateway.staff.desk import FRESH_S, SHARED_IDLE_NS, digest_of
from gateway.staff.model import DEVICES, PEOPLE, Link, Role
from gateway.staff.patience import OF_PERSON
from gateway.staff.roles import LEAD_APPROVES_PIECES, ROLE_SCOPES
from tests.support.api_ports import COUNT_EXACT, EXACT, NOW_NS, READ, FakeFeed, Floor, S
from tests.support.plain_staff import DEVICE_TOKEN, IDS, PINS, a_shop_of_staff, member

ENTRY = AuditEntry(0, "os:shop", "", "staff.add", "", "")
TABLET = {"cookie": f"{DEVICE_COOKIE}={DEVICE_TOKEN}"}
PAGE = {"x-storefloor": "1"}
WRONG = "918273"
LINK = "sl_a-link-of-the-tests"
Client = httpx.AsyncClient


def a_floor(**settings: Any) -> Floor:
    """Return a floor with people of each role and a tablet."""
    floor = Floor(ApiSettings(**settings), staff=a_shop_of_staff(NOW_NS))
    for role in ("kiosk", "screen"):
        floor.staff.add(member(role), ENTRY)
    return floor


def make_link(floor: Floor, role: Role, token: str = LINK) -> dict[str, str]:
    """Make a link for somebody; return the body that follows it."""
    floor.staff.add_link(Link(digest_of(token), IDS[role], floor.real_ns() + 3_600 * S), ENTRY)
    return {"link": token}


def pin_of(role: Role) -> dict[str, str]:
    """Return the body of who enters the right PIN."""
    return {"person": IDS[role], "pin": PINS[role]}


def on_tablet(floor: Floor, run: Callable[[Client], Awaitable[Any]]) -> Any:
    """Return what `run` returns, on the shop's tablet."""

    async def enrolled(client: Client) -> Any:
        client.cookies.set(DEVICE_COOKIE, DEVICE_TOKEN)
        return await run(client)

    return floor.with_client(enrolled)


def said(answer: httpx.Response) -> tuple[int, str]:
    """Return a refusal's status and code."""
    return answer.status_code, answer.json().get("code", "")


def cookie_of(answer: httpx.Response, name: str) -> set[str]:
    """Return the parts of a cookie that is set."""
    [found] = [field for field in answer.headers.get_list("set-cookie") if field.startswith(f"{name}=")]
    return set(found.split("; ")[1:])


def test_a_person_signs_in_by_name_and_pin_and_is_who_they_are() -> None:
    """With the scopes of their role, under an id that the audit log has, in a cookie that scripts cannot read."""

    async def run(client: Client) -> None:
        for role in PEOPLE:
            signed = await client.post("/session", json=pin_of(role))
            who = await client.get("/session")
            assert signed.status_code == 200
            lasts = {"HttpOnly", "SameSite=strict", "Path=/", "Max-Age=43200"}
            assert cookie_of(signed, SESSION_COOKIE) == lasts
            assert signed.json() == who.json()
            Session.model_validate_json(who.content)
            assert who.json() == {
                "key_id": IDS[role],
                "via": "session",
                "name": role.capitalize(),
                "role": role,
                "scopes": sorted(ROLE_SCOPES[role]),
                "stores": [],
                "device": {"id": IDS["tablet"], "name": "Tablet", "role": "tablet"},
            }
            assert PINS[role] not in signed.text

    on_tablet(a_floor(), run)


def test_a_stranger_learns_nobodys_name_and_tries_nobodys_pin() -> None:
    """Without an enrolled device each answer is the same 401, whoever is named, right PIN or wrong; nothing is counted."""
    floor = a_floor()
    wanted = [
        pin_of("associate"),
        {**pin_of("associate"), "pin": WRONG},
        {**pin_of("lead"), "person": "st_" + "9" * 12},
    ]
    answers = [floor.ask("POST", "/session", json=body) for body in wanted]
    assert {said(answer) for answer in answers} == {(401, "not_enrolled")}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert all(answer.headers["www-authenticate"] == 'Bearer realm="storefloor"' for answer in answers)
    assert floor.staff.failures == {}
    assert said(floor.get("/session/people", None)) == (401, "missing_key")
    forged = floor.get("/session/people", None, headers={"cookie": f"{DEVICE_COOKIE}=sd_guess"})
    assert said(forged) == (401, "missing_key")


def test_an_address_that_goes_on_asking_is_held_off() -> None:
    """Refused sign-ins come out of an address's quota, as every request without a valid key."""
    floor = a_floor()
    codes = {said(floor.ask("POST", "/session", json={"link": f"sl_{n}"})) for n in range(60)}
    assert codes == {(401, "unknown_link"), (429, "too_many_requests")}


def test_wrong_pins_are_answered_with_growing_patience() -> None:
    """401 with the same words each time, then 429 with the time to wait, which the right one waits too."""
    floor = a_floor()

    async def run(client: Client) -> list[httpx.Response]:
        wrong = [
            await client.post("/session", json={**pin_of("lead"), "pin": WRONG})
            for _ in range(OF_PERSON.free)
        ]
        return [*wrong, await client.post("/session", json=pin_of("lead"))]

    *wrong, right = on_tablet(floor, run)
    assert {said(answer) for answer in wrong} == {(401, "wrong_pin")}
    assert [answer.headers.get("retry-after") for answer in wrong[-2:]] == [None, "30"]
    assert (said(right), right.headers["retry-after"]) == ((429, "too_many_tries"), "30")
    assert "set-cookie" not in right.headers


def test_a_locked_tablet_lists_who_may_sign_in_and_shows_nothing_else() -> None:
    """Names, ids and roles; no stock, no session."""

    async def run(client: Client) -> None:
        people = await client.get("/session/people")
        People.model_validate_json(people.content)
        assert people.json()["items"] == [
            {"id": IDS[role], "name": role.capitalize(), "role": role} for role in PEOPLE
        ]
        for path in ("/session", "/v1/stores", "/v1/tasks"):
            assert said(await client.get(path)) == (401, "missing_key")

    on_tablet(a_floor(), run)


def test_the_next_person_takes_over_and_the_one_before_is_signed_out() -> None:
    """One tablet is signed in as one person; locking it ends that session and keeps the tablet."""
    floor = a_floor()

    async def run(client: Client) -> None:
        await client.post("/session", json=pin_of("associate"))
        first = client.cookies[SESSION_COOKIE]
        await client.post("/session", json=pin_of("manager"))
        assert (await client.get("/session")).json()["role"] == "manager"
        assert len([one for one in floor.staff.opened.values() if one.kind == "session"]) == 1
        assert said(await client.delete("/session")) == (403, "missing_page_header")
        locked = await client.delete("/session", headers=PAGE)
        assert (locked.status_code, SESSION_COOKIE in client.cookies) == (204, False)
        assert (await client.get("/session/people")).status_code == 200
        stolen = {"cookie": f"{SESSION_COOKIE}={first}"}
        assert said(await client.get("/v1/stores", headers=stolen)) == (401, "missing_key")

    on_tablet(floor, run)


def test_a_link_opens_a_phone_and_only_once() -> None:
    """Session and device cookies; on the phone only its owner is listed, and unlocks it by PIN."""
    floor = a_floor()
    body = make_link(floor, "lead")

    async def run(client: Client) -> None:
        opened = await client.post("/session", json=body)
        assert opened.json()["device"] == {"id": IDS["lead"], "name": "Lead", "role": "lead"}
        assert {"HttpOnly", "SameSite=strict", "Max-Age=34560000"} <= cookie_of(opened, DEVICE_COOKIE)
        await client.delete("/session", headers=PAGE)
        assert [one["id"] for one in (await client.get("/session/people")).json()["items"]] == [IDS["lead"]]
        assert said(await client.post("/session", json=pin_of("manager"))) == (401, "wrong_pin")
        assert (await client.post("/session", json=pin_of("lead"))).json()["name"] == "Lead"
        assert said(await client.post("/session", json=body)) == (401, "unknown_link")
        assert (await client.get("/session")).json()["name"] == "Lead"

    floor.with_client(run)


def test_over_https_the_cookies_are_secure() -> None:
    """Both go over TLS alone, where the page came over it."""
    floor = a_floor()
    answer = floor.ask("POST", "https://127.0.0.1/session", json=make_link(floor, "associate"))
    assert all("Secure" in cookie_of(answer, name) for name in (SESSION_COOKIE, DEVICE_COOKIE))


def test_a_session_of_staff_needs_the_page_header_to_change_something() -> None:
    """As every page session: a foreign page can make a browser post, and cannot add the header."""

    async def run(client: Client) -> None:
        await client.post("/session", json=pin_of("associate"))
        task = {"store": "lyon-1", "kind": "count", "to_zone": "floor"}
        key = {"idempotency-key": "t1"}
        assert said(await client.post("/v1/tasks", json=task, headers=key)) == (403, "missing_page_header")
        assert (await client.post("/v1/tasks", json=task, headers={**key, **PAGE})).status_code == 201

    on_tablet(a_floor(), run)


@pytest.mark.parametrize("role", DEVICES)
def test_a_device_signs_in_by_its_link_and_may_look_at_most(role: Role) -> None:
    """A kiosk in bands, a screen at all, a tablet at nothing; none of them changes anything or knows the staff's names."""
    floor = a_floor()
    body = make_link(floor, role)

    async def run(client: Client) -> None:
        signed = (await client.post("/session", json=body)).json()
        assert (signed["via"], signed["role"], signed["key_id"]) == ("device", role, IDS[role])
        assert SESSION_COOKIE not in client.cookies
        one = await client.get("/v1/stores/lyon-1/availability/DEN-501-32")
        assert one.status_code == (401 if role == "tablet" else 200)
        assert ("quantities" in one.json()) == (role == "screen")
        task = {"store": "lyon-1", "kind": "count", "to_zone": "floor"}
        made = await client.post("/v1/tasks", json=task, headers={"idempotency-key": "t", **PAGE})
        assert made.status_code == (401 if role == "tablet" else 403)
        people = await client.get("/session/people")
        assert people.status_code == (200 if role == "tablet" else 403)
        assert said(await client.post("/session", json=pin_of("lead"))) == (
            (200, "") if role == "tablet" else (401, "wrong_pin")
        )
        assert (await client.delete("/session/device", headers=PAGE)).status_code == 204
        assert said(await client.get("/session")) == (401, "missing_key")

    floor.with_client(run)
    assert not [one for one in floor.staff.opened.values() if one.member == IDS[role] and role != "tablet"]


def test_a_removed_person_and_an_idle_one_are_out() -> None:
    """The next request after is 401, and the page asks for a PIN."""
    floor = a_floor()

    async def run(client: Client) -> None:
        await client.post("/session", json=pin_of("associate"))
        floor.staff.remove(IDS["associate"], NOW_NS, ENTRY)
        floor.real_s += FRESH_S
        assert said(await client.get("/v1/stores")) == (401, "missing_key")
        await client.post("/session", json=pin_of("lead"))
        floor.real_s += SHARED_IDLE_NS / S
        assert said(await client.get("/v1/stores")) == (401, "missing_key")
        assert (await client.get("/session/people")).status_code == 200

    on_tablet(floor, run)


@pytest.mark.parametrize("end", ["remove", "idle", "leave"])
def test_a_stream_ends_with_its_session(end: str) -> None:
    """Who was removed, has left or is idle follows nothing any more; to follow is no use of a session."""
    floor = a_floor(recheck_s=0.001)
    floor.feed = FakeFeed([b": ping\n\n"], stays_open=True)
    floor.__post_init__()

    async def run(client: Client) -> None:
        await client.post("/session", json=pin_of("associate"))
        following = asyncio.create_task(client.get("/v1/stream"))
        await floor.feed.followed.wait()
        if end == "leave":
            await client.delete("/session", headers=PAGE)
        else:
            if end == "remove":
                floor.staff.remove(IDS["associate"], NOW_NS, ENTRY)
            floor.real_s += FRESH_S if end == "remove" else SHARED_IDLE_NS / S
        async with asyncio.timeout(60):
            assert (await following).status_code == 200
        assert floor.feed.open == 0

    on_tablet(floor, run)


def test_real_time_counts_however_fast_the_shop_lives() -> None:
    """A demo's day signs nobody out."""
    floor = a_floor()

    async def run(client: Client) -> int:
        await client.post("/session", json=pin_of("associate"))
        floor.clock.at_ns += 10**18
        return (await client.get("/session")).status_code

    assert on_tablet(floor, run) == 200


def test_a_key_still_signs_in_and_takes_over_from_a_person() -> None:
    """As ever; whoever was signed in is not any more."""
    floor = a_floor()

    async def run(client: Client) -> None:
        await client.post("/session", json=pin_of("associate"))
        assert (await client.post("/session", json={"key": EXACT})).json()["key_id"] == "id-exact"
        assert (await client.get("/session")).json()["role"] is None
        assert not [one for one in floor.staff.opened.values() if one.kind == "session"]
        await client.post("/session", json=pin_of("lead"))
        assert (await client.get("/session")).json()["role"] == "lead"

    on_tablet(floor, run)
    assert [entry.action for entry in floor.audit.entries] == ["session.open", "session.close"]


def test_the_open_page_of_a_demo_is_a_place_to_sign_in() -> None:
    """It reads without anybody; a PIN makes it act; signed out, it reads again."""
    floor = a_floor(page_sign_in=False)

    async def run(client: Client) -> None:
        assert (await client.get("/session")).json()["via"] == "open"
        assert len((await client.get("/session/people")).json()["items"]) == len(PEOPLE)
        signed = (await client.post("/session", json=pin_of("manager"))).json()
        assert (signed["role"], signed["device"]) == ("manager", None)
        await client.delete("/session", headers=PAGE)
        assert (await client.get("/session")).json()["via"] == "open"
        foreign = await client.get("/session/people", headers={"sec-fetch-site": "cross-site"})
        assert said(foreign) == (401, "missing_key")

    floor.with_client(run)


MALFORMED: list[dict[str, object]] = [
    {}, {"pin": "280741"}, {"person": IDS["lead"]}, {**pin_of("lead"), "key": EXACT}, {"link": LINK, "key": EXACT},
    {**pin_of("lead"), "pin": "28074"}, {**pin_of("lead"), "pin": "２８０７４１"}, {"person": "*", "pin": "280741"},
    {"link": "x" * 101}, {"pin": 280741, "person": IDS["lead"]},
]  # fmt: skip


def test_one_way_in_at_a_time_and_well_formed() -> None:
    """Else 422, and no PIN in the words."""
    floor = a_floor()
    answers = floor.ask_all(
        [("POST", "/session", None, {"json": body, "headers": TABLET}) for body in MALFORMED]
    )
    assert [said(answer) for answer in answers] == [(422, "invalid_request")] * len(MALFORMED)
    assert not [answer.text for answer in answers if "280741" in answer.text]


def test_keys_that_may_act_know_the_people_and_others_do_not() -> None:
    """So that a handheld shows names; a web shop's key learns none."""
    floor = a_floor()
    floor.auth.callers["tasks"] = floor.auth.callers[READ].__class__(
        "k", frozenset({"tasks:write"}), frozenset()
    )
    assert len(floor.get("/session/people", "tasks").json()["items"]) == len(PEOPLE)
    assert said(floor.get("/session/people", EXACT, headers=TABLET)) == (403, "insufficient_scope")


def test_people_of_other_stores_are_not_listed() -> None:
    """Somebody of Lyon sees the people of Lyon, and those of all stores."""
    floor = a_floor()
    for role in ("associate", "lead"):
        store = "lyon-1" if role == "associate" else "paris-2"
        floor.staff.add(member(role, (store,)), ENTRY)

    async def run(client: Client) -> list[str]:
        await client.post("/session", json=pin_of("associate"))
        assert (await client.get("/session")).json()["stores"] == ["lyon-1"]
        assert said(await client.get("/v1/overview?store=paris-2")) == (403, "forbidden_store")
        return [one["role"] for one in (await client.get("/session/people")).json()["items"]]

    assert on_tablet(floor, run) == ["associate", "manager"]


# -- what each role may decide ----------------------------------------------------------------------------------------


async def counted(client: Client, level: int, off: int) -> tuple[str, dict[str, str]]:
    """Have a count of an article at a level submitted, off by so many pieces; return its path and If-Match."""
    counts = "/v1/stores/lyon-1/counts"
    headers = {"authorization": f"Bearer {COUNT_EXACT}", "idempotency-key": f"c{level}"}
    made = await client.post(counts, json={"zones": ["floor"], "blind": True, "by": "hand"}, headers=headers)
    path = f"{counts}/{made.json()['id']}"
    entry = {"entry_id": "e1", "sku": "TOTE", "qty": level + off}
    told = await client.post(f"{path}/lines", json={"entries": [entry]}, headers=headers)
    assert told.status_code == 200, told.text
    done = await client.post(f"{path}/submit", headers={"authorization": f"Bearer {COUNT_EXACT}"})
    assert done.json()["state"] == "submitted", done.text
    return path, {"if-match": done.headers["etag"], **PAGE}


def test_who_approves_a_count_and_who_corrects_a_level() -> None:
    """An associate none, a lead what is off by a few pieces, a manager any; a correction is a count of one."""

    async def run(client: Client) -> None:
        path, headers = await counted(client, 5, LEAD_APPROVES_PIECES + 1)
        refusals = []
        for role in PEOPLE:
            await client.post("/session", json=pin_of(role))
            refusals.append(said(await client.post(f"{path}/approve", headers=headers)))
        assert refusals == [(403, "insufficient_scope"), (403, "needs_manager"), (200, "")]
        path, headers = await counted(client, 5 + LEAD_APPROVES_PIECES + 1, LEAD_APPROVES_PIECES)
        await client.post("/session", json=pin_of("lead"))
        assert said(await client.post(f"{path}/approve", headers=headers)) == (200, "")
        at = 5 + 2 * LEAD_APPROVES_PIECES + 1
        for role, delta, expected in (
            ("associate", 1, "insufficient_scope"), ("lead", LEAD_APPROVES_PIECES + 1, "needs_manager"),
            ("lead", 1, ""), ("manager", LEAD_APPROVES_PIECES + 1, ""),
        ):  # fmt: skip
            await client.post("/session", json=pin_of(role))
            body = {
                "sku": "TOTE",
                "zone": "floor",
                "set_to": at + delta,
                "change_from": at,
                "reason": "found",
            }
            headers = {"idempotency-key": f"{role}{delta}", **PAGE}
            told = await client.post("/v1/stores/lyon-1/adjustments", json=body, headers=headers)
            assert said(told) == ((201, "") if not expected else (403, expected))
            at += delta if not expected else 0

    on_tablet(a_floor(), run)


def test_only_managers_let_a_count_approve_itself_and_leads_silence_alerts() -> None:
    """A tolerance would be the way around a manager's look. Everybody acknowledges; who decides for others is a lead."""
    floor = a_floor()
    number = next(iter(floor.alerts.kept), "a0001")

    async def run(client: Client) -> None:
        for role in PEOPLE:
            await client.post("/session", json=pin_of(role))
            told = await client.post(f"/v1/alerts/{number}/ack", headers=PAGE)
            assert said(told)[1] in {"", "unknown_alert"}
            for act, body in (("assign", {"user": IDS["lead"]}), ("resolve", {"reason": "rebuilt"})):
                code = said(await client.post(f"/v1/alerts/{number}/{act}", json=body, headers=PAGE))[1]
                assert (code == "insufficient_scope") == (role == "associate")
            keyed = {"idempotency-key": role, **PAGE}
            silence = {"store": "lyon-1", "until": "2026-11-21T20:00:00Z", "reason": "rebuilt"}
            made = await client.post("/v1/silences", json=silence, headers=keyed)
            assert made.status_code == (403 if role == "associate" else 201)
            count = {"zones": ["floor"], "blind": True, "by": "hand", "tolerance": {"pieces": 5}}
            opened = await client.post("/v1/stores/lyon-1/counts", json=count, headers=keyed)
            assert opened.status_code == (201 if role == "manager" else 403)

    on_tablet(floor, run)
