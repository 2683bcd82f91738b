"""Articles put into the catalogue of a running gateway, and pieces that turn out to be of another one. Pure.

    article ─▶ may it be? ─┬─ no ──▶ refused, nothing changed
                           └─ yes ─▶ catalogue ─▶ whose tags and pieces change their article? ─▶ movements

A product that was met on the floor before anybody named it has a SKU of its own (`gtin-…`). When its GTIN
becomes known, all that is known of it goes over to the article, by movements: the journal proves it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace

from gateway.audit import Actor
from gateway.catalogue.articles import UNIDENTIFIED, Article, Catalogue
from gateway.catalogue.model import NewArticle, PutCode, PutVerdict
from gateway.state import State
from gateway.storage.ports import StateRow

MAX_PUT_ARTICLES = 200_000
"""Articles kept beside the site's file: a start reads them within a second or two."""
OF_UNKNOWN = "gtin-"
"""What the SKUs of products begin with that no catalogue names."""


@dataclass(slots=True)
class _Changed:
    """What a batch changed: GTINs and EPCs that have another article now, and the SKUs that they were of."""

    gtins: set[str] = field(default_factory=set)
    skus: set[str] = field(default_factory=set)
    absorbed: dict[str, str] = field(default_factory=dict)


def put(state: State, articles: Sequence[NewArticle], actor: Actor, now_ns: int) -> list[PutVerdict]:
    """Put articles in, in order; return what became of each."""
    changed = _Changed()
    verdicts = []
    for asked in articles:
        verdict = _put(state, asked, changed, now_ns)
        verdicts.append(verdict)
        if verdict.outcome in {"created", "changed"}:
            detail = f"{verdict.outcome}, GTIN {' '.join(asked.gtins) or 'none'}"
            state.audit(actor, "articles.put", "", asked.sku, detail, now_ns)
    _identify_anew(state, changed, now_ns)
    return verdicts


def take_up(state: State, rows: Iterable[StateRow]) -> None:
    """Take up the articles that were put in an earlier life, over those of the site's file."""
    put_back(state.catalogue, rows)


def put_back(catalogue: Catalogue, rows: Iterable[StateRow]) -> None:
    """Put the articles that were put in an earlier life into a catalogue, over those of the site's file."""
    for row in rows:
        if row.value is not None:
            catalogue.put(_article(row.value))


def _article(text: str) -> Article:
    fields = json.loads(text)
    codes = {name: tuple(fields[name]) for name in ("gtins", "epcs")}
    return Article(**{**fields, **codes})


def _put(state: State, asked: NewArticle, changed: _Changed, now_ns: int) -> PutVerdict:
    before = state.catalogue.article(asked.sku)
    tracked_by = asked.tracked_by or ("tag" if before is None else before.tracked_by)
    article = asked.article(tracked_by, "api")
    if before is not None and article == replace(before, source="api") and before.known:
        return PutVerdict("unchanged")
    refusal = _refusal(state, article, before, now_ns)
    if refusal is not None:
        return refusal
    _note_codes(state, article, before, changed)
    state.catalogue.put(article)
    state.rows.append(StateRow("article", article.sku, json.dumps(asdict(article), separators=(",", ":"))))
    state.touched.update(
        (store, article.sku)
        for store in state.site.roles
        if state.ledger.line(store, article.sku) is not None
    )
    return PutVerdict("created" if before is None or not before.known else "changed")


def _refusal(state: State, article: Article, before: Article | None, now_ns: int) -> PutVerdict | None:
    """Return why an article may not be put in, if so."""
    owner = state.catalogue.owner(article)
    if owner is not None:
        code, other = owner
        is_gtin = code in article.gtins
        detail = f"{'GTIN' if is_gtin else 'EPC'} {code} belongs to {other!r}: take it from there before {article.sku!r} has it"
        return _refused("gtin_taken" if is_gtin else "epc_taken", detail, "/gtins" if is_gtin else "/epcs")
    sku = article.sku
    if sku == UNIDENTIFIED or (
        sku.startswith(OF_UNKNOWN) and sku.removeprefix(OF_UNKNOWN) not in article.gtins
    ):
        detail = f"{sku!r} is the gateway's own name for a product that no catalogue names: choose another"
        return _refused("reserved_sku", detail, "/sku")
    if before is not None and before.tracked_by != article.tracked_by:
        refusal = _retracked(state, article, before, now_ns)
        if refusal is not None:
            return refusal
    for other in _unknown_owners(state, article):
        if any(state.book.holding(store, other, now_ns) for store in state.site.roles):
            detail = f"reservations hold pieces of {other!r}, which becomes {sku!r}: release them first"
            return _refused("pieces_held", detail, "/gtins")
    if (before is None or before.source != "api") and state.catalogue.put_in >= MAX_PUT_ARTICLES:
        detail = f"{MAX_PUT_ARTICLES:,} articles were put in: write more of them into the site's file"
        return _refused("too_many_articles", detail, "/sku")
    return None


