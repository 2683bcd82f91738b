"""Draw the pictures of docs/truth.md from the product's own rules: python -m tools.truth_pictures

Nothing is drawn by hand: a small shop is played to the engine, and what it believes is what stands in
the picture. Seeded, so that the same rules give the same files.
"""

from dataclasses import dataclass
from html import escape
from pathlib import Path
from random import Random

from gateway.sales import SURE as ENOUGH
from gateway.sales import verdicts
from gateway.stock.certainty import belief
from tests.support.small_site import STORE, SmallShop, epc

PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
WIDTH, HEIGHT, LEFT, BELOW, TOP, RIGHT = 760, 330, 58, 52, 58, 24
NEIGHBOURS = 24
"""Other tags of the zone, by which its antenna proves that it sees."""
WARM_UP_S = 5_400
EPOCH_S = 5
SURE = 0.9994
HIGH = 0.8
"""Words of a level above it stand below its line, where curves end less often."""
STYLE = """
    :root { color-scheme: light dark; }
    .back { fill: #ffffff; } .title { fill: #1f2933; font-size: 17px; font-weight: 600; }
    .text { fill: #1f2933; font-size: 13px; } .soft { fill: #57606a; font-size: 12.5px; }
    .grid { stroke: #d8dee4; } .mark { stroke: #57606a; stroke-dasharray: 5 4; }
    .a { stroke: #0b7a75; fill: #0b7a75; } .b { stroke: #b45309; fill: #b45309; }
    .c { stroke: #7c3aed; fill: #7c3aed; } .d { stroke: #57606a; fill: #57606a; }
    .line { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .word { stroke: none; font-size: 13px; font-weight: 600; }
    .bar { stroke: none; } .faint { fill-opacity: .28; }
    @media (prefers-color-scheme: dark) {
      .back { fill: #0d1117; } .title, .text { fill: #e6edf3; } .soft { fill: #9da7b1; }
      .grid { stroke: #2d363f; } .mark { stroke: #9da7b1; }
      .a { stroke: #4cc9bf; fill: #4cc9bf; } .b { stroke: #f0a04b; fill: #f0a04b; }
      .c { stroke: #b794ff; fill: #b794ff; } .d { stroke: #9da7b1; fill: #9da7b1; }
      .line { fill: none; } .word { stroke: none; } .bar { stroke: none; }
    }"""


@dataclass(frozen=True)
class Line:
    """One curve: (minutes, probability) points, its colour class, its words and where they stand."""

    points: list[tuple[float, float]]
    colour: str
    words: str
    at: tuple[float, float]


def picture(title: str, told: str, parts: list[str]) -> str:
    """Return a whole SVG file."""
    family = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="{family}" '
        f'role="img" aria-labelledby="title desc">\n  <title id="title">{escape(title)}</title>\n'
        f'  <desc id="desc">{escape(told)}</desc>\n  <style>{STYLE}\n  </style>\n'
        f'  <rect class="back" width="{WIDTH}" height="{HEIGHT}" rx="10"/>\n'
        f'  <text class="title" x="18" y="30">{escape(title)}</text>\n'
    )
    return head + "".join(f"  {part}\n" for part in parts) + "</svg>\n"


def write(name: str, title: str, told: str, parts: list[str]) -> None:
    """Write a picture."""
    path = PICTURES / f"{name}.svg"
    path.write_text(picture(title, told, parts), "utf-8")
    print(f"{path}: {path.stat().st_size / 1024:.1f} KiB")


