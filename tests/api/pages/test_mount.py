"""Serving the page: right types, validators, no way to any other file, the headers of the whole app."""

from dataclasses import replace

import pytest

from api.pages.mount import LABEL, MEDIA_TYPES, SCREENS, WORKER, languages_of, mount, page_files, worker_of
from tests.support.api_ports import Floor


@pytest.fixture(scope="module")
def floor() -> Floor:
    """Return an app with the page."""
    return Floor(pages=mount)


def test_the_page_is_served_without_a_key(floor: Floor) -> None:
    """`/` answers to anybody: the page holds no data of its own."""
    answer = floor.get("/", key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'self'" in answer.headers["content-security-policy"]


def test_a_language_is_added_by_adding_its_files(floor: Floor) -> None:
    """The page names the languages that it has texts of; a part's texts alone make none."""
    known = languages_of(page_files())
    assert known[:1] == ["en"]
    assert "fr" in known
    assert f'data-languages="{" ".join(known)}"' in floor.get("/", key=None).text
    more = [*page_files(), "messages/aa.json", "messages/zz/find.json"]
    assert languages_of(more) == ["en", "aa", *known[1:]]


@pytest.mark.parametrize("path", [*SCREENS, "find/DEN-501-32", f"{LABEL}/03012345000024/21/100"])
def test_the_page_is_at_each_screens_address(floor: Floor, path: str) -> None:
    """A screen can be opened by its address, what it is to show after it; a label's QR opens the page too."""
    assert floor.get(f"/{path}", key=None).content == floor.get("/", key=None).content


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(("wanted", "said"), [("fr-FR,fr;q=0.9", "Vers l’accueil"), ("de", "To the start")])
def test_who_follows_an_address_that_no_screen_has_is_led_home(floor: Floor, wanted: str, said: str) -> None:
    """In a browser: a page in its language, which needs no script; programs get the problem, whatever the address."""
    answer = floor.get("/nowhere", key=None, headers={"accept": BROWSER, "accept-language": wanted})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert said in answer.text
    assert 'href="/"' in answer.text
    assert {"Accept", "Accept-Language"} <= set(answer.headers["vary"].split(", "))
    for path, accept in (("/nowhere", "*/*"), ("/nowhere", "application/json"), ("/v1/nowhere", BROWSER)):
        plain = floor.get(path, key=None, headers={"accept": accept})
        assert (plain.status_code, plain.json()["code"]) == (404, "not_found")


def test_an_address_that_is_right_in_another_way_is_no_missing_page(floor: Floor) -> None:
    """A browser at a route that takes no GET is told so, as programs are."""
    assert floor.get("/v1/reservations/1/confirm", headers={"accept": BROWSER}).status_code == 405
    assert floor.ask("POST", "/nowhere", headers={"accept": BROWSER}).json()["code"] == "not_found"


def test_files_are_sent_packed_to_who_can_unpack_them(floor: Floor) -> None:
    """The same content either way, under one validator."""
    plain = floor.get("/static/app.js", key=None, headers={"accept-encoding": "identity"})
    packed = floor.get("/static/app.js", key=None, headers={"accept-encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 2
    assert (packed.content, packed.headers["etag"]) == (plain.content, plain.headers["etag"])
    assert "accept-encoding" in packed.headers["vary"].lower()


def test_the_service_worker_names_every_file_and_changes_with_any(floor: Floor) -> None:
    """It is served at the top, lists what it keeps, and is another one once a file is."""
    answer = floor.get(f"/{WORKER}", key=None)
    assert answer.headers["content-type"].startswith("text/javascript")
    files = page_files()
    assert [
        path for path in files if path not in {WORKER, "index.html"} and f"/static/{path}" not in answer.text
    ] == []
    changed = {**files, "app.js": replace(files["app.js"], etag='W/"another"')}
    assert worker_of(changed).etag != worker_of(files).etag == answer.headers["etag"]
    assert floor.get(f"/static/{WORKER}", key=None).status_code == 404


@pytest.mark.parametrize("path", sorted(page_files().keys() - {WORKER}))
def test_each_file_has_its_media_type(floor: Floor, path: str) -> None:
    """Each file comes with the type of its suffix: browsers are told not to guess."""
    answer = floor.get(f"/static/{path}", key=None)
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == MEDIA_TYPES[path.rpartition(".")[2]]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_that_is_known_already_is_not_sent_again(floor: Floor) -> None:
    """A browser asks each time, and gets 304 while the file is the same."""
    first = floor.get("/static/app.js", key=None)
    assert first.headers["cache-control"] == "no-cache"
    again = floor.get("/static/app.js", key=None, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert floor.get("/static/app.js", key=None, headers={"if-none-match": '"other"'}).status_code == 200


def test_two_files_have_two_etags() -> None:
    """An ETag stands for a content."""
    served = page_files()
    assert len({file.etag for file in served.values()}) == len({file.content for file in served.values()})


@pytest.mark.parametrize(
    "path", ["", "nothing.js", "styles", "../mount.py", "..%2fmount.py", "%2e%2e/mount.py", "//etc/passwd"]
)
def test_nothing_else_can_be_fetched(floor: Floor, path: str) -> None:
    """What is none of the page's files is a problem document with 404."""
    answer = floor.get(f"/static/{path}", key=None)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_page_is_read_only(floor: Floor) -> None:
    """HEAD is answered as GET without a body; other methods are refused."""
    assert (floor.ask("HEAD", "/").status_code, floor.ask("HEAD", "/").content) == (200, b"")
    assert floor.ask("POST", "/static/app.js").status_code == 405
