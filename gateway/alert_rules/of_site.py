"""The rules of a site's file. Pure."""

from collections.abc import Callable

from gateway.alert_rules.book import RuleBook
from gateway.alert_rules.defaults import default_rules
from gateway.config.site import SiteConfig


def rules_of(config: SiteConfig, department: Callable[[str], str]) -> RuleBook:
    """Return the book of a site's rules. `department`: of an article; empty: none."""
    return RuleBook(
        default_rules(config.alerts), (section.rule() for section in config.alert_rules), department
    )
