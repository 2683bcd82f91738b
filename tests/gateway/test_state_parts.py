"""What a part of the engine writes down, a later life takes up: no part is forgotten at either end."""

import ast

from gateway.cli.serve import STATE_PARTS
from tests.support.source import modules


def first_texts(name: str) -> dict[str, str]:
    """Return the first argument of each call of `name`, where it is a text, and the module it stands in."""
    return {
        node.args[0].value: module.name
        for module in modules("gateway")
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        and name in {getattr(node.func, "id", ""), getattr(node.func, "attr", "")}
        and node.args
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_part_that_is_written_is_read_at_a_start() -> None:
    """The gateway asks its file for each part of which the engine writes rows."""
    written = first_texts("StateRow")
    assert {part: where for part, where in written.items() if part not in STATE_PARTS} == {}


def test_every_part_that_is_read_is_taken_up() -> None:
    """The engine looks for the rows of each part that the gateway reads for it, and no other part is asked for."""
    (engine,) = (module for module in modules("gateway") if module.name == "gateway.engine")
    texts = {node.value for node in ast.walk(engine.tree) if isinstance(node, ast.Constant)}
    assert [part for part in STATE_PARTS if part not in texts] == []
    assert sorted(set(STATE_PARTS) - first_texts("StateRow").keys()) == []
