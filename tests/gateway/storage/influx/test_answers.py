"""What a server's answers mean: those of real servers, by version, as they stand in their documents and sources."""

import json

import pytest

from gateway.storage.influx.answers import MAX_RETRY_AFTER_S, MAX_WORDS, judged
from gateway.storage.influx.errors import BatchTooLarge, InfluxError, LinesRefused, ServerAway, ServerDenies

NOW_NS = 1_767_261_600 * 10**9
"""2026-01-01 10:00:00 UTC."""


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, '{"error":"partial write: field type conflict: … dropped=1"}', LinesRefused),
        (400, '{"code":"invalid","message":"unable to parse \'x\': missing fields"}', LinesRefused),
        (422, '{"code":"unprocessable entity","message":"failure writing points to database"}', LinesRefused),
        (400, '{"error":"partial write of line protocol occurred","data":[]}', LinesRefused),
        (400, "<html>The plain HTTP request was sent to HTTPS port</html>", ServerDenies),
        (400, "[]", ServerDenies),
        (401, '{"error":"authorization failed"}', ServerDenies),
        (401, '{"code":"unauthorized","message":"unauthorized access"}', ServerDenies),
        (403, '{"error":"\\"shop\\" user is not authorized to write to database \\"stock\\""}', ServerDenies),
        (404, '{"error":"database not found: \\"stock\\""}', ServerDenies),
        (404, '{"code":"not found","message":"bucket \\"stock\\" not found"}', ServerDenies),
        (404, "404 page not found", ServerDenies),
        (405, "", ServerDenies),
        (302, "", ServerDenies),
        (413, '{"error":"Request Entity Too Large"}', BatchTooLarge),
        (429, '{"code":"too many requests","message":"org 1 has exceeded limited_write plan limit"}', ServerAway),
        (408, "", ServerAway),
        (500, '{"error":"timeout"}', ServerAway),
        (503, '{"code":"unavailable","message":"unavailable"}', ServerAway),
        (504, "<html>upstream</html>", ServerAway),
    ],
)  # fmt: skip
def test_each_answer_has_one_meaning(status: int, body: str, kind: type[InfluxError]) -> None:
    """Lines, size, an operator or time: one of them helps; the server's words are told."""
    error = judged(status, {}, body, NOW_NS)
    assert type(error) is kind
    assert error.detail
    if isinstance(error, ServerDenies):
        assert "influxdb." in error.remedy


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("86400", MAX_RETRY_AFTER_S),
        ("Thu, 01 Jan 2026 10:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 09:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2100 00:00:00 GMT", MAX_RETRY_AFTER_S),
        ("soon", None),
        ("-5", None),
        ("", None),
        ("9" * 400, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(text: str, wait_s: float | None) -> None:
    """Both forms of RFC 9110 are read, bounded by an hour; anything else asks for nothing."""
    error = judged(503, {"Retry-After": text}, "", NOW_NS)
    assert isinstance(error, ServerAway)
    assert error.retry_after_s == wait_s


def test_a_servers_words_are_cut() -> None:
    """An error page of a megabyte becomes a line."""
    assert len(judged(500, {}, "x" * 10**6, NOW_NS).detail) < MAX_WORDS + 100
    assert len(judged(400, {}, json.dumps({"error": "x" * 10**6}), NOW_NS).detail) <= MAX_WORDS
