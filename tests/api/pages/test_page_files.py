"""The page's files: what a strict Content-Security-Policy, an isolated network and a slow tablet ask of them."""

import re
from html.parser import HTMLParser
from pathlib import PurePosixPath
from posixpath import normpath

import pytest

from api.pages.mount import INDEX, page_files

FILES = page_files()
SCRIPTS = {path: file.content.decode() for path, file in FILES.items() if path.endswith(".js")}
STYLES = {path: file.content.decode() for path, file in FILES.items() if path.endswith(".css")}
MAX_FIRST_LOAD_BYTES = 150_000
"""Bytes of a first load: about a second on a poor wireless line."""
MODULE_IMPORT = re.compile(r'^import [^"]*"([^"]+)";', re.MULTILINE)
LATE_IMPORT = re.compile(r'\bimport\("([^"]+)"\)')
FIRST_SCREEN = "screens/now.js"
PARSES_MARKUP = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc"
)
RUNS_TEXT = re.compile(r"\beval\(|new Function|javascript:|setTimeout\(\s*[\"'`]")
NAMESPACE = "http://www.w3.org/2000/svg"


class Elements(HTMLParser):
    """Collects each element with its attributes, and the text inside of scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside in {"script", "style"}:
            self.inline += data.strip()


PAGE = Elements(FILES[INDEX].content.decode())


def test_the_page_has_no_inline_script_or_style() -> None:
    """No script or style stands in the page itself: neither in an element nor in an attribute."""
    assert PAGE.inline == ""
    assert [tag for tag, _ in PAGE.found if tag == "style"] == []
    attributes = {name for _, attrs in PAGE.found for name in attrs}
    assert {name for name in attributes if name == "style" or name.startswith("on")} == set()


def test_all_that_the_page_names_is_served_by_it() -> None:
    """Each file that the page loads is one of its own."""
    named = [attrs.get("href") or attrs.get("src") for _, attrs in PAGE.found]
    assert [name for name in named if name and name.removeprefix("/static/") not in FILES] == []


def imported(path: str) -> set[str]:
    """Return the modules that a module needs before it can run, itself among them."""
    found, waiting = set[str](), [path]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            folder = PurePosixPath(path).parent
            waiting += [normpath(str(folder / name)) for name in MODULE_IMPORT.findall(SCRIPTS[path])]
    return found


FIRST_MODULES = imported("app.js") | imported(FIRST_SCREEN)


def linked(rel: str) -> set[str]:
    """Return the files that the page links to as `rel`."""
    links = [attrs for tag, attrs in PAGE.found if tag == "link" and attrs["rel"] == rel]
    return {str(link["href"]).removeprefix("/static/") for link in links}


def test_the_first_modules_are_loaded_side_by_side() -> None:
    """Each module of the first view is announced in the page, so that none is waited for before the next one is
    asked for; no other is, since screens load theirs when they are opened."""
    assert linked("modulepreload") == FIRST_MODULES - {"app.js"}


def test_each_style_sheet_is_loaded_with_the_page_or_with_its_screen() -> None:
    """No sheet is left over: the page links to it, or a screen names it in its `styles`."""
    late = {name for text in SCRIPTS.values() for names in re.findall(r"static styles = \[(.*?)\]", text)
            for name in re.findall(r'"([^"]+)"', names)}  # fmt: skip
    assert linked("stylesheet") | {f"styles/{name}.css" for name in late} == STYLES.keys()
    assert {f"styles/{name}.css" for name in late} <= STYLES.keys()


@pytest.mark.parametrize("path", sorted(SCRIPTS))
def test_modules_build_what_they_show_from_text_alone(path: str) -> None:
    """No module parses markup, runs text as code, sets a style attribute or names another host."""
    text = SCRIPTS[path].replace(NAMESPACE, "")
    assert PARSES_MARKUP.findall(text) == []
    assert RUNS_TEXT.findall(text) == []
    assert re.findall(r"https?://|//[a-z]+\.[a-z]", text) == []
    assert (
        re.findall(r"el\([^;]*[{,]\s*style:|setAttribute\([^,]*, \"style\"|svg\([^;]*[{,]\s*style:", text)
        == []
    )


@pytest.mark.parametrize("path", sorted(SCRIPTS))
def test_modules_import_files_that_exist(path: str) -> None:
    """Each import is relative and names one of the page's modules."""
    folder = PurePosixPath(path).parent
    for name in (*MODULE_IMPORT.findall(SCRIPTS[path]), *LATE_IMPORT.findall(SCRIPTS[path])):
        assert name.startswith(".")
        assert normpath(str(folder / name)) in SCRIPTS


@pytest.mark.parametrize("path", sorted(SCRIPTS))
def test_a_module_says_what_it_is_for(path: str) -> None:
    """The first line of a module is a comment that states its duty."""
    assert re.match(r"// [A-Z].{20,}", SCRIPTS[path])


@pytest.mark.parametrize("path", sorted(STYLES))
def test_style_sheets_fetch_nothing(path: str) -> None:
    """A style sheet refers to no other file and no other host."""
    assert [url for url in re.findall(r"url\(([^)]*)\)", STYLES[path]) if not url.startswith('"#')] == []
    assert "@import" not in STYLES[path]


def test_a_first_load_is_small() -> None:
    """All that the first view needs, in the longer language, stays within the bound, packed as it is sent."""
    needed = {
        INDEX,
        *FIRST_MODULES,
        *linked("stylesheet"),
        *linked("manifest"),
        *linked("icon"),
        "messages/fr.json",
    }
    sent = [FILES[path].packed or FILES[path].content for path in needed]
    assert sum(len(content) for content in sent) <= MAX_FIRST_LOAD_BYTES
