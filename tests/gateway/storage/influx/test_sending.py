"""A poisoned line is found and set aside, whatever a server says of it; the rest goes on, and nothing is lost."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.storage.influx.errors import BatchTooLarge, LinesRefused, ServerAway, ServerDenies
from gateway.storage.influx.refusals import named_lines
from gateway.storage.influx.sending import Sender
from tests.support.line_server import LineServer, refusal

GOOD = [b"stock,sku=A pieces=%di 1" % n for n in range(9)]


@pytest.mark.parametrize("kind", ["silent", "whole", "named", "numbered", "conflict"])
@given(places=st.sets(st.integers(0, 19), max_size=8))
def test_the_bad_lines_are_set_aside_and_no_others(kind: str, places: set[int]) -> None:
    """Any number of bad lines anywhere, each way of refusing: exactly they are refused, all others are taken."""
    lines = [b"stock,sku=%d pieces=%s 1" % (n, b"BAD" if n in places else b"1i") for n in range(20)]
    server = LineServer(kind)
    sender = Sender(server)
    sender.send([b"first x=1i 1"])
    sent = sender.send(lines)
    assert sorted(line for line, _ in sent.refused) == sorted(line for line in lines if b"BAD" in line)
    assert server.taken - {b"first x=1i 1"} == {line for line in lines if b"BAD" not in line}
    assert sent.taken == len(lines) - len(places)
    assert all(reason for _, reason in sent.refused)


def test_words_that_name_the_line_spare_the_search() -> None:
    """One bad line among thousands costs two requests where it is named, and twice the halvings where not."""
    lines = [b"stock,sku=%d pieces=1i 1" % n for n in range(4_096)]
    lines[1_234] = b"stock,sku=1234 pieces=BAD 1"
    for kind, most in (("named", 2), ("numbered", 2), ("silent", 2 * 12 + 1)):
        sender = Sender(LineServer(kind))
        sender.send(lines)
        assert sender.requests <= most, kind


def test_a_refusal_of_everything_is_no_fault_of_the_lines() -> None:
    """A server that never took a line is not believed when it blames them: nothing is set aside."""
    sender = Sender(LineServer("silent", takes_nothing=True))
    with pytest.raises(ServerDenies, match="refuses all lines"):
        sender.send(GOOD)


def test_points_that_the_server_no_longer_keeps_are_no_refusals() -> None:
    """What is older than the retention there is counted, and never searched for."""
    server = LineServer("silent")
    server.answers = [refusal("partial write: points beyond retention policy dropped=4")]
    sender = Sender(server)
    sent = sender.send(GOOD)
    assert (sent.taken, sent.expired, sent.refused) == (5, 4, [])
    assert sender.requests == 1


@pytest.mark.parametrize("error", [ServerAway("down"), ServerDenies("no", "mend it"), BatchTooLarge("413")])
def test_what_is_no_fault_of_a_line_is_passed_on(error: Exception) -> None:
    """Whoever waits, mends or sends less gets to hear of it; nothing is set aside."""
    server = LineServer("silent")
    server.answers = [error]
    with pytest.raises(type(error)):
        Sender(server).send(GOOD)


def test_a_line_too_large_by_itself_is_set_aside() -> None:
    """A single line that the server will not take for its size cannot become smaller."""
    server = LineServer("silent")
    sender = Sender(server)
    sender.send(GOOD)
    server.answers = [BatchTooLarge("413: too large")]
    assert sender.send([b"long"]).refused == [(b"long", "413: too large")]


def test_a_server_that_dies_in_the_middle_of_the_search_gets_it_all_again() -> None:
    """The batch is not half settled: the same lines are written once more, which changes nothing."""
    lines = [*GOOD, b"stock,sku=B pieces=BAD 1"]
    server = LineServer("silent")
    server.answers = [None, None, ServerAway("gone")]
    sender = Sender(server)
    with pytest.raises(ServerAway):
        sender.send(lines)
    assert len(sender.send(lines).refused) == 1
    assert server.taken == set(GOOD)


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"message": "unable to parse 'stock,sku=A pieces=1i 1': bad\nunable to parse 'x': y"}, {1: "bad"}),
        ({"error": "partial write: unable to parse 'stock,sku=A pieces=2i 1': bad timestamp dropped=0"}, {2: "bad timestamp"}),
        ({"error": "p", "data": [{"line_number": 3, "original_line": "stock,sku=A pi", "error_message": "no"}]}, {2: "no"}),
        ({"error": "p", "data": [{"line_number": 3, "original_line": "another", "error_message": "no"}]}, {}),
        ({"error": "p", "data": {"line_number": 1, "error_message": "no"}}, {0: "no"}),
        ({"error": "p", "data": [{"line_number": 99}, {"line_number": "1"}, None]}, {}),
        ({"error": 'partial write: field type conflict: input field "pieces" on measurement "stock" is type float, already exists as type integer dropped=2'}, {}),
        ({"error": "something else"}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_what_servers_words_name(document: dict[str, object], named: dict[int, str]) -> None:
    """By the line's text, by its number, by measurement and field where that is certain; else none."""
    assert named_lines(LinesRefused("refused", document), GOOD) == named


@settings(max_examples=30)
@given(document=st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["data", "error", "message", "line_number", "original_line"]), inner)))  # fmt: skip
def test_no_answer_makes_it_stumble(document: object) -> None:
    """Whatever JSON a server answers, only places of the batch are named."""
    known = json.loads(json.dumps(document))
    if isinstance(known, dict):
        assert set(named_lines(LinesRefused("refused", known), GOOD)) <= set(range(len(GOOD)))
