"""The table [influxdb] of a site's file: where stock is told to, and how much may wait for it. Pure."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gateway.config.section import Section

_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?")
MIB = 1024 * 1024


def _url(text: str) -> str:
    if "@" in text:
        raise ValueError("it must bear no user and no password: write them into username and token_file")
    if not _URL.fullmatch(text):
        raise ValueError(
            f"{text!r} must be http:// or https:// with host and port, such as http://influx.lan:8086"
        )
    return text.rstrip("/")


class InfluxSection(Section):
    """A time-series server: InfluxDB 1.8 or newer, 2.x, 3.x. Left out: stock is kept in the embedded store alone."""

    url: Annotated[str, AfterValidator(_url)] = Field(max_length=500, description="address, with its port")
    bucket: str = Field(
        min_length=1,
        max_length=200,
        description="2.x: bucket; 3.x: database; 1.8: database or database/retention-policy",
    )
    org: str = Field("", max_length=200, description="2.x: organisation; 1.8 and 3.x: left out")
    token_file: str | None = Field(
        None, description="file whose first line is the token (2.x, 3.x), or the password of username (1.8)"
    )
    username: str | None = Field(
        None, min_length=1, max_length=200, description="1.8: user name; its password comes from token_file"
    )
    ca_file: str | None = Field(
        None, description="PEM file of the certificate authority; left out: those of the certifi package"
    )
    timeout_s: float = Field(10, ge=1, le=120, description="how long an answer may take, real seconds")
    gzip: bool = Field(True, description="send bodies compressed: a tenth of the bytes")
    flush_s: float = Field(
        1, ge=0.1, le=60, description="how long a change waits for company before it is sent, real seconds"
    )
    batch_points: int = Field(5_000, ge=100, le=20_000, description="points of one request, at most")
    max_outbox_mb: int = Field(
        512, ge=16, le=65_536, description="disk for what waits; beyond it the oldest is told from the store later"
    )  # fmt: skip
    backfill: bool = Field(
        True, description="tell it what the store kept before it was there, and while the outbox was full"
    )
    read_history: bool = Field(
        False,
        description="answer history and as_of from it for times older than levels_days",
    )
    sample_s: float = Field(
        60, ge=5, le=3_600, description="how often readers' health and key figures are told, seconds"
    )

    @model_validator(mode="after")
    def _password_of_the_user(self) -> Self:
        if self.username is not None and self.token_file is None:
            raise ValueError("username needs token_file: the file whose first line is its password")
        return self

    @property
    def max_outbox_bytes(self) -> int:
        """Return the bound of the outbox in bytes."""
        return self.max_outbox_mb * MIB
