"""The tables [[notify]] of a site's file: which people are told, by mail or over HTTP. Pure."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.alerts.notices import Level
from gateway.alerts.records import AlertType, Severity
from gateway.config.section import Id, Section
from gateway.delivery.body_template import DEFAULT, MAX_TEMPLATE_CHARS, check_template

MAX_TARGETS = 20
"""More would tell one shop's people more than once: an address list is the mail server's to keep."""
PORTS = {"starttls": 587, "tls": 465, "none": 25}
_ADDRESS = re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+")
_SENDER = re.compile(r"(?:[^<>@\x00-\x1f,;:\"\\]* <[!-;=?A-~]+@[A-Za-z0-9.-]+>|[!-;=?A-~]+@[A-Za-z0-9.-]+)")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
EMAIL_KEYS = ("host", "port", "tls", "username", "password_file", "sender", "to")
HTTP_KEYS = ("url", "url_file", "headers", "header_files")


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"{text!r} is no address: write one such as floor@shop.example, in ASCII")
    return text


def _sender(text: str) -> str:
    if not _SENDER.fullmatch(text):
        raise ValueError(
            f"{text!r} is no sender: write alerts@shop.example or Storefloor <alerts@shop.example>"
        )
    return text


def _header(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError(f"{text!r} is no name of a header")
    return text


def _template(text: str) -> str:
    check_template(text)
    return text


HeaderName = Annotated[str, AfterValidator(_header)]
HeaderValue = Annotated[str, Field(pattern=r"^[ -~]{0,500}$")]


class NotifySection(Section):
    """A target of notices. Secrets stand in files of their own."""

    id: Id
    kind: Literal["email", "http"] = Field(description="how it is told: by mail, or posted over HTTP")
    stores: tuple[Id, ...] = Field((), max_length=20, description="ids of stores; none: all")
    severities: tuple[Severity, ...] = Field(
        (), max_length=3, description="of which severities: info, warning, critical; none: all"
    )
    types: tuple[AlertType, ...] = Field((), max_length=50, description="of which types of alert; none: all")
    level: Level = Field(
        "associate", description="who reads it: associate, lead (told what nobody saw to), manager"
    )
    language: str = Field("en", pattern=r"^[a-z]{2,3}$", description="a file of config/messages: en, fr")
    digest: bool = Field(True, description="whether it is told digests: what waited for the opening")
    host: str | None = Field(None, max_length=253, description="email: the mail server")
    port: int | None = Field(
        None, ge=1, le=65_535, description="email: its port; left out: 587 (starttls), 465 (tls), 25 (none)"
    )
    tls: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="email: starttls, tls from the start, or none (a server on this machine)"
    )
    username: str | None = Field(None, max_length=200, description="email: user name, with password_file")
    password_file: str | None = Field(None, description="email: file whose first line is the password")
    sender: Annotated[str, AfterValidator(_sender)] | None = Field(
        None, max_length=300, description="email: from whom, such as Storefloor <alerts@shop.example>"
    )
    to: tuple[Annotated[str, AfterValidator(_address)], ...] = Field(
        (), max_length=50, description="email: addresses that it goes to"
    )
    ca_file: str | None = Field(
        None, description="email: PEM file of the certificate authority; left out: the system's"
    )
    url: str | None = Field(None, max_length=2_048, description="http: where it is sent; see also [webhooks]")
    url_file: str | None = Field(
        None, description="http: file whose first line is the URL, where that is a secret (Slack, Teams)"
    )
    method: Literal["POST", "PUT"] = Field("POST", description="http: POST or PUT")
    headers: dict[HeaderName, HeaderValue] = Field(
        default_factory=dict, max_length=20, description="http: further headers"
    )
    header_files: dict[HeaderName, str] = Field(
        default_factory=dict,
        max_length=20,
        description="http: headers whose value is the first line of a file, such as Authorization",
    )
    body: Annotated[str, AfterValidator(_template)] = Field(
        DEFAULT,
        max_length=MAX_TEMPLATE_CHARS,
        description="http: JSON with {placeholders}; see docs/notices.md",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        foreign = HTTP_KEYS if self.kind == "email" else (*EMAIL_KEYS, "ca_file")
        for key in foreign:
            if key in self.model_fields_set:
                raise ValueError(f'{key} has no meaning with kind = "{self.kind}": leave it out')
        if self.kind == "email":
            for key in ("host", "sender", "to"):
                if not getattr(self, key):
                    raise ValueError(f'kind = "email" needs {key}')
            if (self.username is None) != (self.password_file is None):
                raise ValueError("username and password_file go together: write both, or none")
            if (
                self.username is not None
                and self.tls == "none"
                and self.host not in {"localhost", "127.0.0.1", "::1"}
            ):
                raise ValueError(
                    'with tls = "none" the password would go over the network readable: use starttls'
                )
        elif (self.url is None) == (self.url_file is None):
            raise ValueError('kind = "http" needs one of url and url_file')
        return self

    @property
    def mail_port(self) -> int:
        """Return the port of the mail server."""
        return self.port if self.port is not None else PORTS[self.tls]
