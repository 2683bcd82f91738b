"""PUT articles: JSON and CSV, each article judged by itself; GET shows what was put, to those who may see it."""

from typing import Any

import pytest

from api.schemas.catalogue import ArticleList, ArticleOutcomes
from gateway.catalogue.model import NewArticle
from tests.support.api_ports import ADMIN, EXACT, INGEST, READ, Floor, article

PATH = "/v1/articles"
JEANS = {
    "sku": "DEN-501-32", "gtins": ["3012345000024"], "name": {"en": "Straight jeans 32"}, "tracked_by": "tag",
    "department": "denim", "model": "DEN-501", "size": "32", "colour": "indigo", "low_stock_at": 4,
    "safety_stock": 1, "epcs": ["e2806894000050230a1b2c3d"],
}  # fmt: skip
NEW = NewArticle(
    "DEN-501-32", ("03012345000024",), {"en": "Straight jeans 32"}, "tag", "denim", "DEN-501", "32", "indigo", 4, 1,
    ("E2806894000050230A1B2C3D",),
)  # fmt: skip


def put(floor: Floor, body: Any, key: str = ADMIN) -> Any:
    """Return the answer to articles, as JSON or (text) as CSV."""
    if isinstance(body, str):
        return floor.ask("PUT", PATH, key, content=body.encode(), headers={"content-type": "text/csv"})
    return floor.ask("PUT", PATH, key, json={"articles": body})


def outcomes(floor: Floor, body: Any) -> Any:
    """Return what became of articles."""
    answer = put(floor, body)
    assert answer.status_code == 200, answer.text
    ArticleOutcomes.model_validate_json(answer.content)
    return answer.json()


def test_an_article_reaches_the_gateway_whole() -> None:
    """Every field; GTINs of 14 digits, EPCs in upper case; who put it, for the audit."""
    floor = Floor()
    said = outcomes(floor, [JEANS])
    assert (said["created"], said["changed"], said["unchanged"], said["refused"]) == (1, 0, 0, 0)
    assert floor.catalogue.put_in == [NEW]
    assert floor.catalogue.actors[0].key_id == "id-admin"


def test_csv_says_the_same() -> None:
    """In the format of the site's own file, semicolons and all."""
    floor = Floor()
    text = (
        "sku;gtin;name_en;name_fr;tracked_by;department;model;size;colour;low_stock_at;safety_stock;epc\n"
        "DEN-501-32;3012345000024;Straight jeans 32;Jean droit 32;tag;denim;DEN-501;32;indigo;4;1;"
        "E2806894000050230A1B2C3D\n"
    )
    said = outcomes(floor, text)
    (found,) = floor.catalogue.put_in
    assert (found.sku, found.gtins, found.epcs) == (NEW.sku, NEW.gtins, NEW.epcs)
    assert found.name == {"en": "Straight jeans 32", "fr": "Jean droit 32"}
    assert said["results"][0]["line"] == 2


def test_each_article_is_judged_by_itself() -> None:
    """A wrong check digit, a code of another article, a misspelt field: refused with a pointer; the rest is put in."""
    floor = Floor()
    bad = [
        {**JEANS, "gtins": ["3012345000025"]},
        {**JEANS, "sku": "NO-1"},
        {**JEANS, "color": "blue"},
        {"sku": "A"},
    ]
    said = outcomes(floor, bad)
    found = [(r["sku"], r["outcome"], r["code"], r["pointer"]) for r in said["results"]]
    assert found == [
        ("DEN-501-32", "refused", "invalid_article", "/articles/0/gtins"),
        ("NO-1", "refused", "gtin_taken", "/articles/1/gtins"),
        ("DEN-501-32", "refused", "invalid_article", "/articles/2/color"),
        ("A", "created", None, None),
    ]
    assert "should end in 4" in said["results"][0]["detail"]
    assert "did you mean 'colour'?" in said["results"][2]["detail"]


def test_a_bad_line_of_csv_is_named_by_its_number() -> None:
    """The line is refused, the next one is put in."""
    said = outcomes(Floor(), "sku,low_stock_at\nA,some\nB,2\n")
    assert [r["outcome"] for r in said["results"]] == ["refused", "created"]
    assert said["results"][0]["detail"].startswith("line 2: low_stock_at 'some'")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty; the first row must name columns"),
        ("name\nA\n", "no column 'sku'"),
        ("sku,nam\nA,B\n", "unknown column 'nam': did you mean 'name'?"),
        ("sku\n", "no line below the header"),
        ('sku\n"A\n', "mend its quotes"),
        ("sku\n" + "A\n" * 5_001, "5,001 lines"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(text: str, says: str) -> None:
    """422 invalid_request, in words that mend it."""
    floor = Floor()
    answer = put(floor, text)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert says in answer.json()["detail"]
    assert floor.catalogue.put_in == []


@pytest.mark.parametrize("key", [READ, EXACT, INGEST])
def test_articles_are_put_in_by_administrators_alone(key: str) -> None:
    """Whoever names articles says what the stock is of."""
    assert put(Floor(), [JEANS], key).json()["code"] == "insufficient_scope"


def test_a_listing_shows_where_an_article_is_from_and_quantities_to_those_who_may_see_them() -> None:
    """With availability:read alone there are no thresholds and no single tags."""
    floor = Floor()
    floor.inventory.listed = [article("A", source="api", low_stock_at=3, safety_stock=1, epcs=("E200",))]
    for key, shown in ((EXACT, (3, 1, ["E200"])), (READ, (None, None, None))):
        answer = floor.get(PATH, key)
        ArticleList.model_validate_json(answer.content)
        (item,) = answer.json()["items"]
        assert item["source"] == "api"
        assert (item["low_stock_at"], item["safety_stock"], item["epcs"]) == shown


def test_a_changed_catalogue_has_another_etag() -> None:
    """A page that was kept is asked for again."""
    floor = Floor()
    etag = floor.get(PATH).headers["etag"]
    assert floor.get(PATH, headers={"if-none-match": etag}).status_code == 304
    floor.inventory.listed = [*floor.inventory.listed, article("ZZZ")]
    assert floor.get(PATH, headers={"if-none-match": etag}).status_code == 200


def test_a_code_leads_to_its_article_and_the_others_of_its_model() -> None:
    """By SKU or GTIN; what names nothing says why; who sees no quantities sees no single pieces."""
    floor = Floor()
    floor.inventory.listed = [
        article("DEN-501-32", model="DEN-501", size="32", epcs=("E2806894000050230A1B2C3D",)),
        article("DEN-501-34", model="DEN-501", size="34", gtins=("03012345000031",)),
        article("TEE-WHT-M", gtins=("03012345000062",)),
    ]
    said = floor.get(f"{PATH}/resolve?code=3012345000031").json()
    assert (said["kind"], said["gtin"], said["article"]["sku"]) == ("product", "03012345000031", "DEN-501-34")
    assert [other["sku"] for other in said["variants"]] == ["DEN-501-32"]
    assert floor.get(f"{PATH}/resolve?code=3012345000032").json()["fault"] == "check_digit"
    tag = f"{PATH}/resolve?code=E2806894000050230A1B2C3D"
    assert floor.get(tag, EXACT).json()["epc"] == "E2806894000050230A1B2C3D"
    assert floor.get(tag, READ).json()["epc"] is None
    elements = floor.get(f"{PATH}/resolve?code=%5DQ30103012345000062%1D21A").json()
    assert (elements["article"]["sku"], elements["serial"]) == ("TEE-WHT-M", "A")
