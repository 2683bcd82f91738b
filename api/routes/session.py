"""Sign-in of the staff page: a PIN, a link or a key is exchanged for a cookie that scripts cannot read."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON
from api.auth import (
    DEVICE_COOKIE,
    NOBODY_YET,
    OPEN_DEVICE,
    PAGE_HEADER,
    SESSION_COOKIE,
    PeopleCaller,
    Via,
    actor_of,
    caller_of,
    caller_of_key,
    device_of,
    identify,
    member_of_session,
    signing_in,
)
from api.bodies import read_body
from api.context import context_of
from api.encoding import dump
from api.openapi import json_body, problems
from api.problems import CATALOGUE, Problem
from api.schemas.session import People, Session, SignIn
from api.sessions import SESSION_LIFETIME_S
from gateway.ports.callers import Caller
from gateway.staff.model import Member, Opened, SignInRefused

DEVICE_COOKIE_S = 400 * 86_400
"""The longest that browsers keep a cookie; it is set anew with each look at who is signed in."""
_NO_STORE = {"cache-control": "no-store"}


def add_session_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/session",
        sign_in,
        methods=["POST"],
        response_model=Session,
        responses=problems("unknown_key", "wrong_pin", "unknown_link", "not_enrolled", "too_many_tries",
                           "too_many_requests", "overloaded", "bad_json", "body_timeout", "body_too_large",
                           "unsupported_media_type", "invalid_request", keyed=False),
        openapi_extra=json_body(SignIn),
        tags=["page"],
        summary="Sign in with a PIN, a link or a key",
    )  # fmt: skip
    router.add_api_route(
        "/session",
        who_am_i,
        response_model=Session,
        responses=problems("missing_key", "unknown_key", "too_many_requests", keyed=False),
        tags=["page"],
        summary="Who am I?",
    )
    router.add_api_route(
        "/session",
        sign_out,
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        responses=problems("missing_page_header", keyed=False),
        tags=["page"],
        summary="Sign out",
    )
    router.add_api_route(
        "/session/people",
        people,
        response_model=People,
        responses=problems(),
        tags=["page"],
        summary="Who works here?",
    )
    router.add_api_route(
        "/session/device",
        forget_device,
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        responses=problems("missing_page_header", keyed=False),
        tags=["page"],
        summary="Let this device be none of the shop's any more",
    )


async def sign_in(request: Request) -> Response:
    """Set a session cookie: for a person who enters their PIN on an enrolled device, for whoever a link is for, or
    for a key.

    A person stays signed in for half an hour without a request on a shared tablet, for three days on a device of their
    own; a key for 12 hours, or until the key is revoked. Whoever was signed in here before is signed out. A link for a
    tablet, a kiosk or a screen enrols this device, and signs nobody in.
    """
    question = await read_body(request, SignIn)
    if question.key is not None:
        return await _with_key(request, question.key)
    found: list[Opened] = []
    device = await device_of(request)
    caller = await signing_in(request, _of_staff(request, question, device, found))
    opened = found[0]
    if opened.session is not None:
        await _end_session(request)
    device = device if opened.device is None else opened.member
    via: Via = "session" if opened.session is not None else "device"
    response = _session(caller, via, opened.member, device)
    if opened.session is not None:
        _set_cookie(request, response, SESSION_COOKIE, opened.session, opened.session_s)
    if opened.device is not None:
        _set_cookie(request, response, DEVICE_COOKIE, opened.device, DEVICE_COOKIE_S)
    return response


async def _with_key(request: Request, key: str) -> Response:
    context = context_of(request)
    caller = await signing_in(request, caller_of_key(context, key))
    await _end_session(request)
    context.ports.audit.note(actor_of(request, caller), "session.open", "", caller.key_id)
    response = _session(caller, "session", None, await device_of(request))
    _set_cookie(request, response, SESSION_COOKIE, context.sessions.open(key), SESSION_LIFETIME_S)
    return response


async def _of_staff(request: Request, question: SignIn, device: Member | None, found: list[Opened]) -> Caller:
    """Have somebody signed in; raises Problem."""
    staff, nobody = context_of(request).ports.staff, Caller("", frozenset(), frozenset())
    if question.link is not None:
        outcome = await staff.follow_link(question.link, device, actor_of(request, nobody))
    elif device is None:
        detail = "PINs are entered on devices of the shop: open a link on this one first."
        raise Problem("not_enrolled", detail, headers=NOBODY_YET)
    else:
        person, pin = question.person or "", question.pin or ""
        outcome = await staff.enter_pin(person, pin, device, actor_of(request, nobody))
    if isinstance(outcome, SignInRefused):
        again = {"retry-after": str(outcome.retry_after_s)} if outcome.retry_after_s else {}
        challenge = NOBODY_YET if CATALOGUE[outcome.code].status == 401 else {}
        raise Problem(outcome.code, outcome.detail, headers={**again, **challenge})
    found.append(outcome)
    return caller_of(outcome.member)


async def who_am_i(request: Request) -> Response:
    """Return who the caller is, and what the caller may do. 401: nobody; `GET /session/people` says who may be."""
    caller, via = await identify(request)
    device = await device_of(request)
    member = {"session": await member_of_session(request), "device": device}.get(via)
    response = _session(caller, via, member, device)
    token = request.cookies.get(DEVICE_COOKIE)
    if token is not None and device is not None:
        _set_cookie(request, response, DEVICE_COOKIE, token, DEVICE_COOKIE_S)
    return response


async def people(request: Request, caller: PeopleCaller) -> Response:
    """Return who may sign in on this device; to who is signed in, and to keys, the people of their stores, so that an
    id on a task or an alert is shown by its name. Who was removed has none.
    """
    staff = context_of(request).ports.staff
    device = None if caller.scopes else await device_of(request)
    found = await staff.people_of(caller.stores) if device is None else await staff.people_on(device)
    items = [{"id": one.id, "name": one.name, "role": one.role} for one in found]
    return Response(dump({"items": items}), 200, _NO_STORE, media_type=JSON)


async def sign_out(request: Request) -> Response:
    """End the session of the cookie, if there is one. An enrolled device stays one: the next person enters a PIN."""
    _require_page_header(request)
    await _end_session(request)
    response = Response(None, 204, _NO_STORE)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return response


async def forget_device(request: Request) -> Response:
    """End the session, and the device's own sign-in: it takes a new link to use it again."""
    _require_page_header(request)
    await _end_session(request)
    token = request.cookies.get(DEVICE_COOKIE)
    if token is not None:
        await context_of(request).ports.staff.leave(token)
    response = Response(None, 204, _NO_STORE)
    for cookie in (SESSION_COOKIE, DEVICE_COOKIE):
        response.delete_cookie(cookie, path="/", httponly=True, samesite="strict")
    return response


