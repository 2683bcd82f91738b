"""The table [privacy] of a site's file: what is kept of pieces that customers own. Pure."""

from dataclasses import replace

from pydantic import Field

from gateway.config.section import Section
from gateway.config.storage import DAY_NS
from gateway.serials import key_of
from gateway.storage.retention_rule import Retention


class PrivacySection(Section):
    """What the journal still tells of single pieces. owner_ref is erased by [reservations]."""

    pseudonymise_after_days: int = Field(
        0,
        ge=0,
        le=36_500,
        description="serials in movements that are older become a keyed hash; 0: they stay as they are",
    )

    def narrowed(self, retention: Retention, pepper: bytes) -> Retention:
        """Return how long things are kept, with what this table says of serials; `pepper`: the store's secret."""
        if not self.pseudonymise_after_days:
            return retention
        after_ns = self.pseudonymise_after_days * DAY_NS
        return replace(retention, serials_ns=after_ns, serials_key=key_of(pepper))
