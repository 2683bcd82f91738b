"""Articles put into a running gateway: at once, for good, without a piece lost or told twice."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit import Actor
from gateway.catalogue.articles import UNIDENTIFIED, Article, Catalogue
from gateway.catalogue.desk import put
from gateway.catalogue.model import NewArticle, PutVerdict
from gateway.reservations.model import LineAsked, NewReservation, Reservation
from tests.support.ledger_site import WEB, LedgerShop
from tests.support.small_site import FOREIGN_GTIN, GTIN, STORE, S, SmallShop, epc

ACTOR = Actor("key-1", "192.0.2.1")
UNKNOWN = f"gtin-{FOREIGN_GTIN}"
CAP = NewArticle("CAP", (FOREIGN_GTIN,), {"en": "Cap"}, department="hats")


def put_in(shop: SmallShop | LedgerShop, *articles: NewArticle) -> list[PutVerdict]:
    """Put articles in; return what became of each."""
    return put(shop.engine.state, articles, ACTOR, shop.now)


def sums(shop: SmallShop | LedgerShop, store: str = STORE) -> dict[str, int]:
    """Return what the journal's deltas add up to, by SKU."""
    pieces = Counter[str]()
    for movement in shop.movements:
        if movement.store == store:
            pieces[movement.sku] += sum(delta.pieces for delta in movement.deltas)
    return {sku: count for sku, count in pieces.items() if count}


def test_a_new_article_is_there_at_once_and_after_a_restart() -> None:
    """Its SKU is known, its GTIN is scanned, its row is kept; the same again changes nothing."""
    shop = SmallShop()
    assert put_in(shop, CAP) == [PutVerdict("created")]
    assert shop.tell("receive", sku=None, gtin=FOREIGN_GTIN, qty=2) == "applied"
    shop.run(1)
    shop.restart(shop.now)
    article = shop.engine.state.catalogue.article("CAP")
    assert article is not None
    assert (article.department, article.source, article.known) == ("hats", "api", True)
    assert shop.levels("CAP") == {"back": 2}
    assert put_in(shop, CAP) == [PutVerdict("unchanged")]
    assert shop.live(shop.now).audited == []


def test_what_was_put_counts_over_the_file_until_it_is_put_again() -> None:
    """A renamed article stays renamed over a restart with the old file; each change is in the audit."""
    shop = SmallShop()
    assert put_in(shop, NewArticle("TEE", (GTIN["TEE"],), {"en": "T-shirt"}, safety_stock=2)) == [
        PutVerdict("changed")
    ]
    (entry,) = shop.live(shop.now).audited
    assert (entry.action, entry.subject, entry.key_id) == ("articles.put", "TEE", "key-1")
    shop.restart(shop.now)
    article = shop.engine.state.catalogue.article("TEE")
    assert article is not None
    assert (article.name, article.safety_stock, article.low_stock_at) == ({"en": "T-shirt"}, 2, None)
    assert shop.engine.state.catalogue.sku_of(GTIN["TEE"]) == "TEE"


def test_a_product_that_was_met_becomes_its_article() -> None:
    """Tags, a scanned receipt and a sale of an unknown product go over, by movements; the tags stay known."""
    shop = SmallShop()
    caps = [epc(FOREIGN_GTIN, number) for number in range(3)]
    shop.run(30, *caps)
    shop.tell("receive", sku=UNKNOWN, qty=5)  # three of them are read already
    shop.run(1)
    before = shop.levels(UNKNOWN)
    assert sum(before.values()) == 5
    assert put_in(shop, CAP) == [PutVerdict("created")]
    shop.run(1, *caps)
    assert (shop.levels(UNKNOWN), shop.levels("CAP")) == ({}, before)
    assert sums(shop) == {"CAP": 5}
    moved = [m for m in shop.movements if m.cause == "catalogue"]
    assert [(m.sku, sum(d.pieces for d in m.deltas)) for m in moved] == [(UNKNOWN, -5), ("CAP", 5)]
    assert shop.engine.state.catalogue.article(UNKNOWN) is None
    assert shop.engine.state.identifier.tag(caps[0]) == "CAP"
    shop.run(30, *caps)
    shop.restart(shop.now)
    shop.run(1, *caps)
    assert sum(shop.levels("CAP").values()) == 5
    shop.tell("sale", epc=caps[0])
    shop.run(30, *caps[1:])
    assert sum(shop.levels("CAP").values()) == 4
    shop.check_laws()


