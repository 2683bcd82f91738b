"""The process and its HTTP server: `[gateway]` and `[api]`. Pure."""

from ipaddress import ip_network
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.config.section import Section


def _proxy(text: str) -> str:
    try:
        ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no address or network: write one such as 10.0.0.2 or 10.0.0.0/24"
        ) from error
    return text


Proxy = Annotated[str, AfterValidator(_proxy)]
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class GatewaySection(Section):
    """The process itself."""

    data_dir: str = Field("var/storefloor", description="folder of the embedded store, created at start")
    max_held_observations: int = Field(
        50_000, ge=1_000, le=5_000_000, description="observations waiting; beyond it readers are not read"
    )


class ApiSection(Section):
    """The HTTP server."""

    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(8480, ge=1, le=65_535, description="TCP port to listen on")
    page_sign_in: bool = Field(
        True, description="whether the staff page asks for a key; false is allowed on a loopback host alone"
    )
    allowed_hosts: tuple[str, ...] = Field((), description="further Host header names that are answered")
    max_streams: int = Field(1_000, ge=1, le=10_000, description="event streams open at once")
    requests_per_s: float = Field(
        500, ge=1, le=1_000_000, description="requests that each key may make for good, per real second"
    )
    requests_burst: int = Field(
        5_000, ge=10, le=10_000_000, description="requests that each key may make at once"
    )

    tls_certificate: str | None = Field(
        None, description="PEM file of the certificate and its chain: serve HTTPS; relative to this file"
    )
    tls_key: str | None = Field(None, description="PEM file of the certificate's key; relative to this file")
    trusted_proxies: tuple[Proxy, ...] = Field(
        (), max_length=32, description="addresses or networks of proxies whose X-Forwarded-… is believed"
    )

    @model_validator(mode="after")
    def _tls_has_both(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "tls_key" if self.tls_key is None else "tls_certificate"
            raise ValueError(f"{missing} is missing: HTTPS needs tls_certificate and tls_key")
        return self

    @model_validator(mode="after")
    def _open_pages_stay_on_this_machine(self) -> Self:
        if not self.page_sign_in and self.trusted_proxies:
            raise ValueError(
                "page_sign_in = false with trusted_proxies: through a proxy all the world would be this machine:"
                " set page_sign_in = true, or leave trusted_proxies out"
            )
        if not self.page_sign_in and self.host not in LOOPBACK:
            raise ValueError(
                "page_sign_in = false needs host = 127.0.0.1: set page_sign_in = true, or that host"
            )
        return self
