"""Key figures as CSV that no spreadsheet runs as a formula. Pure."""

from gateway.interchange.lines import encode, encode_header
from gateway.interchange.tables import Column, Row, Table
from gateway.kpis.days import name_of
from gateway.kpis.figures import figures_of
from gateway.kpis.model import KpiRow

DIGITS = 4

SHEET = Table(
    "kpis",
    (
        Column("store"),
        Column("department", is_nullable=True),
        Column("day", is_nullable=True),
        Column("days", "integer"),
        *(
            Column(name, is_nullable=True)
            for name in (
                "articles", "open_minutes", "on_shelf", "nosbos", "elsewhere", "gone", "unknown", "stock_out",
                "stock_out_minutes", "stock_unknown_minutes", "lost_low", "lost_pieces", "lost_high",
            )
        ),
        *(
            Column(name, "integer")
            for name in (
                "made", "collected", "released", "expired", "short", "at_risk", "resecured", "readied",
            )
        ),
        Column("ready_median_s", is_nullable=True),
        Column("ready_p90_s", is_nullable=True),
        Column("counted", "integer"),
        Column("counted_exact", is_nullable=True),
        Column("counted_error", is_nullable=True),
        Column("counted_unknown", "integer"),
        Column("refills", "integer"),
        Column("refill_median_s", is_nullable=True),
        Column("refill_p90_s", is_nullable=True),
        Column("reads_of_sold", "integer"),
    ),
)  # fmt: skip


def csv_of(rows: tuple[KpiRow, ...]) -> str:
    """Return rows as CSV with a header: shares 0 to 1 and minutes as decimal numbers with a point."""
    return encode_header(SHEET, "csv") + encode(SHEET, [_cells(row) for row in rows], "csv")


def _cells(row: KpiRow) -> Row:
    found = figures_of(row.tally)
    lost = found.lost
    return (
        row.store,
        row.department,
        None if row.day is None else name_of(row.day),
        row.days,
        *map(_text, (found.articles, found.open_minutes, found.on_shelf, found.nosbos, found.elsewhere)),
        *map(_text, (found.gone, found.unknown, found.stock_out, found.stock_out_minutes)),
        _text(found.stock_unknown_minutes),
        *((None,) * 3 if lost is None else map(_text, (lost.low, lost.mean, lost.high))),
        *(found.made, found.collected, found.released, found.expired, found.short),
        *(found.at_risk, found.resecured, found.readied),
        _text(found.ready_median_s),
        _text(found.ready_p90_s),
        found.counted,
        _text(found.counted_exact),
        _text(found.counted_error),
        found.counted_unknown,
        found.refills,
        _text(found.refill_median_s),
        _text(found.refill_p90_s),
        found.reads_of_sold,
    )


def _text(value: float | None) -> str | None:
    return None if value is None else f"{value:.{DIGITS}f}".rstrip("0").rstrip(".")
