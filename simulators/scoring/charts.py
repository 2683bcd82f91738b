"""Charts as SVG text: scales with ticks, points, lines and bars, each with its title for a pointer. Pure.

Colours are classes (`m0` … `m7`, see page_style.py), so that a page is readable in light and in dark.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 16, 16, 56
MARKER_PX = 5.5
ROW_PX = 54
LINE_PX, NAME_PX = 13, 90
"""Names closer to each other than this would overlap: the later one is written a line above."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From values to pixels, linear or logarithmic."""

    low: float
    high: float
    from_px: float
    to_px: float
    is_log: bool = False

    def px(self, value: float) -> float:
        """Return where a value stands; what lies beyond an end stands at it."""
        low, high = self._of(self.low), self._of(self.high)
        least, most = min(self.low, self.high), max(self.low, self.high)
        share = (self._of(min(max(value, least), most)) - low) / (high - low)
        return self.from_px + share * (self.to_px - self.from_px)

    def ticks(self) -> list[float]:
        """Return round values between the ends."""
        if self.is_log:
            first, last = math.ceil(math.log10(self.low) - 1e-9), math.floor(math.log10(self.high) + 1e-9)
            decades = [10.0**power for power in range(first, last + 1)]
            if len(decades) > 2:
                return decades
            fine = [factor * 10.0**power for power in range(first - 1, last + 1) for factor in (1, 2, 5)]
            return [value for value in fine if self.low <= value <= self.high * (1 + 1e-9)]
        step = _round_step((self.high - self.low) / 6)
        first_step = math.ceil(self.low / step - 1e-9)
        last_step = math.floor(self.high / step + 1e-9)
        return [number * step for number in range(first_step, last_step + 1)]

    def _of(self, value: float) -> float:
        return math.log10(value) if self.is_log else value


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))


def label(value: float) -> str:
    """Return a tick's text."""
    if value and (abs(value) < 1e-3 or abs(value) >= 1e5):
        return f"{value:.0e}".replace("e-0", "e-").replace("e+0", "e")
    return f"{value:,.6g}"


@dataclass(slots=True)
class Plot:
    """A frame with two axes, filled part by part. `about` is its text for those who cannot see it."""

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    about: str
    x_words: Sequence[tuple[float, str]] | None = None
    y_words: Sequence[tuple[float, str]] = ()
    height: int = HEIGHT
    has_y_ticks: bool = True
    _written: list[tuple[float, float]] = field(default_factory=list)
    _parts: list[str] = field(default_factory=list)

    def line(self, points: Iterable[tuple[float, float]], css: str, title: str = "") -> None:
        """Join points."""
        path = " ".join(f"{self.x.px(x):.1f},{self.y.px(y):.1f}" for x, y in points)
        self._parts.append(f'<polyline class="line {css}" points="{path}">{_title(title)}</polyline>')

    def point(self, x: float, y: float, css: str, shape: str, title: str, scale: float = 1.0) -> None:
        """Put a marker."""
        mark = _marker(shape, self.x.px(x), self.y.px(y), MARKER_PX * scale)
        self._parts.append(f'<g class="dot {css}">{mark}{_title(title)}</g>')

    def span(self, x: tuple[float, float], y: tuple[float, float], css: str) -> None:
        """Draw a straight stroke, such as an interval."""
        (x1, x2), (y1, y2) = ((s.px(ends[0]), s.px(ends[1])) for s, ends in ((self.x, x), (self.y, y)))
        self._parts.append(
            f'<line class="whisker {css}" x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}"/>'
        )

    def text(self, x: float, y: float, words: str, dx: float = 9, dy: float = 4) -> None:
        """Write beside a point."""
        at_x, at_y = self.x.px(x), self.y.px(y)
        anchor = "end" if at_x > WIDTH - 130 else "start"
        at_x += -dx if anchor == "end" else dx
        while any(abs(at_y - y_) < LINE_PX and abs(at_x - x_) < NAME_PX for x_, y_ in self._written):
            at_y -= LINE_PX
        self._written.append((at_x, at_y))
        self._parts.append(
            f'<text class="name" x="{at_x:.1f}" y="{at_y + dy:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
        )

    def note(self, x: float, y: float, words: str, dy: float) -> None:
        """Write under a point (dy > 0) or over it, whatever else is written there."""
        self._parts.append(
            f'<text class="tick" x="{self.x.px(x):.1f}" y="{self.y.px(y) + dy:.1f}" text-anchor="middle">'
            f"{escape(words)}</text>"
        )

    def row(self, number: int, name: str) -> None:
        """Name a row of the y axis, and draw its upper edge."""
        top, middle = self.y.px(number), self.y.px(number + 0.5)
        self._parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{top:.1f}" y2="{top:.1f}"/>'
            f'<text class="tick" x="{LEFT - 8}" y="{middle + 4:.1f}" text-anchor="end">{escape(name)}</text>'
        )

    def svg(self) -> str:
        """Return the chart."""
        axes = "".join((*self._x_axis(), *self._y_axis()))
        return (
            f'<svg viewBox="0 0 {WIDTH} {self.height}" role="img" aria-label="{escape(self.about)}">'
            f"{axes}{''.join(self._parts)}</svg>"
        )

    def _x_axis(self) -> Iterable[str]:
        bottom = self.height - BOTTOM
        words = [(v, label(v)) for v in self.x.ticks()] if self.x_words is None else self.x_words
        for value, text in words:
            at = self.x.px(value)
            yield f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP}" y2="{bottom}"/>'
            yield f'<text class="tick" x="{at:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(text)}</text>'
        yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>'
        middle = (LEFT + WIDTH - RIGHT) / 2
        yield (
            f'<text class="title" x="{middle}" y="{self.height - 12}" text-anchor="middle">'
            f"{escape(self.x_title)}</text>"
        )

    def _y_axis(self) -> Iterable[str]:
        ticks = [(value, label(value)) for value in self.y.ticks()] if self.has_y_ticks else []
        for value, text in [*ticks, *self.y_words]:
            at = self.y.px(value)
            yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>'
            yield f'<text class="tick" x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{escape(text)}</text>'
        bottom = self.height - BOTTOM
        yield f'<line class="axis" x1="{LEFT}" x2="{LEFT}" y1="{TOP}" y2="{bottom}"/>'
        middle = (TOP + bottom) / 2
        yield (
            f'<text class="title" transform="translate(16 {middle}) rotate(-90)" text-anchor="middle">'
            f"{escape(self.y_title)}</text>"
        )


