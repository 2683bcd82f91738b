"""Serves the staff page: `/` and `/static/…`, read once, from memory.

What is served is the list of files that existed at the start: no request names a path on the disk.
Every answer is revalidated (no-cache with an ETag over the content), so a new version of the gateway
is on every tablet with its next load, and an unchanged file costs a 304.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.answers import etag_of

INDEX = "index.html"
MEDIA_TYPES = {
    "css": "text/css",
    "html": "text/html",
    "js": "text/javascript",
    "json": "application/json",
    "svg": "image/svg+xml",
    "webmanifest": "application/manifest+json",
}
"""By suffix. Browsers are told not to sniff (nosniff), so each must be right; others are not served."""
CACHE_CONTROL = "no-cache"


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page, as it is sent."""

    content: bytes
    media_type: str
    etag: str


def page_files() -> dict[str, PageFile]:
    """Return the page's files by their path below `/static/`."""
    return dict(_read(files(__package__) / "static", ""))


def mount(app: FastAPI) -> None:
    """Add the page to `app`."""
    pages = Pages(page_files())
    app.router.routes.append(Route("/", pages.index, name="page"))
    app.router.routes.append(Route("/static/{path:path}", pages.file, name="page-file"))


class Pages:
    """The endpoints. GET and HEAD alone; the framework refuses the rest."""

    def __init__(self, served: dict[str, PageFile]) -> None:
        self._served = served

    async def index(self, request: Request) -> Response:
        """Return the page itself."""
        return _answer(request, self._served[INDEX])

    async def file(self, request: Request) -> Response:
        """Return one file of the page; 404 for all else."""
        found = self._served.get(request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        return _answer(request, found)


def _answer(request: Request, file: PageFile) -> Response:
    headers = {"etag": file.etag, "cache-control": CACHE_CONTROL}
    if request.headers.get("if-none-match") == file.etag:
        return Response(None, 304, headers)
    return Response(file.content, 200, headers, media_type=file.media_type)


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, PageFile]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
            continue
        media_type = MEDIA_TYPES.get(entry.name.rpartition(".")[2])
        if media_type is not None:
            content = entry.read_bytes()
            yield f"{prefix}{entry.name}", PageFile(content, media_type, etag_of(content))