def chart(lines: list[Line], minutes: tuple[float, float], marks: dict[float, str], below: str) -> list[str]:
    """Return a chart of probabilities over minutes; `marks` are levels with words."""
    first, last = minutes

    def x(minute: float) -> float:
        return LEFT + (minute - first) / (last - first) * (WIDTH - LEFT - RIGHT)

    def y(p: float) -> float:
        return TOP + (1 - p) * (HEIGHT - TOP - BELOW)

    parts = []
    for tick in (0, 0.25, 0.5, 0.75, 1):
        parts.append(
            f'<line class="grid" x1="{x(first)}" y1="{y(tick):.1f}" x2="{x(last)}" y2="{y(tick):.1f}"/>'
        )
        parts.append(
            f'<text class="soft" x="{LEFT - 8}" y="{y(tick) + 4:.1f}" text-anchor="end">{tick:.0%}</text>'
        )
    step = (last - first) / 6
    for number in range(7):
        minute = first + number * step
        words = f"{minute:g}"
        parts.append(
            f'<text class="soft" x="{x(minute):.1f}" y="{HEIGHT - BELOW + 20}" text-anchor="middle">{words}</text>'
        )
    parts.append(
        f'<text class="soft" x="{x((first + last) / 2):.1f}" y="{HEIGHT - 12}" text-anchor="middle">{escape(below)}</text>'
    )
    for level, words in marks.items():
        parts.append(
            f'<line class="mark" x1="{x(first)}" y1="{y(level):.1f}" x2="{x(last)}" y2="{y(level):.1f}"/>'
        )
        parts.append(
            f'<text class="soft" x="{x(first) + 6:.1f}" y="{y(level) + (14 if level > HIGH else -5):.1f}">{escape(words)}</text>'
        )
    for line in lines:
        path = " ".join(f"{x(m):.1f},{y(p):.1f}" for m, p in line.points if first <= m <= last)
        parts.append(f'<polyline class="line {line.colour}" points="{path}"/>')
    parts += [
        f'<text class="word {line.colour}" x="{x(line.at[0]):.1f}" y="{y(line.at[1]):.1f}">{escape(line.words)}</text>'
        for line in lines
    ]
    return parts


# -- a small shop to look into ------------------------------------------------------------------------


class Watched:
    """A shop whose floor holds neighbours and a few tags with read rates of their own."""

    def __init__(self, rates: dict[str, float], seed: int = 7) -> None:
        self.shop = SmallShop()
        self.rates = rates | {epc("JEANS", number): 0.8 for number in range(NEIGHBOURS)}
        self.random = Random(seed)
        self.silent: set[str] = set()
        self.back: dict[str, float] = {}

    def live(self, seconds: int) -> None:
        """Let time pass: each tag is read by the floor's antenna (or the back room's) at its own rate."""
        for _ in range(0, seconds, EPOCH_S):
            self.shop.run(EPOCH_S)
            if "front" in self.shop.alive:
                read = [
                    t
                    for t, rate in self.rates.items()
                    if t not in self.silent and self.random.random() < rate
                ]
                self.shop.read(*read)
            read = [tag for tag, rate in self.back.items() if self.random.random() < rate]
            self.shop.read(*read, reader="rear", rssi=-62)

    def p_present(self, tag: str) -> float:
        """Return the belief that a tag is in the store."""
        item = self.shop.engine.state.presence.item(tag)
        return 0.0 if item is None else item.p_present


def follow(watched: Watched, tags: list[str], minutes: float) -> list[list[tuple[float, float]]]:
    """Return P(in the store) of each tag over the next minutes."""
    curves: list[list[tuple[float, float]]] = [[(0.0, watched.p_present(tag))] for tag in tags]
    for step in range(1, int(minutes * 60 / EPOCH_S) + 1):
        watched.live(EPOCH_S)
        for curve, tag in zip(curves, tags, strict=True):
            curve.append((step * EPOCH_S / 60, watched.p_present(tag)))
    return curves


