"""The tables [[channels]]: names that exist, each once, and figures that can be."""

import pytest

from gateway.config.file import parse_site
from gateway.config.site import SiteConfig
from gateway.errors import ConfigError
from tests.support.small_site import SITE


def with_channels(text: str) -> SiteConfig:
    """Return the small site with more tables."""
    return parse_site(SITE + text, "site.toml")


def test_without_a_table_there_are_no_channels() -> None:
    """Then a channel is the caller's own word."""
    assert with_channels("").channels == ()


def test_a_channel_sells_everywhere_and_in_both_ways_unless_it_says_else() -> None:
    """Only its id is required."""
    (web,) = with_channels('[[channels]]\nid = "web"\n').channels
    assert (web.stores, web.fulfilment, web.safety_stock, web.quota) == ((), ("pickup", "ship"), None, None)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('id = "web"\n[[channels]]\nid = "web"', "'web' is the id of another"),
        ('id = "web"\nstores = ["lyon-2"]', "'lyon-2' is no store: did you mean 'lyon-1'?"),
        ('id = "web"\nstores = ["lyon-1", "lyon-1"]', "'lyon-1' stands twice"),
        ('id = "web"\nfulfilment = []', "fulfilment"),
        ('id = "web"\nfulfilment = ["post"]', "fulfilment"),
        ('id = "Web Shop"', "id"),
        ('id = "web"\nsafety_stock = "guessed"', "safety_stock"),
        ('id = "web"\nsafety_stock = -1', "safety_stock"),
        ('id = "web"\nrisk = 0', "risk"),
        ('id = "web"\nquota_share = 1.5', "quota_share"),
        ('id = "web"\nqouta = 5', "did you mean 'quota'?"),
        ('id = "web"\n[reservations]\naccept_unknown = ["app"]', "'app' is no channel"),
    ],
)
def test_what_cannot_be_is_refused_by_name(table: str, said: str) -> None:
    """The message names key, value and remedy."""
    with pytest.raises(ConfigError) as refused:
        with_channels(f"[[channels]]\n{table}\n")
    assert said in str(refused.value)
