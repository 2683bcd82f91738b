"""Articles: what a CSV may hold, what is wrong with one in words, and products that no CSV names."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.catalogue.articles import UNIDENTIFIED
from gateway.catalogue.identify import Identifier
from gateway.cli.site_file import read_site
from gateway.config.file import parse_catalogue
from gateway.errors import ConfigError

SHELF = """
[mqtt]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }]
[[shelves]]
id = "shelf-1"
store = "lyon-1"
zone = "front"
sku = "CANDLE"
topic = "tasmota_1"
unit_weight_g = 420
"""


def catalogue_refusal(text: str) -> str:
    """Return what is said of a catalogue."""
    with pytest.raises(ConfigError) as raised:
        parse_catalogue(text, "articles.csv")
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "articles.csv: empty; the first row must name columns of sku, gtin"),
        (" \n", "articles.csv: empty"),
        ("gtin,name\n", "articles.csv: no column 'sku'"),
        ("sku,gtn\nA,1\n", "articles.csv: unknown column 'gtn': did you mean 'gtin'?"),
        ("sku,SKU\nA,1\n", "articles.csv: unknown column 'SKU'"),
        ("sku,name,name\nA,1,2\n", "articles.csv: column 'name' stands twice: remove one of them"),
        ("sku\nA\nB B\n", "articles.csv: line 3: sku 'B B' must be 1-64 characters"),
        ("sku,gtin\nA,3012345000018\n",
         "articles.csv: line 2: gtin '3012345000018' has a wrong check digit: it should end in 7"),
        ("sku,gtin\nA,12\n", "articles.csv: line 2: gtin '12' must have 8, 12, 13 or 14 digits"),
        ("sku,gtin\nA,٣٠١٢٣٤٥٠\n", "must have 8, 12, 13 or 14 digits"),
        ("sku,tracked_by\nA,rfid\n", "articles.csv: line 2: tracked_by 'rfid' must be tag, weight or count"),
        ("sku,safety_stock\nA,-1\n", "articles.csv: line 2: safety_stock '-1' must be a whole number of pieces"),
        ("sku,name\nA,a,b\n", "articles.csv: line 2: more fields than the header has columns"),
        ("sku\nA\nB\nA\n", "articles.csv: line 4: SKU 'A' stands twice in the catalogue: remove one of them"),
        ("sku,gtin\nA,3012345000017\nB,03012345000017\n",
         "articles.csv: line 3: GTIN 03012345000017 belongs to both 'A' and 'B': remove one of them"),
        ('sku,name\nA,"half\n', "articles.csv: line 2: unexpected end of data: mend its quotes"),
        ('"sku,name\nA,a\n', "articles.csv: line 2: unexpected end of data: mend its quotes"),
    ],
)  # fmt: skip
def test_a_fault_of_the_catalogue_is_named_with_its_line(text: str, said: str) -> None:
    """Columns, codes, counts and doubles that cannot be are named with file, line, value and remedy."""
    assert said in catalogue_refusal(text)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_catalogue_from_any_spreadsheet_is_read(mark: str, delimiter: str, newline: str) -> None:
    """Comma or semicolon, with or without a byte order mark, in any line ending."""
    rows = (
        ("sku", "gtin", "name_fr", "tracked_by", "low_stock_at"),
        ("A", "3012345000017|3012345000024", '"Thé, ""vert""; bio"', "count", "7"),
        ("B", "96385074", "", "", ""),
    )
    text = mark + newline.join(delimiter.join(row) for row in rows) + newline
    a, b = parse_catalogue(text, "articles.csv").articles()
    assert (a.sku, a.gtins) == ("A", ("03012345000017", "03012345000024"))
    assert (a.tracked_by, a.low_stock_at) == ("count", 7)
    assert a.name == {"en": "A", "fr": 'Thé, "vert"; bio'}
    assert (b.gtins, b.tracked_by, b.name) == (("00000096385074",), "tag", {"en": "B", "fr": "B"})


def test_a_quoted_field_may_hold_a_line_break() -> None:
    """A name over two lines is one field, and lines are counted as an editor counts them."""
    text = 'sku,name\nA,"Two\nlines"\nB B,b\n'
    assert "line 4: sku 'B B'" in catalogue_refusal(text)


@given(st.text(alphabet='sku,;gtin"\n\r01A\ufeff\x1c\u2028', max_size=60))
def test_any_text_is_a_catalogue_or_is_refused_in_words(text: str) -> None:
    """Whatever the file holds, the outcome is articles or a ConfigError that names the file."""
    try:
        parse_catalogue(text, "articles.csv")
        said = "articles.csv: good"
    except ConfigError as error:
        said = str(error)
    assert said.startswith("articles.csv: ")


def shelf_site(folder: Path, articles: str | None) -> Path:
    """Write a site with a shelf into a folder, and its catalogue where there is one; return its path."""
    path = folder / "site.toml"
    path.write_text(SHELF + ("" if articles is None else '[catalogue]\ncsv = "articles.csv"\n'), "utf-8")
    if articles is not None:
        (folder / "articles.csv").write_text(articles, "utf-8")
    return path


@pytest.mark.parametrize(
    ("articles", "said"),
    [
        ("sku\nCANDLES\n", "no article 'CANDLE', which shelves[0].sku of the site file names: did you mean 'CANDLES'?"),
        ("sku\nTEE\n", "no article 'CANDLE', which shelves[0].sku of the site file names"),
        ("sku\nCANDLE\n", "sku 'CANDLE' is tracked by tag, yet shelves[0].sku of the site file weighs it: write 'weight'"),
    ],
)  # fmt: skip
def test_a_shelf_of_an_article_that_nobody_could_ask_for_is_refused(
    articles: str, said: str, tmp_path: Path
) -> None:
    """A shelf's article is in the catalogue and tracked by weight, or the gateway does not start."""
    with pytest.raises(ConfigError) as raised:
        read_site(shelf_site(tmp_path, articles))
    assert str(raised.value).startswith(f"{tmp_path / 'articles.csv'}: ")
    assert said in str(raised.value)


