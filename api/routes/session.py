"""Sign-in of the staff page: a key is exchanged for a cookie that scripts cannot read."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import JSON
from api.auth import PAGE_HEADER, SESSION_COOKIE, Via, actor_of, identify, signing_in
from api.bodies import read_body
from api.context import context_of
from api.encoding import dump
from api.openapi import json_body, problems
from api.problems import Problem
from api.schemas.session import Session, SignIn
from api.sessions import SESSION_LIFETIME_S
from gateway.ports import Caller

_NO_STORE = {"cache-control": "no-store"}


def add_session_routes(router: APIRouter) -> None:
    """Add the routes."""
    router.add_api_route(
        "/session",
        sign_in,
        methods=["POST"],
        response_model=Session,
        responses=problems("unknown_key", "too_many_requests", "bad_json", "body_timeout", "body_too_large",
                           "unsupported_media_type", "invalid_request", keyed=False),
        openapi_extra=json_body(SignIn),
        tags=["page"],
        summary="Sign in with a key",
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


async def sign_in(request: Request) -> Response:
    """Set a session cookie that acts with the key for 12 hours, or until the key is revoked."""
    context = context_of(request)
    question = await read_body(request, SignIn)
    caller = await signing_in(request, question.key)
    context.ports.audit.note(actor_of(request, caller), "session.open", "", caller.key_id)
    response = _session(caller, "session")
    response.set_cookie(
        SESSION_COOKIE,
        context.sessions.open(question.key),
        max_age=SESSION_LIFETIME_S,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return response


async def who_am_i(request: Request) -> Response:
    """Return who the caller is, and what the caller may do."""
    return _session(*await identify(request))


async def sign_out(request: Request) -> Response:
    """End the session of the cookie, if there is one."""
    if request.headers.get(PAGE_HEADER) != "1":
        raise Problem("missing_page_header", "Signing out sends X-Storefloor: 1.")
    session_id = request.cookies.get(SESSION_COOKIE)
    if session_id is not None:
        await _close(request, session_id)
    response = Response(None, 204, _NO_STORE)
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")
    return response


async def _close(request: Request, session_id: str) -> None:
    """End a session, and note whose it was."""
    context = context_of(request)
    key = context.sessions.key(session_id)
    if key is None:
        return
    context.sessions.close(session_id)
    caller = await context.ports.auth.caller(key)
    if caller is not None:
        context.ports.audit.note(actor_of(request, caller), "session.close", "", caller.key_id)


def _session(caller: Caller, via: Via) -> Response:
    body = {
        "key_id": caller.key_id,
        "via": via,
        "scopes": sorted(caller.scopes),
        "stores": sorted(caller.stores),
    }
    return Response(dump(body), 200, _NO_STORE, media_type=JSON)
