"""The debouncer equals two slow models, for more than a hundred tags, late reads, deaths and long runs.

- `Model` says the rules of one place again, from the docstring of silence.py, in a few dozen lines.
- `Scan` keeps the whole rule for single tags, and replaces every wheel, ticket and heap by a look at
  each tag in each pass: what tags do to one another, and when they are looked at, must not differ.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.presence.model import Departed, Place, PresenceEvent
from gateway.presence.silence import SilencePresence
from gateway.presence.tag import GAP_MEMORY_NS, PRESENT, PRIOR_GAP_NS, SilenceRule, Tag
from gateway.presence.watch import Watch
from tests.support.presence_shop import FLOOR, PLACES, READERS, RULE, T0, S, new_presence, said

TAGS = 120


@dataclass
class Known:
    """What the model knows of one tag."""

    state: str = "stray"
    last: int = 0
    heard: int = 0
    gap: float = PRIOR_GAP_NS
    changed: int = 0
    since: int | None = None
    reads: int = 0
    look: int = 0

    def threshold(self) -> int:
        return int(min(max(self.gap * RULE.silence_gaps, RULE.min_silence_ns), RULE.max_silence_ns))


@dataclass
class Model:
    """One place, never an exit. `clock` is its watched time; reads are `read`, tills `sold`, returns `expected`."""

    tags: dict[str, Known] = field(default_factory=dict)
    clock: int = 0
    said: list[str] = field(default_factory=list)

    def read(self, epc: str, at: int) -> None:
        tag = self.tags.setdefault(epc, Known())
        if at <= tag.changed:
            return
        if tag.state == "here":
            if at > tag.last:
                gap = min(self.clock - tag.heard, at - tag.last)
                tag.gap = gap if gap > tag.gap else tag.gap - tag.gap * min(1, gap / GAP_MEMORY_NS)
                tag.last, tag.heard = at, self.clock
            return
        span = 1_800 * S if tag.state == "sold" else 0
        if tag.since is None or at - tag.since > span + 600 * S:
            tag.since, tag.reads = at, 0
        tag.reads += 1
        tag.last = max(tag.last, at)
        if tag.reads >= {"stray": 2, "silent": 1, "sold": 3}[tag.state] and at - tag.since >= span:
            self.said.append(f"{'arrived' if tag.state == 'stray' else 'came back'} {epc} floor")
            tag.state, tag.changed, tag.heard = "here", at, self.clock
            tag.look = (tag.heard + tag.threshold()) // S + 1

    def leave(self, epc: str, state: str, at: int) -> None:
        tag = self.tags.setdefault(epc, Known())
        was, tag.state, tag.since = tag.state, state, None
        tag.changed = max(at, tag.last) if was == "here" else max(at, tag.changed)
        if was == "here":
            self.said.append(f"departed {epc} floor {'told' if state == 'sold' else 'silence'}")

    def expected(self, epc: str, at: int) -> None:
        if epc in self.tags and self.tags[epc].state == "sold":
            self.leave(epc, "silent", at)

    def advance(self, now: int, clock: int, proven: int) -> None:
        """A tag is looked at after the whole second in which its silence could first mean something; no
        silence is from before its last read."""
        self.clock = clock
        for epc, tag in self.tags.items():
            if tag.state == "here" and clock // S > tag.look:
                silent = max(0, min(clock - tag.heard, proven - tag.last))
                if silent >= tag.threshold():
                    self.leave(epc, "silent", now)
                else:
                    tag.heard = clock - silent
                tag.look = (tag.heard + tag.threshold()) // S + 1


class Scan(SilencePresence):
    """The rule without its machinery: each pass looks at each tag and asks whether it is due."""

    def __init__(self, places: tuple[Place, ...], watch: Watch, rule: SilenceRule) -> None:
        super().__init__(places, watch, rule)
        self.look_s: dict[str, int] = {}

    def _schedule(self, tag: Tag) -> None:
        self.look_s[tag.epc] = (tag.last_clock_ns + self._threshold_ns(tag)) // S + 1

    def advance(self, now_ns: int) -> None:
        for tag in self._tags.values():
            due_ns = tag.exit_ns + self._rule.exit_hold_ns
            if tag.state == PRESENT and tag.exit_ns and due_ns <= now_ns:
                self._exit_due(tag.epc, due_ns)
        for watch in self._watches:
            watch.advance()
        for tag in self._tags.values():
            if tag.state == PRESENT and self._watches[tag.place].clock_ns // S > self.look_s[tag.epc]:
                self._silence_due(tag, now_ns)


def epcs(first: int, every: int) -> list[str]:
    """Return each `every`-th tag from the `first` on."""
    return [f"{n:03d}" for n in range(first, TAGS, every)]


some_tags = st.builds(epcs, st.integers(0, TAGS - 1), st.sampled_from([1, 2, 3, 7, 50, TAGS]))
places = st.sampled_from([place.id for place in PLACES])
ago = st.one_of(st.just(0.0), st.floats(0, 300))
strengths = st.one_of(st.none(), st.floats(-85, -35))
acts = st.one_of(
    st.tuples(st.just("read"), some_tags, places, ago, strengths),
    st.tuples(st.just("read"), some_tags, places, ago, strengths),
    st.tuples(st.just("sold"), some_tags, ago),
    st.tuples(st.just("expected"), some_tags),
    st.tuples(st.just("lost"), st.sampled_from(READERS)),
    st.tuples(st.just("dead"), st.sampled_from(READERS)),
    st.tuples(st.just("alive"), st.sampled_from(READERS)),
)
spells = st.tuples(st.lists(acts, max_size=4), st.sampled_from([1, 5, 30, 200, 1_000]), st.booleans())
"""(what happens, seconds that pass after it in steps of ten or in one, whether the readers live on)."""
Spell = tuple[list[tuple[object, ...]], int, bool]
Act = Callable[[SilencePresence, int], None]


class Twins:
    """Two presences fed with the same, and compared pass by pass."""

    def __init__(self, one: SilencePresence, other: SilencePresence) -> None:
        self.one, self.other = one, other
        self.now = T0
        self.dead: set[str] = set()
        self.where: dict[str, int | None] = {}

    def do(self, act: tuple[object, ...]) -> None:
        """Tell both the same."""
        match act:
            case ("read", [*tags], int(place), float(ago_s), rssi):
                at = self.now - round(ago_s * S)
                for epc in tags:
                    self.each(lambda p, e=epc, a=at, r=rssi, z=place: p.observe(e, z, a, r, 1))
            case ("sold", [*tags], float(ago_s)):
                at = self.now - round(ago_s * S)
                for epc in tags:
                    self.each(lambda p, e=epc, a=at: p.depart(e, a))
            case ("expected", [*tags]):
                for epc in tags:
                    self.each(lambda p, e=epc: p.expect(e, self.now))
            case ("lost", str(reader)):
                self.each(lambda p: p.lost(reader))
            case ("dead", str(reader)):
                self.dead.add(reader)
            case ("alive", str(reader)):
                self.dead.discard(reader)

    def each(self, what: Callable[[SilencePresence], object]) -> None:
        """Do something with both."""
        assert what(self.one) == what(self.other)

    def live(self, seconds: int, step_s: int = 10) -> None:
        """Let time pass; both must say the same in each pass, and what they say must hang together."""
        end = self.now + seconds * S
        while self.now < end:
            self.now = min(end, self.now + step_s * S)
            for reader in READERS:
                if reader not in self.dead:
                    self.each(lambda p, r=reader: p.proof(r, self.now))
            self.each(lambda p: p.advance(self.now))
            events = self.one.drain()
            assert sorted(said(events)) == sorted(said(self.other.drain()))
            self.follow(events)

    def follow(self, events: list[PresenceEvent]) -> None:
        """Hold the events to their law: a tag arrives from nowhere, and moves and departs from where it is."""
        for event in events:
            before = self.where.get(event.epc)
            match event:
                case Departed():
                    assert before == event.place
                    assert event.last_seen_ns <= self.now
                    self.where[event.epc] = None
                case _:
                    assert before == getattr(event, "from_place", None)
                    self.where[event.epc] = event.place
        for event in events:
            assert self.one.place_of(event.epc) == self.where[event.epc]


@settings(max_examples=250)
@given(st.lists(spells, min_size=3, max_size=30))
def test_the_machinery_changes_nothing(story: list[Spell]) -> None:
    """Wheels, tickets and heaps say in each pass what a look at every tag says, in all four places."""
    twins = Twins(new_presence(), new_presence(Scan))
    for happens, seconds, in_steps in story:
        for act in happens:
            twins.do(act)
        twins.live(seconds, 10 if in_steps else seconds)
    assert twins.one.counts.is_conserved()


@settings(max_examples=250)
@given(st.lists(spells, min_size=3, max_size=30))
def test_one_place_equals_the_model(story: list[Spell]) -> None:
    """On a floor without exit, arrivals, silences, sales and returns are those of the model."""
    presence, model = new_presence(), Model()
    now, alive = T0, {"front"}
    for happens, seconds, in_steps in story:
        for act in happens:
            tell(presence, model, act, now, alive)
        end = now + seconds * S
        while now < end:
            now = min(end, now + (10 if in_steps else seconds) * S)
            for reader in alive:
                presence.proof(reader, now)
            presence.advance(now)
            watch = presence._watches[FLOOR]
            model.advance(now, watch.clock_ns, watch.counted_to_ns)
            assert sorted(said(presence.drain())) == sorted(model.said)
            model.said.clear()


def tell(presence: SilencePresence, model: Model, act: tuple[object, ...], now: int, alive: set[str]) -> None:
    """Tell presence and model of one act, on the floor."""
    match act:
        case ("read", [*tags], _, float(ago_s), _):
            for epc in tags:
                presence.observe(epc, FLOOR, now - round(ago_s * S), None, 1)
                model.read(epc, now - round(ago_s * S))
        case ("sold", [*tags], float(ago_s)):
            for epc in tags:
                presence.depart(epc, now - round(ago_s * S))
                model.leave(epc, "sold", now - round(ago_s * S))
        case ("expected", [*tags]):
            for epc in tags:
                presence.expect(epc, now)
                model.expected(epc, now)
        case ("dead", "front") | ("lost", "front"):
            alive.clear()
        case ("alive", "front"):
            alive.add("front")


def test_a_day_of_two_hundred_tags_equals_a_look_at_every_tag() -> None:
    """A long seeded run: tags with rhythms of their own that walk, hide, leave, return, and readers that die."""
    random = Random(20_260_314)
    twins = Twins(new_presence(), new_presence(Scan))
    rhythm = {f"{n:03d}": random.choice([5, 10, 10, 30, 120, 700]) for n in range(200)}
    place = {epc: random.choice([0, 0, 1]) for epc in rhythm}
    hidden: dict[str, int] = {}
    for tick in range(0, 12 * 3_600, 5):
        for epc, every in rhythm.items():
            if random.random() < 0.000_4:
                place[epc] = random.choice([0, 0, 0, 1, 1, 2, 3])
            if random.random() < 0.000_2:
                hidden[epc] = tick + random.choice([30, 300, 3_000, 20_000])
            if tick % every == 0 and hidden.get(epc, 0) <= tick and random.random() < 0.8:
                late_s = random.choice([0.0, 0.0, 0.0, random.uniform(0, 90)])
                twins.do(("read", [epc], place[epc], late_s, random.gauss(-62, 6)))
        if random.random() < 0.003:
            twins.do(("sold", [random.choice(list(rhythm))], 0.0))
        if random.random() < 0.001:
            twins.do(("expected", [random.choice(list(rhythm))]))
        if random.random() < 0.000_5:
            twins.do((random.choice(["dead", "lost", "alive"]), random.choice(READERS)))
        if random.random() < 0.002:
            twins.do(("alive", "front"))
            twins.do(("alive", "rear"))
        twins.live(5, 5)
    assert len(twins.where) > 150
