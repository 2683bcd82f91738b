"""A route that refuses query parameters that it does not know, or that are given twice."""

from collections.abc import Callable, Coroutine, Iterator
from typing import Any, get_origin

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from api.bodies import nearest
from api.problems import Fault, Problem, echo, pointer


class StrictRoute(APIRoute):
    """A misspelt filter must not widen an answer silently: it is refused, naming the nearest one."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the framework's handler behind the check."""
        handle = super().get_route_handler()
        repeatable = dict(_query_parameters(self.dependant))

        async def strict(request: Request) -> Response:
            if request.scope["query_string"]:
                _check(request, repeatable)
            return await handle(request)

        return strict


def _query_parameters(dependant: Dependant) -> Iterator[tuple[str, bool]]:
    """Yield the name of each query parameter, and whether it may be given more than once."""
    for field in dependant.query_params:
        yield field.alias, get_origin(field.field_info.annotation) is list
    for inner in dependant.dependencies:
        yield from _query_parameters(inner)


def _check(request: Request, repeatable: dict[str, bool]) -> None:
    seen: set[str] = set()
    for name, _ in request.query_params.multi_items():
        if name not in repeatable:
            reason = "unknown parameter" + nearest(name, list(repeatable))
            raise Problem(
                "unknown_parameter",
                f"Query parameter {echo(name)}: {reason}.",
                errors=[Fault(pointer(("query", name)), reason)],
            )
        if name in seen and not repeatable[name]:
            fault = Fault(pointer(("query", name)), "given more than once")
            raise Problem("invalid_request", f"{fault.pointer}: {fault.reason}", errors=[fault])
        seen.add(name)
