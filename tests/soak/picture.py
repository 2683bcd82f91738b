"""A soak as a page: its curves, its verdicts. Pure: text out, no script, nothing fetched."""

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

from simulators.scoring.charts import plot, swatch
from simulators.scoring.page_style import STYLE
from tests.soak.verdict import MIB, Check, Sample, settled, slope

Curve = tuple[str, str, Callable[[Sample], float]]
"""Name, colour class, value."""
MORE = 1.15


def page(title: str, samples: Sequence[Sample], checks: Sequence[Check]) -> str:
    """Return the page."""
    rows = "".join(
        f"<tr><td>{escape(check.name)}</td><td>{'holds' if check.holds else '<strong>FAILS</strong>'}</td>"
        f"<td>{escape(check.words)}</td></tr>"
        for check in checks
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}td:nth-child(3) {{ text-align: left }}</style></head><body>"
        f'<h1>{escape(title)}</h1><div class="scroll"><table><thead><tr><th>rule</th><th></th><th>found</th></tr>'
        f"</thead><tbody>{rows}</tbody></table></div>{''.join(_charts(samples))}</body></html>\n"
    )


def _charts(samples: Sequence[Sample]) -> Iterator[str]:
    yield _chart(
        "Memory of the gateway", "MiB", samples, [("resident", "m0", lambda s: s.rss_bytes / MIB)], fit=True
    )
    yield _chart("Files", "MiB", samples, [
        ("store", "m0", lambda s: s.db_bytes / MIB), ("write-ahead log", "m4", lambda s: s.wal_bytes / MIB)])  # fmt: skip
    yield _chart("Rows", "rows", samples, [
        (table, f"m{number % 7}", _rows_of(table))
        for number, table in enumerate(samples[0].rows if samples else ())])  # fmt: skip
    yield _chart("Reads on their way", "reads", samples, [
        ("acknowledged by the broker, not yet counted", "m4", lambda s: s.acknowledged - s.received),
        ("held", "m0", lambda s: s.held)])  # fmt: skip
    yield _chart("Look-ups", "ms", samples, [
        ("p99", "m4", lambda s: s.look_up_p99_ms), ("p50", "m0", lambda s: s.look_up_p50_ms)])  # fmt: skip


def _rows_of(table: str) -> Callable[[Sample], float]:
    return lambda sample: sample.rows.get(table, 0)


def _chart(
    title: str, unit: str, samples: Sequence[Sample], curves: Sequence[Curve], *, fit: bool = False
) -> str:
    values = [value(s) for _, _, value in curves for s in samples]
    least, most = min([0.0, *values]), max([1.0, *values])
    minutes = max([1.0, *(s.at_s / 60 for s in samples)])
    about = f"{title} over {minutes:.3g} minutes"
    chart = plot((0.0, minutes), (least * MORE, most * MORE), ("minutes", unit), about, height=260)
    for name, css, value in curves:
        chart.line([(s.at_s / 60, value(s)) for s in samples], css, name)
    calm = settled(samples)
    if fit and calm:
        per_hour, middle = slope(calm, curves[0][2]).per_hour, calm[len(calm) // 2]
        line = [(s.at_s / 60, curves[0][2](middle) + per_hour * (s.at_s - middle.at_s) / 3_600) for s in (calm[0], calm[-1])]  # fmt: skip
        if not math.isnan(per_hour):
            chart.line(line, "faint", f"slope {per_hour:+.1f} {unit}/h after the warm-up")
    names = "".join(f"<li>{swatch(css, 'square')}{escape(name)}</li>" for name, css, _ in curves)
    return f'<h3>{escape(title)}</h3><figure><ul class="legend">{names}</ul>{chart.svg()}</figure>'
