"""Our own source files as parsed modules, for tests that read the code. Reads files."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("readers", "gateway", "api")
PACKAGES = (*PRODUCT, "simulators", "config")


@dataclass(frozen=True, slots=True)
class Module:
    """A parsed source file. `name` is dotted; a package bears the name of its folder."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def first_line(self) -> str:
        """Return the first line of the docstring; empty where there is none."""
        return (ast.get_docstring(self.tree) or "").partition("\n")[0]

    @property
    def is_bare(self) -> bool:
        """Return whether there is nothing in it but (perhaps) a docstring."""
        return all(
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in self.tree.body
        )

    def imports(self) -> Iterator[tuple[int, str]]:
        """Yield (line, dotted name) of all that is imported, inside functions too.

        `from a import b` yields both `a` and `a.b`: whether b is a module is for the caller to know.
        """
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                yield node.lineno, base
                yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


@cache
def modules(*packages: str) -> tuple[Module, ...]:
    """Return the modules of `packages`, by name."""
    found = []
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append(Module(name, path, ast.parse(path.read_text("utf-8"), str(path))))
    return tuple(found)