def draw_silence() -> None:
    """Three tags fall silent; and one of a reader that dies."""
    tags = [epc("TEE", number) for number in range(3)]
    rates = dict(zip(tags, (0.8, 0.34, 0.08), strict=True))
    watched = Watched(rates)
    watched.live(WARM_UP_S)
    watched.silent |= set(tags)
    often, seldom, hardly = follow(watched, tags, 60)
    dead = Watched(rates)
    dead.live(WARM_UP_S)
    dead.shop.alive.discard("front")
    (unseen,) = follow(dead, tags[:1], 60)
    lines = [
        Line(often, "a", "read 4 times in 5", (44, 0.86)),
        Line(seldom, "b", "read 1 time in 3", (44, 0.77)),
        Line(hardly, "c", "read 1 time in 12", (44, 0.68)),
        Line(unseen, "d", "its reader is dead: silence says nothing", (21, 1.03)),
    ]
    write(
        "silence",
        "How sure we are that a piece is still here, once it falls silent",
        "Probability over an hour of silence for tags that were read often, seldom and hardly ever, and for one "
        "whose reader died.",
        chart(lines, (0, 60), {0.1: "given up below 10 %"}, "minutes of silence"),
    )


def draw_next_door() -> None:
    """A piece is carried from the back room to the floor; the back room's antenna still hears it at times."""
    tag = epc("TEE", 1)
    watched = Watched({})
    watched.back = {tag: 0.8} | {epc("JEANS", 100 + number): 0.8 for number in range(NEIGHBOURS)}
    watched.live(WARM_UP_S)
    presence = watched.shop.engine.state.presence
    store = presence.stores[STORE]
    floor, back = store.zone_number["floor"], store.zone_number["back"]
    on_floor, in_back = [], []
    for step in range(12 * 60 // EPOCH_S):
        if step == 4 * 60 // EPOCH_S:
            watched.back[tag] = 0.12
            watched.rates[tag] = 0.8
        watched.live(EPOCH_S)
        row = store.columns.index[tag]
        minute = step * EPOCH_S / 60
        on_floor.append((minute, float(store.columns.p_zone[row, floor])))
        in_back.append((minute, float(store.columns.p_zone[row, back])))
    lines = [
        Line(in_back, "c", "in the back room", (1.2, 0.91)),
        Line(on_floor, "a", "on the floor", (5.4, 0.91)),
    ]
    write(
        "next_door",
        "A piece is carried to the floor at minute 4; the back room still hears it",
        "Probability of the two zones over twelve minutes; the back room's antenna goes on hearing the piece at "
        "times.",
        chart(lines, (0, 12), {0.75: "moves above 75 %"}, "minutes"),
    )


def draw_sale() -> None:
    """Two pieces of an article, one sale: which one was it?"""
    taken, stays = epc("TEE", 0), epc("TEE", 1)
    watched = Watched({taken: 0.6, stays: 0.6})
    watched.live(WARM_UP_S)
    watched.shop.tell("sale", sku="TEE")
    watched.silent.add(taken)
    curves: dict[str, list[tuple[float, float]]] = {taken: [], stays: [], "nobody": []}
    for step in range(60 // EPOCH_S + 1):
        ((_, _, verdict),) = verdicts(watched.shop.engine.state, STORE, "TEE")
        at = float(step * EPOCH_S)
        for tag in (taken, stays):
            curves[tag].append((at, verdict.p_left[tag]))
        curves["nobody"].append((at, 1 - verdict.p_sold - verdict.p_unread))
        watched.live(EPOCH_S)
    lines = [
        Line(curves[taken], "a", "the piece that is not read any more", (24, 0.72)),
        Line(curves[stays], "b", "the one that still is", (24, 0.22)),
        Line(curves["nobody"], "d", "neither: the scan was wrong", (40, 0.075)),
    ]
    write(
        "sale",
        "A till sold one of two pieces: which one was it?",
        "Probability over a minute after the sale that it took the silent piece, the other one, or none.",
        chart(
            lines, (0, 60), {ENOUGH: f"believed above {ENOUGH:.1%}, for a while"}, "seconds after the sale"
        ),
    )


def sure(p: float) -> str:
    """Return a probability in words that never claim certainty."""
    return "> 99.9%" if p > SURE else f"{p:.1%}"


def draw_number() -> None:
    """Four tags, one of them doubtful: the number, its range and what may be promised."""
    found = belief([0.999, 0.998, 0.99, 0.72], ())
    parts = []
    slot = (WIDTH - LEFT - RIGHT) / 5
    floor_y = HEIGHT - BELOW
    exact = [(found.at_least(n) if n else 1.0) - (found.at_least(n + 1) if n < 4 else 0.0) for n in range(5)]
    for n, p in enumerate(exact):
        tall = p * (floor_y - TOP - 26)
        x = LEFT + n * slot
        inside = found.interval_90[0] <= n <= found.interval_90[1]
        parts.append(
            f'<rect class="bar a{"" if inside else " faint"}" x="{x + slot * 0.2:.1f}" y="{floor_y - tall:.1f}" '
            f'width="{slot * 0.6:.1f}" height="{max(tall, 1):.1f}" rx="3"/>'
        )
        middle = x + slot / 2
        parts.append(
            f'<text class="text" x="{middle:.1f}" y="{floor_y - tall - 8:.1f}" text-anchor="middle">{p:.1%}</text>'
        )
        words = f"{n} pieces" if n != 1 else "1 piece"
        parts.append(
            f'<text class="text" x="{middle:.1f}" y="{floor_y + 18}" text-anchor="middle">{words}</text>'
        )
        if n:
            told = f"at least {n}: {sure(found.at_least(n))}"
            parts.append(
                f'<text class="soft" x="{middle:.1f}" y="{floor_y + 36}" text-anchor="middle">{told}</text>'
            )
    low, high = found.interval_90
    parts.append(
        f'<text class="soft" x="18" y="50">expected {found.expected:.2f} · 90 % certain: {low} to {high}</text>'
    )
    write(
        "number",
        "Four tags, of which one was not read for a while (72 % here)",
        "Probability of each number of pieces, and of at least so many.",
        parts,
    )


HIDDEN = (
    ("Where is it?", ("front of shop", "back room", "fitting room", "till, exit …"), "a"),
    ("Can it be seen?", ("in view", "in shadow, a minute", "… some minutes", "… half an hour"), "b"),
    ("How is its tag?", ("normal", "weak: one time in three", "hard: one time in ten", "dead: never"), "c"),
)


def draw_hidden() -> None:
    """What is not seen and must be weighed of each tag: three questions, or it is gone."""
    parts = []
    wide, gap = 186, 30
    for column, (question, answers, colour) in enumerate(HIDDEN):
        x = 18 + column * (wide + gap)
        parts.append(f'<text class="text" x="{x}" y="72" font-weight="600">{escape(question)}</text>')
        for row, words in enumerate(answers):
            y = 86 + row * 48
            parts.append(
                f'<rect class="{colour} faint bar" x="{x}" y="{y}" width="{wide}" height="38" rx="8"/>'
            )
            parts.append(f'<text class="text" x="{x + 12}" y="{y + 24}">{escape(words)}</text>')
        sign = "×" if column < len(HIDDEN) - 1 else "or"
        parts.append(
            f'<text class="title" x="{x + wide + gap / 2}" y="182" text-anchor="middle">{sign}</text>'
        )
    x = 18 + 3 * (wide + gap)
    parts.append(f'<rect class="d faint bar" x="{x}" y="86" width="76" height="182" rx="8"/>')
    parts.append(f'<text class="text" x="{x + 38}" y="182" text-anchor="middle">gone</text>')
    parts.append(
        '<text class="soft" x="18" y="304">Every five seconds each answer gets more or less likely, by what was '
        "read, and by what was not.</text>"
    )
    write(
        "hidden",
        "What nobody sees of a piece, and we weigh",
        "Three questions: where it is, whether it can be seen, how its tag is; or it is gone.",
        parts,
    )


def main() -> None:
    """Draw them all."""
    PICTURES.mkdir(exist_ok=True)
    draw_number()
    draw_hidden()
    draw_silence()
    draw_next_door()
    draw_sale()


if __name__ == "__main__":
    main()