def _retracked(state: State, article: Article, before: Article, now_ns: int) -> PutVerdict | None:
    """Return why an article may not be tracked in another way, if so."""
    sku = article.sku
    if any(shelf.sku == sku for shelf in state.site.config.shelves):
        detail = f"a shelf of the site's file weighs {sku!r}: it is tracked by {before.tracked_by}"
        return _refused("on_a_shelf", detail, "/tracked_by")
    for store in state.site.roles.keys() - state.books.ledger_stores:
        line = state.ledger.line(store, sku)
        if (line is not None and (line.levels() or line.is_open())) or state.book.holding(store, sku, now_ns):
            detail = (
                f"there are pieces of {sku!r} in {store!r}, tracked by {before.tracked_by}: "
                "that changes while there is none, and none is on its way, held or waits to be paired"
            )
            return _refused("has_stock", detail, "/tracked_by")
    return None


def _refused(code: PutCode, detail: str, where: str) -> PutVerdict:
    return PutVerdict("refused", code, detail, where)


def _unknown_owners(state: State, article: Article) -> list[str]:
    """Return the SKUs of unknown products that turn out to be this article."""
    owners = {state.catalogue.sku_of(gtin) for gtin in article.gtins}
    return sorted(sku for sku in owners if sku is not None and sku != article.sku)


def _note_codes(state: State, article: Article, before: Article | None, changed: _Changed) -> None:
    """Take note of whose codes change their article, before they do."""
    had = (set(), set()) if before is None else (set(before.gtins), set(before.epcs))
    gtins, epcs = had[0] ^ set(article.gtins), had[1] ^ set(article.epcs)
    changed.gtins |= gtins
    changed.skus |= {state.identifier.tag(epc) for epc in epcs if state.presence.is_known(epc)}
    if had[0] - set(article.gtins):
        changed.skus.add(article.sku)
    for sku in _unknown_owners(state, article):
        changed.absorbed[sku] = article.sku


def _identify_anew(state: State, changed: _Changed, now_ns: int) -> None:
    """Let what was read and counted go over to the articles that it is of now."""
    changed.skus |= state.identifier.renew(changed.gtins)
    for store in state.site.roles:
        for sku in sorted(changed.skus | changed.absorbed.keys()):
            heir = changed.absorbed.get(sku)
            if heir is not None and state.catalogue.article(sku) is None:
                _rename(state, store, sku, heir, now_ns)
            else:
                _rename_tags(state, store, sku, now_ns)


def _rename(state: State, store: str, sku: str, heir: str, now_ns: int) -> None:
    """Let all of an article that is no more be another's; tags that are of a third one follow."""
    old, new = (store, sku), (store, heir)
    state.ledger.rename(store, sku, heir, now_ns)
    for known in (state.tags_of, state.doubtful):
        if (epcs := known.pop(old, None)) is not None:
            known.setdefault(new, set()).update(epcs)
    if (stood := state.stood.pop(old, None)) is not None:
        state.stood.setdefault(new, Counter()).update(stood)
    for scanner, session in state.sessions.items():
        if state.site.scanners[scanner].store == store and (pieces := session.pieces.pop(sku, 0)):
            session.pieces[heir] += pieces
            state.save_session(scanner)
    _rename_tags(state, store, heir, now_ns)


def _rename_tags(state: State, store: str, sku: str, now_ns: int) -> None:
    """Let the tags of an article that are of another one now be the other's."""
    for known, is_counted in ((state.tags_of, True), (state.doubtful, False)):
        heirs: dict[str, list[str]] = {}
        for epc in sorted(known.get((store, sku), ())):
            heir = state.identifier.tag(epc)
            if heir != sku:
                heirs.setdefault(heir, []).append(epc)
        for heir, epcs in heirs.items():
            known[store, sku].difference_update(epcs)
            known.setdefault((store, heir), set()).update(epcs)
            if is_counted:
                places = [state.presence.place_of(epc) for epc in epcs]
                zones = Counter(state.site.places[place].zone for place in places if place is not None)
                only = epcs[0] if len(epcs) == 1 else None
                state.ledger.rename_tags(store, sku, heir, zones, only, now_ns)