def test_tags_of_another_scheme_follow_too() -> None:
    """A tag bound by hand to an article was no product's before; unbound, it is none's again."""
    shop = SmallShop()
    tag = "E2806894000050230A1B2C3D"
    shop.run(30, tag)
    assert shop.levels(UNIDENTIFIED) == {"floor": 1}
    put_in(shop, NewArticle("CAP", epcs=(tag,)))
    shop.run(1, tag)
    assert (shop.levels("CAP"), shop.levels(UNIDENTIFIED)) == ({"floor": 1}, {})
    assert shop.movements[-1].epc == tag
    put_in(shop, NewArticle("CAP"))
    shop.run(1, tag)
    assert (shop.levels("CAP"), shop.levels(UNIDENTIFIED)) == ({}, {"floor": 1})
    shop.check_laws()


def test_a_gtin_that_is_taken_away_leaves_a_product_that_nobody_names() -> None:
    """Its tags are of an unknown product then, until an article takes the GTIN; scanned pieces stay the article's."""
    shop = SmallShop()
    tees = [epc("TEE", 1), epc("TEE", 2)]
    shop.run(30, *tees)
    shop.tell("receive", sku="TEE", qty=3)  # two of them are read already
    shop.run(1, *tees)
    other = NewArticle("TEE-OLD", (GTIN["TEE"],))
    (verdict,) = put_in(shop, other)
    assert (verdict.code, verdict.field) == ("gtin_taken", "/gtins")
    assert "'TEE'" in (verdict.detail or "")
    assert "'TEE-OLD'" in (verdict.detail or "")
    assert [v.outcome for v in put_in(shop, NewArticle("TEE"), other)] == ["changed", "created"]
    shop.run(1, *tees)
    assert (shop.levels("TEE-OLD"), sum(shop.levels("TEE").values())) == ({"floor": 2}, 1)
    put_in(shop, NewArticle("TEE-OLD"))
    shop.run(1, *tees)
    assert shop.levels(f"gtin-{GTIN['TEE']}") == {"floor": 2}
    shop.restart(shop.now)
    shop.run(1, *tees)
    assert shop.levels(f"gtin-{GTIN['TEE']}") == {"floor": 2}
    shop.check_laws()


def test_pieces_that_are_held_keep_their_name() -> None:
    """A hold is of a SKU: while it counts, its product does not become another."""
    shop = SmallShop()
    shop.run(240, epc(FOREIGN_GTIN, 1))
    asked = NewReservation((STORE,), (LineAsked(UNKNOWN, 1),), "web", "cart-1", min_probability=0.0)
    held = shop.engine.desk.reserve("r1", asked, shop.now)
    assert isinstance(held, Reservation), held
    (verdict,) = put_in(shop, CAP)
    assert (verdict.outcome, verdict.code) == ("refused", "pieces_held")
    assert shop.engine.state.catalogue.article("CAP") is None


def test_the_way_of_tracking_changes_with_no_piece_there_alone() -> None:
    """Totes are counted: while there are some, they stay so; a shelf's article stays weighed."""
    shop = SmallShop()
    tote = NewArticle("TOTE", (GTIN["TOTE"],), tracked_by="tag")
    shop.tell("receive", sku="TOTE")
    shop.run(1)
    assert put_in(shop, tote)[0].code == "has_stock"
    shop.tell("sale", sku="TOTE")
    shop.run(1)
    assert put_in(shop, tote)[0].outcome == "changed"
    assert put_in(shop, NewArticle("CANDLE", tracked_by="count"))[0].code == "on_a_shelf"
    assert put_in(shop, NewArticle("CANDLE", (GTIN["CANDLE"],)))[0].outcome == "changed"
    assert shop.engine.state.ledger.tracked_by(STORE, "CANDLE") == "weight"


@pytest.mark.parametrize("sku", [UNIDENTIFIED, "gtin-00000000000000"])
def test_the_gateways_own_names_are_refused(sku: str) -> None:
    """An article of that SKU would be taken for a product that nobody names."""
    assert put_in(SmallShop(), NewArticle(sku))[0].code == "reserved_sku"


