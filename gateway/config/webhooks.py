"""The table [webhooks] of a site's file: where messages may go beyond the public internet. Pure."""

from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from gateway.config.section import Section
from gateway.webhooks.targets import Policy


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is no address or network: write one such as 10.0.0.0/24") from error
    return text


class WebhooksSection(Section):
    """Endpoints are made through the API; nothing is sent to private addresses unless this says so."""

    allow_networks: tuple[Annotated[str, AfterValidator(_network)], ...] = Field(
        (), max_length=32, description="your own networks that messages may go to, such as 10.0.0.0/24"
    )
    allow_http: bool = Field(False, description="whether plain HTTP may be used, into those networks alone")

    def policy(self) -> Policy:
        """Return the section as a rule."""
        return Policy(tuple(ip_network(text) for text in self.allow_networks), self.allow_http)
