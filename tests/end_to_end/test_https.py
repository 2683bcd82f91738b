"""HTTPS served by the gateway itself, and what it believes of a proxy. Real sockets, a certificate authority of the test."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from gateway.cli.http_server import http_server
from gateway.config.server import ApiSection
from gateway.errors import ConfigError
from tests.support.api_ports import Floor
from tests.support.ports import free_port
from tests.support.processes import Gateway

SITE = """
[gateway]
data_dir = "data"
[api]
port = {port}
tls_certificate = "shop.pem"
tls_key = "shop.key"
trusted_proxies = ["127.0.0.0/30"]
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{{ id = "front", role = "floor" }}]
"""
FAR, OTHER = "203.0.113.7", "198.51.100.9"
"""Addresses of documentation blocks (RFC 5737)."""
MANY = 2_000
"""Requests in a row that use up the quota of strangers, 50 and five a second, on a slow machine too."""
FEW = 45
"""Requests in a row that do not."""


def write_certificate(folder: Path, authority: trustme.CA, name: str = "127.0.0.1") -> None:
    """Write a certificate for `name` and its key."""
    certificate = authority.issue_cert(name)
    certificate.private_key_pem.write_to_path(folder / "shop.key")
    (folder / "shop.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway that serves HTTPS, and a client that knows its authority."""
    folder, port, authority = tmp_path_factory.mktemp("https"), free_port(), trustme.CA()
    write_certificate(folder, authority)
    site = folder / "site.toml"
    site.write_text(SITE.format(port=port), "utf-8")
    trust = ssl.create_default_context()
    authority.configure_trust(trust)
    with Gateway(site, port) as running:
        running.http.close()
        running.url = f"https://127.0.0.1:{port}"
        running.http = httpx.Client(base_url=running.url, verify=trust, timeout=60.0)
        running.start()
        yield running


def test_the_page_signs_in_with_a_cookie_for_https_alone(gateway: Gateway) -> None:
    """What is sent encrypted never leaves in the clear; plain HTTP on that port is no answer."""
    token, _ = gateway.make_key("availability:exact")
    answer = gateway.http.post("/session", json={"key": token})
    assert answer.status_code == 200
    assert "; Secure" in answer.headers["set-cookie"]
    with pytest.raises(httpx.TransportError):
        httpx.get(gateway.url.replace("https", "http") + "/livez")


def status(gateway: Gateway, forwarded: str) -> int:
    """Return what a request without a key is answered, that a proxy passes on for others."""
    gateway.http.cookies.clear()
    gateway.http.headers.pop("authorization", None)
    return gateway.http.get("/v1/stores", headers={"X-Forwarded-For": forwarded}).status_code


def until_refused(gateway: Gateway, forwarded: str, most: int) -> list[int]:
    """Return what requests of somebody are answered, the last of them 429, or as many as `most`."""
    asked: list[int] = []
    while 429 not in asked and len(asked) < most:
        asked.append(status(gateway, forwarded))
    return asked


def test_a_trusted_proxy_is_believed_whom_it_speaks_for(gateway: Gateway) -> None:
    """The quota of strangers is the far client's own, and what it wrote into the header itself is not believed."""
    asked = until_refused(gateway, FAR, MANY)
    assert asked[0] == 401
    assert asked[-1] == 429
    assert status(gateway, OTHER) == 401
    assert 429 in until_refused(gateway, f"{OTHER}, {FAR}", FEW)  # now and then there is one to spend


@pytest.mark.parametrize(("proxies", "believed"), [((), False), (("10.0.0.2",), True)])
def test_nobody_is_believed_by_default(proxies: tuple[str, ...], believed: bool) -> None:
    """Without trusted_proxies no X-Forwarded-… is read at all, not even this machine's."""
    config = http_server(Floor().app, ApiSection(trusted_proxies=proxies), Path()).config
    assert config.proxy_headers is believed
    assert config.forwarded_allow_ips == list(proxies)


@pytest.mark.parametrize(
    ("certificate", "key", "told"),
    [
        ("none.pem", "shop.key", "api.tls_certificate: {folder}/none.pem cannot be read: No such file"),
        ("shop.pem", "none.key", "api.tls_key: {folder}/none.key cannot be read: No such file"),
        ("other.pem", "shop.key", "do not go together"),
        ("shop.key", "shop.key", "do not go together"),
    ],
)
def test_a_certificate_that_cannot_serve_is_told_by_name(
    tmp_path: Path, certificate: str, key: str, told: str
) -> None:
    """A missing file, a key of another certificate, a file that is none: the start ends with key and remedy."""
    authority = trustme.CA()
    write_certificate(tmp_path, authority)
    (tmp_path / "shop.pem").rename(tmp_path / "other.pem")
    (tmp_path / "shop.key").unlink()
    write_certificate(tmp_path, authority)
    section = ApiSection(tls_certificate=certificate, tls_key=key)
    with pytest.raises(ConfigError) as refusal:
        http_server(Floor().app, section, tmp_path)
    assert told.format(folder=tmp_path) in str(refusal.value)
