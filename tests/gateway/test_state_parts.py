"""What a part of the engine writes down, a later life takes up: no part is forgotten at either end."""

import ast
from collections.abc import Iterator

from gateway.cli.serve import STATE_PARTS
from tests.support.source import modules


def texts(name: str, place: int) -> dict[str, str]:
    """Return the argument at `place` of each call of `name`, where it is a text, and the module it stands in."""
    return {
        node.args[place].value: module.name
        for module in modules("gateway")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and name in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
        and len(node.args) > place
        and isinstance(node.args[place], ast.Constant)
        and isinstance(node.args[place].value, str)
    }


def plain_parts() -> Iterator[str]:
    """Yield the parts of the one table of those that are written and taken up alike."""
    (kept_parts,) = (module for module in modules("gateway") if module.name == "gateway.kept_parts")
    for node in ast.walk(kept_parts.tree):
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Dict):
            yield from (key.value for key in node.value.keys if isinstance(key, ast.Constant))


def test_every_part_that_is_written_is_read_at_a_start() -> None:
    """The gateway asks its file for each part of which the engine writes rows, and for no other."""
    written = {*texts("StateRow", 0), *plain_parts()}
    assert len([*plain_parts()]) > 3
    assert sorted(written ^ set(STATE_PARTS)) == []


def test_every_part_that_is_read_is_taken_up() -> None:
    """The engine looks for the rows of each part that the gateway reads for it."""
    looked_for = {*texts("written", 1), *texts("get", 0), *texts("pop", 0), *plain_parts()}
    assert [part for part in STATE_PARTS if part not in looked_for] == []
