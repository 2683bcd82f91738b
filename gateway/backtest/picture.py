"""The timeline of a backtest as SVG text: levels, alerts, stock-outs and blind stretches. Pure.

    DEN-501-32   ▁▁▂▂▃▃▂▂▁▁        pieces on hand, a row an article, those with most alerts
    3 alerts          ▬▬▬  ✕       a bar while an alert stood, a cross where a stock-out came

It stands by itself: readable in light and dark, and, where a page forbids its style sheet, in light. Shapes tell as
much as colours do; its title and description say what it shows to those who cannot see it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from html import escape
from itertools import groupby

from gateway.backtest.model import NS_PER_S, Judged, Lived, Score, StockOut, Trace
from gateway.backtest.score import is_real
from gateway.delivery.language import Language

MAX_ROWS = 10
"""A screen: what is below it nobody compares with what is above."""
WIDTH, LEFT, RIGHT, TOP, ROW, FOOT = 960.0, 190.0, 20.0, 84.0, 64.0, 62.0
LEVEL_PX, BAR_PX, LABEL_PX = 40.0, 7.0, 84.0
MOST_CHARS = 24
"""Of an article's name beside its row."""
STEPS_NS = tuple(hours * 3_600 * NS_PER_S for hours in (1, 3, 6, 12, 24, 48, 168, 336, 720, 1_440, 2_880))
INK, SOFT, RULE, PAPER = "#1b1f24", "#5b6470", "#d8dcdf", "#fdfdfc"
LEVEL, ALERT, OUT = "#0063b1", "#b97900", "#c4320a"
STYLE = (
    "text{font-family:system-ui,sans-serif}"
    "@media (prefers-color-scheme:dark){"
    ".paper{fill:#14171a}.ink{fill:#e6e8ea}.soft{fill:#a2abb5}.rule{stroke:#3a4149}.level{stroke:#5aa9f0}"
    ".area{fill:#5aa9f0}.alert{fill:#f0b13c}.out{stroke:#ff8f70}.hatch{stroke:#a2abb5}}"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the picture is of. `zones`: the time zone of each store; the first store's is the axis's."""

    type: str
    from_ns: int
    to_ns: int
    zones: Mapping[str, tzinfo]
    language: Language


def picture(score: Score, lived: Sequence[Lived], shown: Shown) -> str:
    """Return the timeline as an SVG document."""
    return "".join(_Picture(score, lived, shown).parts())


class _Picture:
    def __init__(self, score: Score, lived: Sequence[Lived], shown: Shown) -> None:
        self._score = score
        self._shown = shown
        self._language = shown.language
        self._zone = next(iter(shown.zones.values()))
        self._lived = {one.store: one for one in lived}
        by_article: dict[tuple[str, str], list[Judged]] = defaultdict(list)
        for judged in score.judged:
            by_article[judged.episode.store, judged.episode.sku].append(judged)
        counts = Counter({key: len(found) for key, found in by_article.items()})
        ranked = sorted(counts, key=lambda key: (-counts[key], key))[:MAX_ROWS]
        self._rows = [(key, by_article[key]) for key in ranked]
        self._height = TOP + ROW * max(1, len(self._rows)) + FOOT

    def parts(self) -> Iterator[str]:
        """Yield the document."""
        title = self._say("title", name=self._say(f"types.{self._shown.type}"))
        summary = self._summary()
        yield (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {self._height:g}" role="img"'
            f' aria-labelledby="t d" lang="{self._language.code}" font-family="system-ui,sans-serif">'
            f'<title id="t">{escape(title)}</title>'
            f'<desc id="d">{escape(summary)} {escape(self._say("rows"))}</desc><style>{STYLE}</style>'
            '<defs><pattern id="h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
            f'<line class="hatch" x1="0" y1="0" x2="0" y2="6" stroke="{SOFT}" stroke-width="1.4"/></pattern></defs>'
        )
        yield f'<rect class="paper" width="{WIDTH:g}" height="{self._height:g}" fill="{PAPER}"/>'
        yield _text(20, 28, title, size=17, css="ink", weight=600)
        yield _text(20, 50, summary, size=13, css="soft")
        yield from self._axis()
        for number_, (key, judged) in enumerate(self._rows):
            yield from self._row(number_, key, judged)
        if not self._rows:
            yield _text(LEFT, TOP + ROW / 2, self._say("nothing"), size=14, css="ink")
        yield from self._legend()
        yield "</svg>"

    def _summary(self) -> str:
        score, language = self._score, self._language
        days = language.decimal_number(score.days, 0 if score.days == int(score.days) else 1)
        told = {
            "alerts": score.alerts,
            "days": days,
            "per_day": language.decimal_number(score.alerts_per_day, 1),
        }
        came = {"warned": score.warned, "told_late": score.told_late, "missed": score.missed}
        return f"{self._say('summary', **told)} {self._say('came', stock_outs=score.stock_outs, **came)}"

    # -- the axis ----------------------------------------------------------------------------------

    def _x(self, at_ns: int) -> float:
        span_ns = max(1, self._shown.to_ns - self._shown.from_ns)
        share = (min(max(at_ns, self._shown.from_ns), self._shown.to_ns) - self._shown.from_ns) / span_ns
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def _axis(self) -> Iterator[str]:
        bottom = TOP + ROW * max(1, len(self._rows))
        for at_ns, words in self._ticks():
            x = self._x(at_ns)
            yield f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP:g}" y2="{bottom:g}" stroke="{RULE}"/>'
            if x < WIDTH - LABEL_PX / 2:
                yield _text(x, bottom + 16, words, size=11, css="soft", anchor="middle")

    def _ticks(self) -> Iterator[tuple[int, str]]:
        """Yield the times of whole steps of the local day, and their words."""
        from_ns, to_ns = self._shown.from_ns, self._shown.to_ns
        step_ns = next((step for step in STEPS_NS if (to_ns - from_ns) / step <= 9), STEPS_NS[-1])
        local = datetime.fromtimestamp(from_ns // NS_PER_S, self._zone)
        midnight_ns = int(local.replace(hour=0, minute=0, second=0).timestamp()) * NS_PER_S
        at_ns = midnight_ns
        while at_ns <= to_ns:
            if at_ns >= from_ns:
                at = datetime.fromtimestamp(at_ns // NS_PER_S, self._zone)
                yield at_ns, self._time(at_ns) if step_ns < STEPS_NS[4] else self._language.short_day(at)
            at_ns += step_ns

    # -- a row -------------------------------------------------------------------------------------

    def _row(self, row: int, key: tuple[str, str], judged: Sequence[Judged]) -> Iterator[str]:
        store, sku = key
        lived = self._lived[store]
        top = TOP + ROW * row
        base = top + 6 + LEVEL_PX
        name = sku if len(sku) <= MOST_CHARS else sku[: MOST_CHARS - 1] + "…"
        told = self._say("alerts", total=len(judged))
        where = f"{store} · {told}" if len(self._lived) > 1 else told
        yield (f"<g><title>{escape(sku)}, {escape(store)}: {escape(told)}</title>")
        yield (
            f'<line class="rule" x1="20" x2="{WIDTH - RIGHT:g}" y1="{top:g}" y2="{top:g}" stroke="{RULE}"/>'
        )
        yield _text(20, top + 24, name, size=13, css="ink", weight=600)
        yield _text(20, top + 42, where, size=12, css="soft")
        for from_ns, to_ns in lived.blind:
            yield self._blind(from_ns, to_ns, top)
        yield from self._level(lived.traces.get(sku), top + 6, base)
        for each in judged:
            yield self._bar(each, base + 4)
        for out in lived.stock_outs:
            if out.sku == sku and is_real(out, lived.to_ns):
                yield self._cross(out, base)
        yield "</g>"

    def _level(self, trace: Trace | None, top: float, base: float) -> Iterator[str]:
        if trace is None or not trace.pieces:
            return
        most = max(1, *trace.pieces)
        path = _steps(
            [
                (self._x(at_ns), base - pieces / most * (base - top))
                for at_ns, pieces in zip(trace.at_ns, trace.pieces, strict=True)
            ],
            self._x(self._shown.to_ns),
        )
        first, last = self._x(trace.at_ns[0]), self._x(self._shown.to_ns)
        yield (
            f'<path class="area" d="{path}V{base:.1f}H{first:.1f}Z" fill="{LEVEL}" fill-opacity="0.12"/>'
            f'<path class="level" d="{path}" fill="none" stroke="{LEVEL}" stroke-width="1.4"/>'
        )
        words = self._say("most", pieces=most)
        yield _text(last, top + 4, words, size=10, css="soft", anchor="end")

    def _bar(self, judged: Judged, y: float) -> str:
        episode = judged.episode
        until_ns = self._shown.to_ns if episode.cleared_ns is None else episode.cleared_ns
        x, until = self._x(episode.fired_ns), self._x(until_ns)
        words = self._span("told", episode.fired_ns, episode.cleared_ns)
        return (
            f'<rect class="alert" x="{x:.1f}" y="{y:.1f}" width="{max(2.0, until - x):.1f}" height="{BAR_PX:g}"'
            f' rx="1.5" fill="{ALERT}"><title>{escape(words)}</title></rect>'
        )

    def _cross(self, out: StockOut, y: float) -> str:
        x, words = self._x(out.at_ns), self._span("out", out.at_ns, out.until_ns)
        return (
            f'<path class="out" d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8" fill="none" stroke="{OUT}"'
            f' stroke-width="2.4"><title>{escape(words)}</title></path>'
        )

    def _blind(self, from_ns: int, to_ns: int, top: float) -> str:
        x, until = self._x(from_ns), self._x(to_ns)
        return (
            f'<rect x="{x:.1f}" y="{top + 1:g}" width="{max(1.0, until - x):.1f}" height="{ROW - 2:g}" fill="url(#h)"'
            f' fill-opacity="0.55"><title>{escape(self._span("blind", from_ns, to_ns))}</title></rect>'
        )

    def _span(self, words: str, since_ns: int, until_ns: int | None) -> str:
        until = self._say("open_end") if until_ns is None else self._time(until_ns)
        return self._say(words, since=self._time(since_ns), until=until)

    def _time(self, at_ns: int) -> str:
        at = datetime.fromtimestamp(at_ns // NS_PER_S, self._zone)
        return f"{self._language.short_day(at)} {self._language.clock(at)}"

    def _say(self, path: str, **values: object) -> str:
        return self._language.text(f"backtest.{path}", values)

    def _legend(self) -> Iterator[str]:
        y = self._height - 16
        marks = {
            "level": f'<path class="level" d="M0 -4h16" stroke="{LEVEL}" stroke-width="2" fill="none"/>',
            "alert": f'<rect class="alert" y="-8" width="16" height="{BAR_PX:g}" rx="1.5" fill="{ALERT}"/>',
            "out": f'<path class="out" d="M4 -8l8 8m0-8l-8 8" stroke="{OUT}" stroke-width="2.4" fill="none"/>',
            "blind": '<rect y="-11" width="16" height="13" fill="url(#h)" fill-opacity="0.7"/>',
        }
        for place, (name, mark) in enumerate(marks.items()):
            words = escape(self._say(f"legend.{name}"))
            yield (
                f'<g transform="translate({LEFT + 170 * place:g} {y:g})">{mark}'
                f'<text class="ink" x="23" y="0" font-size="12" fill="{INK}">{words}</text></g>'
            )


def _steps(points: Sequence[tuple[float, float]], until: float) -> str:
    """Return the path of a level: flat from each point to the next. Of several at one place the ends are kept."""
    parts: list[str] = []
    for x, inside in groupby(points, key=lambda point: round(point[0] * 2) / 2):
        heights = [y for _, y in inside]
        parts.append(f"H{x:g}" if parts else f"M{x:g} {heights[0]:.1f}")
        ends = (heights[0], min(heights), max(heights), heights[-1])
        parts += [f"V{y:.1f}" for y, _ in groupby(ends)]
    return "".join((*parts, f"H{until:.1f}"))


def _text(
    x: float, y: float, words: str, *, size: int, css: str, weight: int = 400, anchor: str = "start"
) -> str:
    fill = INK if css == "ink" else SOFT
    return (
        f'<text class="{css}" x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}"'
        f' text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'
    )
