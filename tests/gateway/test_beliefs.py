"""The certainty of a level, through the whole engine."""

from gateway.answers import availability
from gateway.config.file import parse_catalogue, parse_site
from gateway.engine import Engine
from gateway.site import Site
from readers.observations import Reading

S = 1_000_000_000
T0 = 1_795_248_000 * S
SITE = """
[mqtt]
[[stores]]
id = "s"
name = "S"
zones = [{ id = "shelf", role = "floor" }]
[[shelves]]
id = "w"
store = "s"
zone = "shelf"
sku = "C"
topic = "w"
unit_weight_g = 400
"""
ARTICLES = "sku,gtin,name_en,tracked_by\nC,03012345000017,C,weight\n"


def test_a_shop_without_readers_tells_what_its_shelf_says_now() -> None:
    """No reader, no epochs: each answer bears the shelf's own certainty of that moment, also while in doubt."""
    engine = Engine(Site(parse_site(SITE, "site.toml")), parse_catalogue(ARTICLES, "articles.csv"))
    now_ns = T0
    for grams in (2_000.0, 2_400.0, 2_550.0):
        for _ in range(60):
            now_ns += S
            engine.observe(Reading("w", grams, now_ns, now_ns), now_ns)
            engine.advance(now_ns)
            engine.drain()
            answer = availability(engine.state, "s", "C", 1, now_ns)
        least, chances = engine.state.shelves["w"].distribution()
        assert answer.belief is not None
        assert abs(answer.belief.expected - sum((least + n) * p for n, p in enumerate(chances))) < 1e-6
