"""The files that pip installs from say the same as the lock: names, versions, hashes, completeness."""

import re
import tomllib
from typing import Any

import pytest

from tests.support.source import ROOT

PIN = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=(sha256:[0-9a-f]{64})")
LEVELS = {
    "run": ((), ()),
    "demo": (("demo",), ("build",)),
    "dev": (("demo",), ("dev",)),
}
"""What each file holds beyond the dependencies of the product: (extras, dependency groups)."""

Package = dict[str, Any]


def locked() -> dict[str, Package]:
    """Return the packages of uv.lock by name; the lock must not hold two versions of one."""
    packages = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]
    by_name = {package["name"]: package for package in packages}
    assert len(by_name) == len(packages), "the lock holds two versions of one package"
    return by_name


def pinned(level: str) -> dict[str, tuple[str, set[str]]]:
    """Return {name: (version, hashes)} of a requirements file."""
    text = (ROOT / "requirements" / f"{level}.txt").read_text("utf-8")
    pins = list(PIN.finditer(text))
    ends = [pin.start() for pin in pins[1:]] + [len(text)]
    return {
        pin["name"]: (pin["version"], set(HASH.findall(text[pin.start() : end])))
        for pin, end in zip(pins, ends, strict=True)
    }


def reachable(packages: dict[str, Package], roots: list[Package]) -> set[str]:
    """Return the names of all that `roots` (dependency entries of the lock) depend on, extras too."""
    seen: set[tuple[str, str]] = set()
    waiting = list(roots)
    while waiting:
        entry = waiting.pop()
        package = packages[entry["name"]]
        for extra in ("", *entry.get("extra", ())):
            if (package["name"], extra) in seen:
                continue
            seen.add((package["name"], extra))
            optional = package.get("optional-dependencies", {})
            waiting += optional.get(extra, []) if extra else package.get("dependencies", [])
    return {name for name, _ in seen}


@pytest.mark.parametrize("level", LEVELS)
def test_requirements_say_what_the_lock_says(level: str) -> None:
    """Each pin has the lock's version and the lock's hashes: pip and uv install the same bytes."""
    packages = locked()
    for name, (version, hashes) in pinned(level).items():
        package = packages[name]
        artifacts = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        assert version == package["version"], name
        assert hashes == {artifact["hash"] for artifact in artifacts}, name


@pytest.mark.parametrize(("level", "extras", "groups"), [(level, *more) for level, more in LEVELS.items()])
def test_requirements_are_complete(level: str, extras: tuple[str, ...], groups: tuple[str, ...]) -> None:
    """A file names all that its level depends on, directly or not, and nothing else."""
    packages = locked()
    ours = packages["storefloor"]
    roots = list(ours["dependencies"])
    for extra in extras:
        roots += ours["optional-dependencies"][extra]
    for group in groups:
        roots += ours["dev-dependencies"][group]
    assert set(pinned(level)) == reachable(packages, roots), "run: make requirements"


def test_the_lock_holds_what_pyproject_asks_for() -> None:
    """The lock was made from the dependencies that pyproject.toml names now."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = {re.split(r"[<>=!~\[; ]", line)[0] for line in project["project"]["dependencies"]}
    assert asked == {entry["name"] for entry in locked()["storefloor"]["dependencies"]}, (
        "run: make requirements"
    )


@pytest.mark.parametrize("level", LEVELS)
def test_requirements_name_no_index(level: str) -> None:
    """No index and no address stands in a requirements file: where to fetch is the reader's own setting."""
    text = (ROOT / "requirements" / f"{level}.txt").read_text("utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    assert not re.search(r"https?://|--index|--extra|--find", code)
