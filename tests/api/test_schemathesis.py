"""Every operation of the OpenAPI document, asked what fits it and what does not, by a key and without one.

A real gateway answers. What it may not do: fail (5xx), answer what is not documented, take what is not allowed, or
tell anything to nobody. `make schemathesis EXAMPLES=500` asks for longer.
"""

from collections.abc import Iterator

import pytest

from tests.support.api_ports import Floor
from tests.support.asked_api import AskedApi, asked_api

EXAMPLES, WITHOUT_KEY = 4, 1
SEED = 1
LABELS = [
    f"{method.upper()} {path}"
    for path, methods in Floor().app.openapi()["paths"].items()
    for method in methods
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AskedApi]:
    """A gateway to be asked."""
    with asked_api(tmp_path_factory.mktemp("asked")) as asked:
        yield asked


@pytest.mark.parametrize("label", LABELS)
def test_an_operation_answers_as_it_is_documented(api: AskedApi, label: str) -> None:
    """To a key that may do all, and to nobody."""
    api.ask(label, EXAMPLES, SEED, has_key=True)
    api.ask(label, WITHOUT_KEY, SEED, has_key=False)


def test_the_document_that_is_asked_is_the_whole_one(api: AskedApi) -> None:
    """Nothing that the gateway serves is left out."""
    assert sorted(api.operations) == sorted(LABELS)
