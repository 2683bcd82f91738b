"""Serves the staff app: its page at each screen's address, `/static/…` and the service worker, read once, from memory.

What is served is the list of files that existed at the start: no request names a path on the disk.
Every answer is revalidated (no-cache with an ETag over the content), so a new version of the gateway
is on every tablet with its next load, and an unchanged file costs a 304.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.answers import etag_of
from api.pages.missing import missing_page
from api.problems import on_http_exception

INDEX = "index.html"
PLAIN_ROOT = b'<html lang="en">'
WORKER = "service-worker.js"
SCREENS = (
    "now",
    "refill",
    "find",
    "collect",
    "count",
    "alerts",
    "rules",
    "deliveries",
    "why",
    "health",
    "reports",
    "kiosk",
    "screen",
    "sign-in",
)
"""First parts of the addresses that the page shows a screen for (api/pages/static/screens.js)."""
LABEL = "01"
"""First part of a GS1 Digital Link: a label's QR leads to its article."""
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
MIN_GZIP_BYTES = 1_024
"""Below it a packed file is no fewer packets."""


@dataclass(frozen=True, slots=True)
class PageFile:
    """One file of the page, as it is sent; `packed` with gzip, where that is worth it."""

    content: bytes
    media_type: str
    etag: str
    packed: bytes | None = None


def page_files() -> dict[str, PageFile]:
    """Return the page's files by their path below `/static/`; the page itself names the languages that there are."""
    return _with_languages(dict(_read(files(__package__) / "static", "")))


def languages_of(served: Iterable[str]) -> list[str]:
    """Return the codes of the languages that have texts among these files, English first."""
    found = (re.fullmatch(r"messages/([a-z]{2})\.json", path) for path in served)
    return sorted((match[1] for match in found if match), key=lambda code: (code != "en", code))


def _with_languages(served: dict[str, PageFile]) -> dict[str, PageFile]:
    named = f'<html lang="en" data-languages="{" ".join(languages_of(served))}">'.encode()
    page = served[INDEX]
    return {**served, INDEX: _file(page.content.replace(PLAIN_ROOT, named, 1), page.media_type)}


def mount(app: FastAPI) -> None:
    """Add the page to `app`."""
    served = page_files()
    pages = Pages(served)
    of_missing = {code: served.get(f"messages/{code}/missing.json") for code in languages_of(served)}
    texts = {code: file.content for code, file in of_missing.items() if file is not None}
    app.add_exception_handler(404, missing_page(texts, on_http_exception))
    addresses = ["/", f"/{LABEL}/{{rest:path}}"]
    for screen in SCREENS:
        addresses += [f"/{screen}", f"/{screen}/{{rest:path}}"]
    for address in addresses:
        app.router.routes.append(Route(address, pages.index, name="page"))
    app.router.routes.append(Route(f"/{WORKER}", pages.worker, name="page-worker"))
    app.router.routes.append(Route("/static/{path:path}", pages.file, name="page-file"))


class Pages:
    """The endpoints. GET and HEAD alone; the framework refuses the rest."""

    def __init__(self, served: dict[str, PageFile]) -> None:
        self._served = {path: file for path, file in served.items() if path != WORKER}
        self._worker = worker_of(served)

    async def index(self, request: Request) -> Response:
        """Return the page itself."""
        return _answer(request, self._served[INDEX])

    async def worker(self, request: Request) -> Response:
        """Return the service worker. It is served at the top, where it may keep the whole page."""
        return _answer(request, self._worker)

    async def file(self, request: Request) -> Response:
        """Return one file of the page; 404 for all else."""
        found = self._served.get(request.path_params["path"])
        if found is None:
            raise HTTPException(404)
        return _answer(request, found)


def worker_of(served: dict[str, PageFile]) -> PageFile:
    """Return the service worker of these files: it names each, and is another one once any of them is."""
    kept = sorted(path for path in served if path not in {INDEX, WORKER})
    version = hashlib.blake2b(
        "\n".join(file.etag for _, file in sorted(served.items())).encode(), digest_size=8
    )
    names = json.dumps([f"/static/{path}" for path in kept])
    screens = json.dumps(["", LABEL, *SCREENS])
    head = f'const VERSION = "{version.hexdigest()}";\nconst FILES = {names};\nconst SCREENS = {screens};\n'
    content = head.encode() + served[WORKER].content
    return _file(content, MEDIA_TYPES["js"])


def _answer(request: Request, file: PageFile) -> Response:
    packed = file.packed if "gzip" in request.headers.get("accept-encoding", "") else None
    headers = {"etag": file.etag, "cache-control": CACHE_CONTROL, "vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(None, 304, headers)
    if packed is None:
        return Response(file.content, 200, headers, media_type=file.media_type)
    return Response(packed, 200, {**headers, "content-encoding": "gzip"}, media_type=file.media_type)


def _file(content: bytes, media_type: str) -> PageFile:
    packed = gzip.compress(content, mtime=0) if len(content) >= MIN_GZIP_BYTES else None
    return PageFile(content, media_type, etag_of(content), packed)


def _read(folder: Traversable, prefix: str) -> Iterator[tuple[str, PageFile]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _read(entry, f"{prefix}{entry.name}/")
            continue
        media_type = MEDIA_TYPES.get(entry.name.rpartition(".")[2])
        if media_type is not None:
            yield f"{prefix}{entry.name}", _file(entry.read_bytes(), media_type)
