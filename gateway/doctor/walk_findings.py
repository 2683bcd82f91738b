"""What a walk test means, in words, and what to change. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from statistics import median

from gateway.doctor.findings import WEAK_DBM, Finding
from gateway.doctor.walk import SELDOM_SHARE, STEADY_SHARE, Coverage, TagCoverage, ZoneCoverage

LEAST_SHARE = 0.1
"""Of a zone's tags: fewer than this in trouble are single items, not a fault of the set-up."""
MAX_LISTED = 10


def walk_findings(
    coverage: Coverage,
    zone: str | None = None,
    passages: Collection[str] = (),
    unwatched: Iterable[str] = (),
) -> Iterator[Finding]:
    """Yield what is to be said of each zone, or of one.

    Through `passages` tags go by: that they are heard for a moment is all that is wanted there.
    `unwatched` zones have no antenna at all.
    """
    for seen in coverage.zones:
        if zone is None or seen.zone == zone:
            yield from _passage(seen) if seen.zone in passages else _zone(seen)
    for name in unwatched:
        if zone in (None, name):
            yield Finding(
                "note", "unwatched", f"{name}: no antenna watches it; its stock is known by scans alone."
            )
    if coverage.missing:
        listed = ", ".join(coverage.missing[:MAX_LISTED])
        more = len(coverage.missing) - MAX_LISTED
        yield Finding(
            "problem",
            "missing",
            f"{len(coverage.missing)} expected tag(s) never heard: {listed}{f' and {more} more' if more > 0 else ''}.",
            "Look for each: gone, torn off, or lying where no antenna reaches (metal, liquids, a stack of tags).",
        )


def _zone(seen: ZoneCoverage) -> Iterator[Finding]:
    yield from _deaf(seen)
    if not seen.tags:
        yield Finding(
            "problem", "empty", f"{seen.zone}: not one tag heard.", "Walk through with a tag in your hand."
        )
        return
    steady = seen.share_of(STEADY_SHARE, 2.0)
    text = (
        f"{seen.zone}: {len(seen.tags)} tag(s); {steady:.0%} heard steadily, "
        f"{seen.share_of(SELDOM_SHARE, STEADY_SHARE):.0%} often, {seen.share_of(0, SELDOM_SHARE):.0%} seldom."
    )
    yield Finding("good" if steady >= 1 - LEAST_SHARE else "note", "coverage", text)
    if len(seen.seldom) > LEAST_SHARE * len(seen.tags):
        yield _seldom(seen)
    yield from _rivals(seen)


def _passage(seen: ZoneCoverage) -> Iterator[Finding]:
    if seen.tags:
        yield Finding("good", "passed", f"{seen.zone}: {len(seen.tags)} tag(s) went by and were heard.")
    else:
        yield Finding(
            "note",
            "nobody_passed",
            f"{seen.zone}: not one tag heard.",
            "Carry one through, at the pace and height of a bag: it must be heard each time.",
        )


def _deaf(seen: ZoneCoverage) -> Iterator[Finding]:
    for (reader, port), reads in seen.antennas.items():
        if not reads:
            yield Finding(
                "problem",
                "deaf_antenna",
                f"{seen.zone}: antenna {port} of {reader} heard nothing.",
                "Is the reader alive, the antenna on that port and its cable whole? Else it looks elsewhere.",
            )


def _seldom(seen: ZoneCoverage) -> Finding:
    text = f"{seen.zone}: {len(seen.seldom)} tag(s) are heard seldom: {_listed(seen.seldom)}."
    levels = [tag.best_dbm for tag in seen.seldom if tag.best_dbm is not None]
    if levels and median(levels) < WEAK_DBM:
        return Finding(
            "problem",
            "too_far",
            f"{text} They are weak (best {median(levels):g} dBm in the middle).",
            "Raise power_dbm as far as the law allows, or move an antenna nearer, or add one.",
        )
    return Finding(
        "problem",
        "shadowed",
        f"{text} They are loud when they are heard.",
        "They shadow each other or hang across the antenna's field: turn the antenna, watch the zone from a second "
        "side, keep tags apart from metal and from each other.",
    )


def _rivals(seen: ZoneCoverage) -> Iterator[Finding]:
    rivals = Counter(tag.rival[0] for tag in seen.tags if tag.rival is not None)
    for other, count in sorted(rivals.items()):
        if count > LEAST_SHARE * len(seen.tags):
            yield Finding(
                "problem",
                "overlap",
                f"{seen.zone}: {other} hears {count} of its {len(seen.tags)} tag(s) nearly as loudly.",
                f"Lower power_dbm of the reader of {other}, turn its antenna away, or move the shelf.",
            )


def _listed(tags: tuple[TagCoverage, ...]) -> str:
    listed = ", ".join(f"{tag.epc} ({tag.share:.0%})" for tag in tags[:MAX_LISTED])
    more = len(tags) - MAX_LISTED
    return f"{listed} and {more} more" if more > 0 else listed
