"""The page at addresses that lead nowhere, for people: in their language, with a way home. Programs get the problem.

Who navigates there in a browser asks for HTML by name; programs do not, and below `/v1/` everybody is answered as one.
"""

import html
import json
from collections.abc import Awaitable, Callable, Mapping
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from api.languages import language_for, spoken

TEXTS = ("title", "text", "home")
"""Keys of the section `missing` in `messages/<language>/missing.json`, and places of the template."""
API = "/v1/"

Handler = Callable[[Request, Exception], Awaitable[Response]]


def missing_page(messages: Mapping[str, bytes], otherwise: Handler) -> Handler:
    """Return a handler of 404: `messages` are the page's texts by language, the default one first; `otherwise` answers programs."""
    pages = {
        language: _page(language, json.loads(content)["missing"]) for language, content in messages.items()
    }
    languages = tuple(pages)

    async def answer(request: Request, error: Exception) -> Response:
        if not _is_person(request):
            return await otherwise(request, error)
        language = language_for(request, languages)
        fields = spoken(language)
        headers = {"cache-control": "no-store", **fields, "vary": f"{fields['vary']}, Accept"}
        return Response(pages[language], 404, headers, media_type="text/html")

    return answer


def _is_person(request: Request) -> bool:
    accepted = request.headers.get("accept", "")
    return (
        request.method in {"GET", "HEAD"} and "text/html" in accepted and not request.url.path.startswith(API)
    )


def _page(language: str, texts: Mapping[str, str]) -> bytes:
    template = (files(__package__) / "missing.html").read_text("utf-8")
    words = {name: html.escape(texts[name]) for name in TEXTS}
    return template.format(language=language, **words).encode()
