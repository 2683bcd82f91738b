"""The site file of a benchmark's shop, as an operator would write it. Pure."""

from collections.abc import Sequence

from simulators.benchmark.articles import Article
from simulators.benchmark.desk import STORE, TILL_SCANNER
from simulators.benchmark.families import Family
from simulators.benchmark.reader_plan import SERIAL_KIND, ReaderPlan
from simulators.benchmark.shelves import TARE_G, shelf_id, shelf_topic
from simulators.benchmark.topology import TILL, AntennaPlan, Topology

HEAD = """\
# The benchmark's shop, family {family}. Devices speak to a broker; nothing here needs a network.

[catalogue]
csv = "articles.csv"

[mqtt]

[[stores]]
id = "{store}"
name = "Benchmark shop"
timezone = "Europe/Paris"
zones = [
{zones}
]
"""
READER = """
[[readers]]
id = "{id}"
kind = "{kind}"
store = "{store}"
topic = "{topic}"
{status}antennas = [{antennas}]
"""
SERIAL_READER = """
[[readers]]
id = "{id}"
kind = "{kind}"
mode = "real_time"
store = "{store}"
port = "ports/{id}"
antennas = [{antennas}]
"""
SCANNER = """
[[scanners]]
id = "{id}"
store = "{store}"
zone = "{zone}"
role = "till"
port = "ports/{id}"
"""
SHELF = """
[[shelves]]
id = "{id}"
kind = "tasmota"
store = "{store}"
zone = "{zone}"
sku = "{sku}"
topic = "{topic}"
unit_weight_g = {unit_g}
tare_g = {tare_g}
"""


def site_toml(
    family: Family,
    topology: Topology,
    readers: Sequence[ReaderPlan],
    antennas: Sequence[AntennaPlan],
    articles: Sequence[Article],
) -> str:
    """Return the TOML text."""
    zones = "\n".join(
        f'  {{ id = "{zone.id}", role = "{zone.role}", rect = [{", ".join(map(str, zone.rect))}] }},'
        for zone in topology.zones
    )
    text = HEAD.format(family=family.name, store=STORE, zones=zones)
    for plan in readers:
        ports = ", ".join(
            f'{{ port = {a.port}, zone = "{a.zone}" }}' for a in antennas if a.reader == plan.id
        )
        status = f'status_topics = ["{plan.status_topic}"]\n' if plan.kind == "zebra" else ""
        form = SERIAL_READER if plan.kind == SERIAL_KIND else READER
        text += form.format(
            id=plan.id, kind=plan.kind, store=STORE, topic=plan.topic, status=status, antennas=ports
        )
    if family.till_by == "scanner":
        text += SCANNER.format(id=TILL_SCANNER, store=STORE, zone=topology.zones_of(TILL)[0])
    for article in articles:
        if article.weight_g:
            text += SHELF.format(
                id=shelf_id(article),
                store=STORE,
                zone=article.home,
                sku=article.sku,
                topic=shelf_topic(article),
                unit_g=article.weight_g,
                tare_g=TARE_G,
            )
    return text
