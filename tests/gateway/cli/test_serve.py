"""A whole gateway in this process: how it begins and ends."""

import asyncio
from pathlib import Path

from gateway.cli.serve import GatewayRun, serve
from gateway.clock import SteadyClock
from gateway.config.file import parse_catalogue, parse_site
from tests.support.ports import free_port

SITE = """
[api]
port = {port}
[gateway]
data_dir = "data"
[catalogue]
csv = "articles.csv"
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""
ARTICLES = "sku,gtin,name_en,tracked_by\nTEE,3012345678902,T-shirt,tag\n"
END_S = 20.0


def test_a_gateway_that_is_stopped_while_it_starts_ends_and_announces_nothing(tmp_path: Path) -> None:
    """Whether it had its first pass by then or not: nobody waits for one that does not come."""
    site = parse_site(SITE.format(port=free_port()), "site.toml")
    announced: list[bool] = []
    run = GatewayRun(
        site,
        parse_catalogue(ARTICLES, "articles.csv"),
        tmp_path,
        SteadyClock(),
        lambda: announced.append(True),
    )

    async def live() -> None:
        stop = asyncio.Event()
        stop.set()
        async with asyncio.timeout(END_S):
            await serve(run, stop)

    asyncio.run(live())
    assert announced == []
