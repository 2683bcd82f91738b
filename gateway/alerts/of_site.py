"""The alert engine's parts as a site's configuration asks for them. Pure."""

from zoneinfo import ZoneInfo

from gateway.alerts.quiet import DisturbingHours
from gateway.alerts.records import Severity
from gateway.alerts.telling import Teller, TellingRule
from gateway.opening_hours import parse_span
from gateway.site import Site, ns


def teller_of(site: Site) -> Teller:
    """Return who tells people of a site's alerts."""
    notices = site.config.alerts.notices
    rule = TellingRule(
        window_ns=ns(notices.group_window_s),
        repeat_ns=ns(notices.repeat_s),
        escalate_ns=(ns(notices.escalate_lead_s), ns(notices.escalate_manager_s)),
        escalate_from=Severity(notices.escalate_from),
        digest_only=frozenset(notices.digest_only),
    )
    hours = DisturbingHours(
        zones={store.id: ZoneInfo(store.timezone) for store in site.config.stores},
        hours=site.hours,
        digest_minute=parse_span(f"{notices.digest_at}-24:00")[0],
        is_quiet_when_closed=notices.quiet_when_closed,
    )
    return Teller(rule, hours)
