"""The API's own documentation page: static files of ours and the OpenAPI document; no third-party host."""

from importlib.resources import files

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from api.answers import REVALIDATE, etag_of, json_answer
from api.encoding import dump

_TYPES = {"index.html": "text/html", "docs.css": "text/css", "docs.js": "text/javascript"}


def add_docs_routes(router: APIRouter) -> None:
    """Add the routes; the files are read once."""
    folder = files("api") / "docs_page"
    for name, media_type in _TYPES.items():
        path = "/docs" if name == "index.html" else f"/docs/{name}"
        content = (folder / name).read_bytes()
        router.add_api_route(
            path, _StaticFile(content, media_type), response_model=None, include_in_schema=False
        )
    router.add_api_route("/openapi.json", openapi, response_model=None, include_in_schema=False)


class _StaticFile:
    """An endpoint that answers one small file from memory."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self._etag = etag_of(content)

    async def __call__(self, request: Request) -> Response:
        headers = {"etag": self._etag, "cache-control": REVALIDATE}
        if request.headers.get("if-none-match") == self._etag:
            return Response(None, 304, headers)
        return Response(self._content, 200, headers, media_type=self._media_type)


async def openapi(request: Request) -> Response:
    """Return the OpenAPI document (built once, by the app)."""
    return json_answer(request, dump(request.app.openapi()))