def plot(
    x: tuple[float, float],
    y: tuple[float, float],
    titles: tuple[str, str],
    about: str,
    *,
    log_x: bool = False,
    log_y: bool = False,
    height: int = HEIGHT,
) -> Plot:
    """Return an empty plot of these ranges."""
    across = Scale(*x, LEFT, WIDTH - RIGHT, log_x)
    up = Scale(*y, height - BOTTOM, TOP, log_y)
    return Plot(across, up, *titles, about, height=height)


def rows(
    groups: Sequence[tuple[str, Sequence[tuple[str, str, str, float]]]], x: Scale, x_title: str, about: str
) -> str:
    """Return groups of points, a row each: (row's name, [(name, colour class, shape, value)]).

    On a logarithmic scale what is below its beginning stands on it, under the word "none".
    """
    height = TOP + BOTTOM + ROW_PX * len(groups)
    none = [(x.low, "none")] if x.is_log else []
    words = [*none, *((tick, label(tick)) for tick in x.ticks() if not none or tick > x.low * 1.5)]
    up = Scale(len(groups), 0, height - BOTTOM, TOP)
    chart = Plot(x, up, x_title, "", about, words, height=height, has_y_ticks=False)
    for number, (name, points) in enumerate(groups):
        chart.row(number, name)
        for place, (who, css, shape, value) in enumerate(points):
            at_y = number + (place + 1) / (len(points) + 1)
            chart.point(value, at_y, css, shape, f"{name}, {who}: {label(float(f'{value:.3g}'))}")
    return chart.svg()


def swatch(css: str, shape: str) -> str:
    """Return a marker for a legend."""
    return f'<svg class="swatch" viewBox="0 0 14 14" aria-hidden="true"><g class="dot {css}">{_marker(shape, 7, 7, 5.5)}</g></svg>'


def _marker(shape: str, x: float, y: float, r: float) -> str:
    if shape == "ring":
        return f'<circle class="ring" cx="{x:.1f}" cy="{y:.1f}" r="{r * 0.85:.1f}"/>'
    if shape == "circle":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
    corners = {
        "square": ((-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)),
        "diamond": ((0, -1.25), (1.25, 0), (0, 1.25), (-1.25, 0)),
        "up": ((0, -1.2), (1.15, 0.9), (-1.15, 0.9)),
        "down": ((0, 1.2), (1.15, -0.9), (-1.15, -0.9)),
        "cross": ((-1, -0.4), (-0.4, -1), (0, -0.5), (0.4, -1), (1, -0.4), (0.5, 0), (1, 0.4), (0.4, 1),
                  (0, 0.5), (-0.4, 1), (-1, 0.4), (-0.5, 0)),
    }[shape]  # fmt: skip
    path = " ".join(f"{x + dx * r:.1f},{y + dy * r:.1f}" for dx, dy in corners)
    return f'<polygon points="{path}"/>'


def _title(words: str) -> str:
    return f"<title>{escape(words)}</title>" if words else ""
