"""What work costs, by counting it: a read touches one tag, a pass looks at what is due. No timing."""

import pytest

from gateway.presence.silence import SilencePresence
from gateway.presence.tag import Tag
from tests.support.presence_shop import BACK, EXIT, FLOOR, PresenceShop, S, new_presence


class CountedTags(dict[str, Tag]):
    """Tags by EPC that count their look-ups, and cannot be walked through."""

    lookups = 0

    def get(self, *key: object) -> Tag | None:  # type: ignore[override]  # as the rule calls it
        """Count a look-up."""
        CountedTags.lookups += 1
        return super().get(*key)  # type: ignore[call-overload, no-any-return]  # as above

    def __iter__(self) -> None:  # type: ignore[override]  # there is nothing to iterate on
        raise AssertionError("a pass over all tags")

    items = values = keys = __iter__  # type: ignore[assignment]  # as above


class Counted(SilencePresence):
    """Counts the tags that a pass looks at, and those that are put into a bucket."""

    looked_at = scheduled = 0

    def _silence_due(self, tag: Tag, now_ns: int) -> None:
        self.looked_at += 1
        super()._silence_due(tag, now_ns)

    def _schedule(self, tag: Tag) -> None:
        self.scheduled += 1
        super()._schedule(tag)


def shop_of(tags: int) -> tuple[PresenceShop, Counted, list[str]]:
    """Return a shop in which so many tags were just read twice."""
    presence = new_presence(Counted)
    assert isinstance(presence, Counted)
    shop = PresenceShop(presence)
    epcs = [f"{n:05d}" for n in range(tags)]
    shop.live(2, *epcs, every=1)
    presence._tags = CountedTags(presence._tags)
    return shop, presence, epcs


def entries(presence: SilencePresence) -> int:
    """Return how many entries all buckets of all wheels hold."""
    return sum(len(bucket) for wheel in presence._wheels for bucket in wheel.values())


@pytest.mark.parametrize("place", [FLOOR, BACK, EXIT])
def test_a_read_looks_one_tag_up(place: int) -> None:
    """Among 3,000 tags a read is one look-up, wherever it is made, and puts nothing into a bucket at home."""
    shop, presence, epcs = shop_of(3_000)
    CountedTags.lookups = presence.scheduled = 0
    for epc in epcs[:100]:
        shop.read(epc, place)
    assert CountedTags.lookups == 100
    assert presence.scheduled == 0


def test_a_pass_in_which_nothing_is_due_looks_at_no_tag() -> None:
    """3,000 tags lie still for minutes: no pass looks at any of them."""
    shop, presence, _ = shop_of(3_000)
    CountedTags.lookups = 0
    assert shop.live(600) == []
    assert CountedTags.lookups == presence.looked_at == 0


def test_a_tag_is_looked_at_once_per_threshold_however_often_it_is_read() -> None:
    """Read every second for an hour, a tag is looked at only when its silence could first have meant something."""
    shop, presence, epcs = shop_of(50)
    shop.live(3_600, *epcs, every=1)
    assert presence.looked_at == 50 * 4, (
        "after 900 s, then 826, 762, 707: its longest gap fades as it is heard"
    )
    assert entries(presence) == 50


def test_a_tag_lies_in_one_bucket_that_counts() -> None:
    """Moves leave an entry behind, which dies with its bucket: entries never exceed tags and recent moves."""
    shop, presence, (epc,) = shop_of(1)
    for place in (BACK, FLOOR) * 20:
        shop.live(600, epc, place=place)
        assert entries(presence) <= 3


def test_a_pass_looks_at_what_is_due() -> None:
    """Of 3,000 tags ten fall silent: those ten are looked at when they leave, and no other one then."""
    shop, presence, epcs = shop_of(3_000)
    shop.live(600)
    shop.live(10, *epcs[10:], every=5)
    before = presence.looked_at
    events = shop.live(310)
    assert len(events) == 10
    assert presence.looked_at == before + 3_000, "each once: ten are gone, the others have a new deadline"
    assert shop.live(500) == []
    assert presence.looked_at == before + 3_000


def test_exits_are_looked_at_when_their_hold_ends() -> None:
    """One entry per passage, gone with it."""
    shop, presence, epcs = shop_of(100)
    shop.live(10, *epcs[:3], place=EXIT, every=1, rssi=-50)
    assert len(presence._exits) == 3
    CountedTags.lookups = 0
    shop.live(60)
    assert CountedTags.lookups <= 3 * 3
    assert presence._exits == []


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the most tags there may be, reads of further ones are dropped and counted, and sales of them too."""
    monkeypatch.setattr("gateway.presence.silence.MAX_TAGS", 10)
    shop = PresenceShop()
    for n in range(25):
        shop.read(f"{n}")
    assert not shop.presence.depart("sold", shop.now)
    assert len(shop.presence._tags) == 10
    assert shop.presence.counts.dropped == {"too_many_tags": 15}
    assert shop.presence.counts.is_conserved()


def test_strays_are_let_go_one_by_one() -> None:
    """A pass lets go of the strays whose day is over, and looks at no younger one."""
    shop, presence, _ = shop_of(1)
    for n in range(1_000):
        shop.read(f"stray {n}")
        shop.now += S
    shop.now += (86_400 - 1_000) * S + 500 * S
    CountedTags.lookups = 0
    shop.presence.advance(shop.now)
    assert CountedTags.lookups <= 502
    assert 499 <= len(presence._tags) <= 502
