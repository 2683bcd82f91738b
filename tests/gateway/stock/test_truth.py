"""With evidence that is late and out of order, but true and complete, stock equals the truth in the end.

A story is a list of lives of tagged pieces. Each life gives evidence (what readers believe of its tag, what
tills say) that bears the time it happened and the time we learn of it; a tag's own evidence comes in order.
"""

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.stock_room import T0, S, StockRoom

WINDOW_S = 7_200


@dataclass(frozen=True)
class Evidence:
    """Something that we learn of `learned_s` after the opening; `ago_s` before that it happened."""

    learned_s: float
    what: str
    epc: str
    ago_s: float = 0
    detail: str = ""
    names_tag: bool = False


def seconds(least: int, most: int) -> st.SearchStrategy[int]:
    """Return spans of time that shrink to the least."""
    return st.integers(least, most)


@dataclass(frozen=True)
class Life:
    """One piece: how it came, what became of it. Times in seconds after the opening, or after what went before."""

    came_s: int
    is_scanned_in: bool
    scanned_after_s: int
    false_silence_after_s: int | None
    fate: str
    left_after_s: int
    by_exit: bool
    sale_before_s: int
    sale_told_after_s: int
    names_tag: bool
    returned_after_s: int | None
    return_told_after_s: int

    def evidence(self, epc: str) -> list[Evidence]:
        """Return what we learn of this piece."""
        found = [Evidence(self.came_s, "arrive", epc, detail="back")]
        scanned_in_s = max(0, self.came_s + min(self.scanned_after_s, self.left_after_s))
        if self.is_scanned_in:
            found.append(Evidence(scanned_in_s, "receive", epc, 0, "", self.names_tag))
        now_s = self.came_s
        if self.false_silence_after_s is not None:
            now_s += self.false_silence_after_s
            found.append(Evidence(now_s, "depart", epc, 900, "silence"))
            now_s += 60
            found.append(Evidence(now_s, "arrive", epc, detail="again"))
        if self.fate == "stays":
            return found
        now_s += 900 + self.left_after_s
        how = ("exit", 0) if self.by_exit else ("silence", 900)
        found.append(Evidence(now_s, "depart", epc, how[1], how[0]))
        if self.fate == "stolen":
            return found
        sold_s = max(scanned_in_s, now_s - how[1] - min(self.sale_before_s, self.left_after_s))
        told_s = sold_s + self.sale_told_after_s
        found.append(Evidence(told_s, "sell", epc, told_s - sold_s, "", self.names_tag))
        if self.returned_after_s is not None:
            now_s = max(now_s, told_s) + 60 + self.returned_after_s
            found.append(Evidence(now_s, "arrive", epc, detail="again"))
            scanned_s = max(told_s, now_s + self.return_told_after_s)
            found.append(Evidence(scanned_s, "return", epc, 0, "", self.names_tag))
        return found

    @property
    def is_ambiguous(self) -> bool:
        """Whether the same evidence would fit another story, so that only the end of all windows can tell."""
        return (
            self.fate == "stolen"
            or self.false_silence_after_s is not None
            or self.returned_after_s is not None
        )

    @property
    def is_here(self) -> bool:
        """Whether the piece is in the store in the end."""
        return self.fate == "stays" or (self.fate == "sold" and self.returned_after_s is not None)


lives = st.builds(
    Life,
    came_s=seconds(0, 1_500),
    is_scanned_in=st.booleans(),
    scanned_after_s=seconds(-300, 600),
    false_silence_after_s=st.one_of(st.none(), seconds(1, 300)),
    fate=st.sampled_from(["stays", "sold", "sold", "stolen"]),
    left_after_s=seconds(0, 1_500),
    by_exit=st.booleans(),
    sale_before_s=seconds(-50, 600),
    sale_told_after_s=seconds(0, 900),
    names_tag=st.booleans(),
    returned_after_s=st.one_of(st.none(), seconds(0, 300)),
    return_told_after_s=seconds(-50, 300),
)


def tell(room: StockRoom, evidence: Evidence) -> None:
    """Let the ledger learn of one thing. A tag that a till named is not missed once more by the readers."""
    room.now = T0 + round(evidence.learned_s * S)
    epc = evidence.epc if evidence.names_tag else None
    match evidence.what:
        case "arrive":
            room.arrive(evidence.epc, "back", back=evidence.detail == "again")
        case "depart" if evidence.epc in room.tags:
            room.depart(evidence.epc, evidence.detail, evidence.ago_s)
        case "sell":
            room.sell(epc=epc, ago_s=evidence.ago_s)
        case "receive":
            room.receive(epc=epc)
        case "return":
            room.take_back(zone="back", epc=epc)


@settings(max_examples=400)
@given(st.lists(lives, max_size=8), st.booleans())
def test_true_evidence_in_any_order_ends_in_the_truth(story: list[Life], restarts: bool) -> None:
    """Deliveries, sales, thefts, returns and false silences, told late and out of order: when every window is
    over, on_hand is the truth. With deliveries and sales alone it is so as soon as all is told.
    """
    room = StockRoom()
    told = [evidence for n, life in enumerate(story) for evidence in life.evidence(f"tag {n}")]
    for place, evidence in enumerate(sorted(told, key=lambda e: e.learned_s)):
        tell(room, evidence)
        room.check_laws()
        if restarts and place % 3 == 0:
            room.restart()
    assert room.now < T0 + WINDOW_S * S
    here = sum(life.is_here for life in story)
    if not any(life.is_ambiguous for life in story):
        assert room.on_hand() == here
    for _ in range(4):
        room.wait(WINDOW_S)
        room.check_laws()
    assert room.on_hand() == here
