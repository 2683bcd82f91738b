"""Who asks, and whether they may: bearer keys, page sessions, devices, and the open page of a demo.

    Authorization: Bearer <key> ─▶ AuthPort ─▶ caller | 401
    cookie ─▶ session ─┬▶ its key ─▶ AuthPort ─▶ caller     (not GET: needs X-Storefloor: 1)
                       └▶ StaffPort ─▶ who signed in, with what their role may do
    cookie of a kiosk or a screen ─▶ StaffPort ─▶ caller that may look
    Authorization: Basic <any>:<key>, where devices post ─▶ as a bearer key
    neither, page_sign_in = false, our own page on loopback, GET ─▶ read-only caller
    neither ─▶ 401

Store binding gives no hint: to a key that is bound to stores, a foreign store and one that does
not exist are the same 403.
"""

import base64
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

from fastapi import Depends
from starlette.requests import Request

from api.context import ApiContext, context_of
from api.hosts import host_name, is_own_page
from api.limits import Limiter
from api.problems import Problem, echo
from gateway.audit import Actor
from gateway.ports.callers import Caller
from gateway.ports.inventory import StoreInfo
from gateway.staff.model import Member
from gateway.staff.roles import ROLE_SCOPES

SESSION_COOKIE = "storefloor_session"
DEVICE_COOKIE = "storefloor_device"
"""Says where the page is shown: on a tablet where staff sign in, on a kiosk, on a phone of one's own."""
PAGE_HEADER = "x-storefloor"
"""A header that no foreign page can send without our leave (CORS is off): the guard against CSRF."""
MAX_BASIC_CHARS = 1_024
"""A user name, a key, and base64 around them."""
SAFE_METHODS = frozenset({"GET", "HEAD"})
MAX_KEY_CHARS = 256
"""Longer than any key that is given out: what is longer is not looked up."""
OPEN_PAGE = Caller("open-page", frozenset({"availability:read", "availability:exact"}), frozenset())
"""Whoever looks at the page of a gateway that serves its own machine alone: may see, may not change."""

NOBODY_YET = {"WWW-Authenticate": 'Bearer realm="storefloor"'}
"""Of every 401: how a program says who it is."""

LIMIT_HEADERS = "ratelimit_headers"
"""Where a request's state keeps the fields that its answer bears, whatever the answer is."""

OPEN_DEVICE = Member("open-page", "", "tablet", (), None, 0)
"""The open page is a place to sign in, too: it is on this machine, and a demo's."""

Via = Literal["key", "session", "device", "open"]


class Needs:
    """A dependency: the caller, where it holds any of the scopes (admin holds all).

    `basic`: the key may also come as the password of Basic authentication, the only one that many
    devices speak. Nobody is asked for it, so that no browser ever sends it by itself.
    """

    def __init__(self, *scopes: str, basic: bool = False) -> None:
        self.scopes = scopes
        self.basic = basic

    async def __call__(self, request: Request) -> Caller:
        """Return the caller; raises Problem 401 or 403."""
        caller, _ = await identify(request, basic=self.basic)
        if not any(caller.may(scope) for scope in self.scopes):
            raise _insufficient("This", self.scopes)
        return caller


class NeedsOrDevice(Needs):
    """The same; but while nobody is signed in on a device where people enter their PINs, the device itself, with no scope."""

    async def __call__(self, request: Request) -> Caller:
        """Return the caller; raises Problem 401 or 403."""
        if "authorization" not in request.headers and await member_of_session(request) is None:
            device = await device_of(request)
            if device is not None and (device.is_person or device.role == "tablet"):
                _take(request, context_of(request).key_limits, "key", device.id)
                return Caller(device.id, frozenset(), frozenset(device.stores), device.role)
        return await super().__call__(request)


def actor_of(request: Request, caller: Caller) -> Actor:
    """Return who asks for a change, as it is written down."""
    return Actor(caller.key_id, _address_of(request))


