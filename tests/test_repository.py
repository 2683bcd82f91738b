"""The repository stands alone and stays in order: guards that read files, and change nothing."""

import ast
import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path, PurePosixPath

import pytest

from tests.support.source import PACKAGES, ROOT, modules

FOLDERS = (*PACKAGES, "docs", "requirements", "tests", "tools", ".ci")
TEXT_SUFFIXES = {".cfg", ".csv", ".css", ".html", ".js", ".json", ".jsonl", ".md", ".mjs", ".py", ".sh", ".svg",
                 ".toml", ".txt", ".webmanifest", ".yaml", ".yml", ""}  # fmt: skip
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.<>-])/(?:home|root|Users|work)/(?!storefloor)[\w.-]+")
BEARS_A_REASON = re.compile(r"(?:noqa: [A-Z]+\d+(?:, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])\W+\w.*\w{3}")
MAX_FILE_BYTES = 1_048_576


def files() -> Iterator[Path]:
    """Yield the repository's files; no git is asked, since an unpacked archive has none."""
    yield from (path for path in ROOT.iterdir() if path.is_file())
    for folder in FOLDERS:
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def text_files() -> Iterator[tuple[str, str]]:
    """Yield (path within the repository, text) of the files that people read; uv.lock is a tool's."""
    for path in files():
        if path.suffix in TEXT_SUFFIXES and path.name not in {"uv.lock", ".coverage"}:
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of the comments of a Python file."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def test_tests_are_no_package() -> None:
    """No __init__.py stands under tests/: it would shadow the packages that it mirrors."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


@pytest.mark.parametrize("name", [*PACKAGES, "tests", "tools"])
def test_our_names_are_ours(name: str) -> None:
    """No installed distribution but storefloor brings a top-level module of one of our names."""
    taken = {
        distribution.name
        for distribution in distributions()
        for file in distribution.files or ()
        if PurePosixPath(file).parts[0] in {name, f"{name}.py"}
    }
    assert taken <= {"storefloor"}


def test_every_exception_to_a_check_bears_its_reason() -> None:
    """Each `noqa` and `type: ignore` names its rule, and is followed by words that say why."""
    faults = [
        f"{path}:{line}: {comment}"
        for path, text in text_files()
        if path.endswith(".py")
        for line, comment in comments(text)
        if re.search(r"\bnoqa\b|type: ?ignore", comment) and not BEARS_A_REASON.search(comment)
    ]
    assert not faults, "\n".join(faults)


def test_every_module_has_a_docstring() -> None:
    """Each module with code in it says in a docstring what it is for."""
    faults = [
        module.name
        for module in modules(*PACKAGES, "tests/support", "tools")
        if module.tree.body and not ast.get_docstring(module.tree)
    ]
    assert not faults, "\n".join(faults)


def test_no_path_of_a_developers_machine() -> None:
    """No file speaks of a folder that exists on one person's machine alone."""
    faults = [
        f"{path}: {match.group()}" for path, text in text_files() for match in SOMEBODYS_FOLDER.finditer(text)
    ]
    assert not faults, "\n".join(faults)


def test_no_file_is_large() -> None:
    """No file is over 1 MiB: whoever clones pays for it for good."""
    assert [path.name for path in files() if path.stat().st_size > MAX_FILE_BYTES] == []


def test_the_changelog_tells_of_this_version() -> None:
    """CHANGELOG.md has an entry for the version that pyproject.toml names."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.search(rf"^## {re.escape(version)}\b", changelog, re.MULTILINE)


def links(text: str) -> Iterator[str]:
    """Yield the targets within the repository that a Markdown text links to, without anchors."""
    for target in re.findall(r"\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"", text):
        path = (target[0] or target[1]).partition("#")[0]
        if path and not re.match(r"[a-z]+:", path):
            yield path


def test_links_between_documents_lead_somewhere() -> None:
    """Each relative link in a Markdown file names a file or folder that exists."""
    faults = [
        f"{path}: {target}"
        for path, text in text_files()
        if path.endswith(".md")
        for target in links(text)
        if not (ROOT / path).parent.joinpath(target).exists()
    ]
    assert not faults, "\n".join(faults)