def test_without_a_catalogue_a_shelf_is_weighed_all_the_same(tmp_path: Path) -> None:
    """Where no catalogue is named, the article of a shelf is kept as an unknown one, tracked by weight."""
    _, catalogue = read_site(shelf_site(tmp_path, None))
    (article,) = catalogue.articles()
    assert (article.sku, article.tracked_by, article.known) == ("CANDLE", "weight", False)


def test_a_catalogue_meets_what_it_does_not_know() -> None:
    """A product of no catalogue gets a SKU of its own, once; tags of no product share one."""
    catalogue = parse_catalogue("sku,gtin\nA,3012345000017\n", "articles.csv")
    assert catalogue.meet("03012345000017") == "A"
    assert catalogue.meet("03012345000024") == catalogue.meet("03012345000024") == "gtin-03012345000024"
    assert catalogue.meet(None) == UNIDENTIFIED
    assert [(a.sku, a.known) for a in catalogue.articles()] == [
        ("A", True), ("gtin-03012345000024", False), (UNIDENTIFIED, False),
    ]  # fmt: skip


def test_variants_are_the_articles_of_one_model() -> None:
    """The article itself first, then the others of its model; one without a model has none."""
    rows = "B32,B\nB30,B\nB31,B\nTEE,\n"
    catalogue = parse_catalogue(f"sku,model\n{rows}", "articles.csv")
    assert [a.sku for a in catalogue.variants("B31")] == ["B31", "B30", "B32"]
    assert [a.sku for a in catalogue.variants("TEE")] == ["TEE"]
    assert catalogue.variants("NIX") == []


def test_a_tag_without_a_product_code_is_bound_to_an_article_by_hand() -> None:
    """The EPCs of a row count as its article, in either case of hex; other such tags stay unidentified."""
    catalogue = parse_catalogue("sku,epc\nLAMP,e20010710000529b0940b402|AA00\n", "articles.csv")
    identifier = Identifier(catalogue, lambda _epc: True)
    assert identifier.tag("E20010710000529B0940B402") == "LAMP"
    assert identifier.tag("AA00") == "LAMP"
    assert identifier.tag("AA01") == UNIDENTIFIED


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("LAMP,AA0\n", "line 2: epc 'AA0' must be"),
        ("LAMP,AA00\nSOFA,aa00\n", "bound to both 'LAMP' and 'SOFA'"),
    ],
)
def test_a_wrong_binding_is_refused(rows: str, said: str) -> None:
    """No whole bytes, or two articles for one tag."""
    assert said in catalogue_refusal("sku,epc\n" + rows)