ReadCaller = Annotated[Caller, Depends(Needs("availability:read", "availability:exact"))]
ExactCaller = Annotated[Caller, Depends(Needs("availability:exact"))]
RESERVATION_SCOPES = ("reservations:write",)
ReservationCaller = Annotated[Caller, Depends(Needs(*RESERVATION_SCOPES))]
ReservationReader = Annotated[Caller, Depends(Needs("reservations:write", "availability:exact"))]
CountCaller = Annotated[Caller, Depends(Needs("counts:write"))]
CountApprover = Annotated[Caller, Depends(Needs("counts:approve"))]
CountReader = Annotated[Caller, Depends(Needs("counts:write", "availability:exact"))]
AlertCaller = Annotated[Caller, Depends(Needs("alerts:write"))]
AlertManager = Annotated[Caller, Depends(Needs("alerts:manage"))]
RuleCaller = Annotated[Caller, Depends(Needs("alerts:rules"))]
AlertReader = Annotated[Caller, Depends(Needs("alerts:write", "availability:exact"))]
TaskCaller = Annotated[Caller, Depends(Needs("tasks:write"))]
TaskReader = Annotated[Caller, Depends(Needs("tasks:write", "availability:exact"))]
PeopleCaller = Annotated[Caller, Depends(NeedsOrDevice("tasks:write", "alerts:write"))]
AdminCaller = Annotated[Caller, Depends(Needs("admin"))]
DeliveryCaller = Annotated[Caller, Depends(Needs("ingest:write", "deliveries:receive"))]
IngestCaller = Annotated[Caller, Depends(Needs("ingest:write"))]
DeviceCaller = Annotated[Caller, Depends(Needs("ingest:write", basic=True))]


async def identify(request: Request, *, basic: bool = False) -> tuple[Caller, Via]:
    """Return who asks, and how we know; raises Problem 401, 403 for a page that forgot its header, or 429.

    Each request is taken out of the caller's quota; one that proves no caller, out of its address's.
    """
    context = context_of(request)
    with strangers_limited(request):
        caller, via = await _identified(context, request, basic=basic)
    _take(request, context.key_limits, "key", caller.key_id)
    return caller, via


async def may_go_on(request: Request) -> bool:
    """Return whether whoever asked is let in still, for an answer that lasts: a key that is revoked, a session that is
    over, somebody who was removed lose it too. To be shown something is no use: an idle tablet signs out all the same.
    """
    context = context_of(request)
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return await context.ports.auth.caller(authorization.partition(" ")[2].strip()) is not None
    session_id, token = request.cookies.get(SESSION_COOKIE), request.cookies.get(DEVICE_COOKIE)
    if session_id is not None:
        key = context.sessions.key(session_id)
        if key is not None:
            return await context.ports.auth.caller(key) is not None
        if await context.ports.staff.session(session_id, is_use=False) is not None:
            return True
    if token is not None:
        device = await context.ports.staff.device(token)
        if device is not None and _looks(device):
            return True
    return _is_open(context, request)


async def signing_in(request: Request, found: Awaitable[Caller]) -> Caller:
    """Return the caller that what was given to sign in with is found to be; raises Problem 401 or 429."""
    with strangers_limited(request):
        caller = await found
    _take(request, context_of(request).key_limits, "key", caller.key_id)
    return caller


async def _identified(context: ApiContext, request: Request, *, basic: bool) -> tuple[Caller, Via]:
    authorization = request.headers.get("authorization")
    if authorization is not None:
        return await _by_key(context, _password_of(authorization) if basic else authorization), "key"
    session_id = request.cookies.get(SESSION_COOKIE)
    if session_id is not None:
        caller = await _by_session(context, session_id)
        if caller is not None:
            _check_page_header(request)
            return caller, "session"
    device = await _device_of_cookie(request)
    if device is not None and _looks(device):
        _check_page_header(request)
        return caller_of(device), "device"
    if request.method in SAFE_METHODS and _is_open(context, request):
        return OPEN_PAGE, "open"
    raise _missing_key("There is neither a key nor a valid page session.")


def caller_of(member: Member) -> Caller:
    """Return a member of staff as a caller."""
    return Caller(member.id, ROLE_SCOPES[member.role], frozenset(member.stores), member.role)


def _looks(device: Member) -> bool:
    """Return whether a device may look at something while nobody is signed in on it."""
    return not device.is_person and bool(ROLE_SCOPES[device.role])


async def device_of(request: Request) -> Member | None:
    """Return whose device asks: one that is enrolled, or the open page's; None: nobody signs in there with a PIN."""
    device = await _device_of_cookie(request)
    if device is None and _is_open(context_of(request), request):
        return OPEN_DEVICE
    return device


async def _device_of_cookie(request: Request) -> Member | None:
    token = request.cookies.get(DEVICE_COOKIE)
    return None if token is None else await context_of(request).ports.staff.device(token)


async def member_of_session(request: Request) -> Member | None:
    """Return the member of staff who is signed in here; None where nobody is, or a key."""
    token = request.cookies.get(SESSION_COOKIE)
    return None if token is None else await context_of(request).ports.staff.session(token)


async def caller_of_key(context: ApiContext, key: str) -> Caller:
    """Return the caller behind an API key; raises Problem unknown_key."""
    caller = await context.ports.auth.caller(key) if len(key) <= MAX_KEY_CHARS else None
    if caller is None:
        raise Problem(
            "unknown_key",
            "The key is unknown or was revoked.",
            headers={"WWW-Authenticate": _challenge("invalid_token")},
        )
    return caller


