"""The broker: `[mqtt]`. Pure."""

from typing import Literal

from pydantic import Field

from gateway.config.section import Section, TopicFilter


class MqttSection(Section):
    """The broker. Left out of the file: no MQTT devices and no MQTT alerts."""

    host: str = Field("127.0.0.1", description="broker's name or address")
    port: int = Field(1883, ge=1, le=65_535, description="broker's TCP port")
    protocol: Literal["5", "3.1.1"] = Field("5", description="MQTT version")
    client_id: str = Field(
        "storefloor",
        min_length=1,
        max_length=64,
        description="fixed: the broker queues for it while it is away",
    )
    username: str | None = Field(None, description="user name; the password comes from password_file")
    password_file: str | None = Field(None, description="file whose first line is the password")
    tls: bool = Field(False, description="speak TLS to the broker, with the system's certificates")
    keepalive_s: int = Field(30, ge=5, le=3_600, description="keep-alive, real seconds")
    session_expiry_s: int = Field(
        7 * 86_400, ge=86_400, le=90 * 86_400, description="how long the broker keeps our queue (MQTT 5)"
    )
    alert_topic: str = Field(
        "storefloor/{store}/alerts",
        max_length=128,
        description="where alerts are published; {store} is filled in",
    )
    watch_topics: tuple[TopicFilter, ...] = Field(
        (), max_length=16, description="further topic filters, heard only to be listed as unmatched"
    )