def _require_page_header(request: Request) -> None:
    if request.headers.get(PAGE_HEADER) != "1":
        raise Problem("missing_page_header", "Signing out sends X-Storefloor: 1.")


async def _end_session(request: Request) -> None:
    """End the session of the cookie, if there is one; note it where it was a key's: when people come and go is not."""
    session_id = request.cookies.get(SESSION_COOKIE)
    if session_id is None:
        return
    context = context_of(request)
    key = context.sessions.key(session_id)
    if key is None:
        await context.ports.staff.leave(session_id)
        return
    context.sessions.close(session_id)
    caller = await context.ports.auth.caller(key)
    if caller is not None:
        context.ports.audit.note(actor_of(request, caller), "session.close", "", caller.key_id)


def _set_cookie(request: Request, response: Response, name: str, value: str, max_age_s: int) -> None:
    response.set_cookie(
        name,
        value,
        max_age=max_age_s,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def _session(caller: Caller, via: Via, member: Member | None, device: Member | None) -> Response:
    is_named = device is not None and device != OPEN_DEVICE
    body = {
        "key_id": caller.key_id,
        "via": via,
        "name": None if member is None else member.name,
        "role": None if member is None else member.role,
        "scopes": sorted(caller.scopes),
        "stores": sorted(caller.stores),
        "device": {"id": device.id, "name": device.name, "role": device.role}
        if device and is_named
        else None,
    }
    return Response(dump(body), 200, _NO_STORE, media_type=JSON)