def test_an_unknown_product_may_become_known_under_its_own_name() -> None:
    """Put with its GTIN, it is an article like any other, and its pieces stay."""
    shop = SmallShop()
    shop.run(30, epc(FOREIGN_GTIN, 1))
    assert put_in(shop, NewArticle(UNKNOWN, (FOREIGN_GTIN,), {"en": "Cap"})) == [PutVerdict("created")]
    shop.run(1, epc(FOREIGN_GTIN, 1))
    assert shop.levels(UNKNOWN) == {"floor": 1}
    assert [a.sku for a in shop.engine.state.catalogue.articles() if not a.known] == []


def test_in_a_ledger_store_what_moved_goes_over_to_the_articles_account() -> None:
    """Two of an unknown product were sold since the ledger's figure of the article that it is: they count."""
    shop = LedgerShop()
    gtin = FOREIGN_GTIN
    shop.engine.state.catalogue.meet(gtin)
    shop.figure(9, ago_s=60)
    shop.tell("receive", 3, sku=UNKNOWN, ago_s=50)
    shop.tell("sale", 2, sku=UNKNOWN, ago_s=30)
    shop.wait()
    assert (shop.pieces(UNKNOWN), shop.pieces("TOTE")) == (1, 9)
    put_in(shop, NewArticle("TOTE", (GTIN["TOTE"], gtin), tracked_by="count"))
    shop.wait()
    assert (shop.pieces(UNKNOWN), shop.pieces("TOTE")) == (0, 10)
    shop.restart(shop.now)
    shop.wait()
    assert shop.pieces("TOTE") == 10
    assert sums(shop, WEB) == {"TOTE": 10}
    assert shop.now > S


codes = st.sampled_from([GTIN["TEE"], GTIN["JEANS"], FOREIGN_GTIN, "00000000000017"])
puts = st.tuples(st.sampled_from(["A", "B", "TEE", "JEANS"]), st.lists(codes, max_size=3, unique=True))


@settings(max_examples=60, deadline=None)
@given(st.lists(puts, max_size=6), st.lists(st.booleans(), min_size=6, max_size=6))
def test_no_piece_is_lost_by_renaming(asked: list[tuple[str, list[str]]], restarts: list[bool]) -> None:
    """Whatever is put, in whatever order, with restarts: as many pieces as before, each with the article that has
    its GTIN, and the journal sums to them."""
    shop = SmallShop()
    tags = [epc("TEE", 1), epc("TEE", 2), epc("JEANS", 1), epc(FOREIGN_GTIN, 1)]
    gtins_read = (GTIN["TEE"], GTIN["TEE"], GTIN["JEANS"], FOREIGN_GTIN)
    shop.run(15, *tags)
    assert sum(sums(shop).values()) == len(tags)
    for (sku, gtins), is_restart in zip(asked, restarts, strict=False):
        put_in(shop, NewArticle(sku, tuple(gtins)))
        shop.run(1, *tags, every=1)
        if is_restart:
            shop.restart(shop.now)
            shop.run(1, *tags, every=1)
        catalogue = shop.engine.state.catalogue
        expected = Counter(catalogue.meet(gtin) for gtin in gtins_read)
        believed = {sku: pieces for sku in expected if (pieces := sum(shop.levels(sku).values()))}
        assert believed == dict(expected) == sums(shop)
    shop.check_laws()


def test_the_list_of_articles_follows_each_change() -> None:
    """Revision and order: a page that was listed before is another now."""
    catalogue = Catalogue([Article("B", ("00000000000017",)), Article("A")])
    assert [a.sku for a in catalogue.articles()] == ["A", "B"]
    before = catalogue.revision
    catalogue.put(Article("AB", ("00000000000017",), source="api"))
    assert [a.sku for a in catalogue.articles()] == ["A", "AB", "B"]
    assert catalogue.revision > before
    assert (catalogue.sku_of("00000000000017"), catalogue.put_in) == ("AB", 1)
    owner = catalogue.owner(Article("C", ("00000000000017",)))
    assert owner == ("00000000000017", "AB")