def require_exact(caller: Caller, what: str) -> None:
    """Raise Problem insufficient_scope where the caller may not see quantities."""
    if not caller.may("availability:exact"):
        raise _insufficient(what, ("availability:exact",))


def require_manager(caller: Caller, what: str) -> None:
    """Raise Problem needs_manager where somebody who signed in is no manager; keys may, as their scopes say."""
    if caller.role not in ("", "manager"):
        raise Problem("needs_manager", f"{what} is for managers.")


def require_unbound(caller: Caller, what: str) -> None:
    """Raise Problem forbidden_store where the caller's key is bound to stores, and `what` is of the whole site."""
    if caller.stores:
        raise Problem("forbidden_store", f"{what} belong to no store: use a key for all stores.")


def require_store(context: ApiContext, caller: Caller, store_id: str) -> StoreInfo:
    """Return the store where the caller may ask about it; raises Problem 403 or 404."""
    if not caller.sees(store_id):
        raise Problem("forbidden_store", f"This key is not for store {echo(store_id)}.")
    for store in context.ports.inventory.stores():
        if store.id == store_id:
            return store
    raise Problem("unknown_store", f"There is no store {echo(store_id)}.")


def stores_seen(context: ApiContext, caller: Caller, store_ids: list[str]) -> list[StoreInfo]:
    """Return the stores asked for, each once, in order; where none is, all that the caller sees."""
    if store_ids:
        return [require_store(context, caller, store_id) for store_id in dict.fromkeys(store_ids)]
    return [store for store in context.ports.inventory.stores() if caller.sees(store.id)]


@contextmanager
def strangers_limited(request: Request) -> Iterator[None]:
    """Take a request that proves no caller (Problem 401) out of its address's quota."""
    try:
        yield
    except Problem as problem:
        if problem.status == 401:
            _take(request, context_of(request).stranger_limits, "address", _address_of(request))
        raise


def _take(request: Request, limiter: Limiter, policy: str, who: str) -> None:
    """Take one request out of a quota and note what is left for the answer; raises Problem 429."""
    allowance = limiter.take(who)
    request.scope["state"][LIMIT_HEADERS] = allowance.headers(policy)
    if not allowance.is_allowed:
        quota = allowance.quota
        raise Problem(
            "too_many_requests",
            f"More than {quota.burst} requests at once, or {quota.per_s:g} a second, from one {policy}:"
            f" nothing of this one was done. Ask again in {allowance.retry_after_s} s.",
            headers={"retry-after": str(allowance.retry_after_s)},
        )


def _address_of(request: Request) -> str:
    return request.client.host if request.client is not None else ""


async def _by_key(context: ApiContext, authorization: str) -> Caller:
    scheme, _, key = authorization.partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        raise _missing_key("The Authorization header holds no bearer key.")
    return await caller_of_key(context, key.strip())


def _password_of(authorization: str) -> str:
    """Return Basic credentials as a bearer of their password; anything else as it stands."""
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() != "basic" or len(credentials) > MAX_BASIC_CHARS:
        return authorization
    try:
        _, _, password = base64.b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return authorization
    return f"Bearer {password}"


async def _by_session(context: ApiContext, session_id: str) -> Caller | None:
    key = context.sessions.key(session_id)
    if key is None:
        member = await context.ports.staff.session(session_id)
        return None if member is None else caller_of(member)
    caller = await context.ports.auth.caller(key)
    if caller is None:
        context.sessions.close(session_id)
    return caller


def _check_page_header(request: Request) -> None:
    if request.method not in SAFE_METHODS and request.headers.get(PAGE_HEADER) != "1":
        raise Problem("missing_page_header", "A page session that changes something sends X-Storefloor: 1.")


def _is_open(context: ApiContext, request: Request) -> bool:
    settings = context.settings
    if settings.page_sign_in:
        return False
    host = host_name(request.headers.get("host", ""))
    known = frozenset(name.lower() for name in settings.allowed_hosts)
    return is_own_page(host, known, request.headers.get("sec-fetch-site"))


def _missing_key(detail: str) -> Problem:
    return Problem("missing_key", detail, headers=NOBODY_YET)


def _insufficient(what: str, scopes: tuple[str, ...]) -> Problem:
    return Problem(
        "insufficient_scope",
        f"{what} needs the scope {' or '.join(scopes)}.",
        headers={"WWW-Authenticate": _challenge("insufficient_scope", " ".join(scopes))},
    )


def _challenge(error: str, scope: str | None = None) -> str:
    parts = [NOBODY_YET["WWW-Authenticate"], f'error="{error}"']
    if scope is not None:
        parts.append(f'scope="{scope}"')
    return ", ".join(parts)
