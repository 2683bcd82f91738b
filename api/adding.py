"""Routes of one kind of thing: each with its summary, and the problems that it may answer with."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from api.openapi import problems


@dataclass(frozen=True, slots=True)
class RoutesOf:
    """Adds routes under one tag of the document. `model`: what they answer where they do not say."""

    router: APIRouter
    tag: str
    model: type[BaseModel]

    def add(self, path: str, handle: Any, summary: str, codes: tuple[str, ...], **more: Any) -> None:
        """Add a route; `codes`: of its problems, in which a code may stand twice."""
        more = {"response_model": self.model, **more}
        responses = problems(*dict.fromkeys(codes))
        self.router.add_api_route(path, handle, responses=responses, tags=[self.tag], summary=summary, **more)
