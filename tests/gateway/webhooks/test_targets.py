"""Where nothing is ever sent, in whatever dress it comes."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.webhooks.targets import Policy, Target, TargetRefused, choose, is_public, parse_target

PUBLIC = Policy()
OWN = Policy((ip_network("10.0.0.0/8"), ip_network("::1/128")), allow_http=True)
SHOP = Target("https", "shop.example", 443, "/")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://shop.example/hook?a=b", Target("https", "shop.example", 443, "/hook?a=b")),
        ("https://SHOP.example:8443", Target("https", "shop.example", 8443, "/")),
        ("https://[2606:4700::1111]/x", Target("https", "2606:4700::1111", 443, "/x")),
    ],
)
def test_a_url_is_taken_apart(url: str, target: Target) -> None:
    """Name, port and path as they will be asked for."""
    assert parse_target(url, PUBLIC) == target


@pytest.mark.parametrize(
    "url",
    [
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0177.0.0.1/",
        "https://127.1/",
        "https://0x7f.1/",
    ],
)
def test_other_ways_to_write_an_address_are_that_address(url: str) -> None:
    """Decimal, hexadecimal, octal and short forms are loopback as it stands."""
    target = parse_target(url, PUBLIC)
    assert target.host == "127.0.0.1"
    with pytest.raises(TargetRefused, match="not a public address"):
        choose(target, [target.host], PUBLIC)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://shop.example/", "allow_http under [webhooks]"),
        ("ftp://shop.example/", "begins with https://"),
        ("file:///etc/passwd", "begins with https://"),
        ("https://user:pw@shop.example/", "leave user name and password out"),
        ("https://shop.example@127.0.0.1/", "leave user name and password out"),
        ("https:///path", "and a host"),
        ("https://shop.example/#x", "without a fragment"),
        ("https://shop.example:99999/", "this is no URL"),
        ("https://shop.example/a b", "without spaces"),
        ("https://shop.example\\@127.0.0.1/", "without spaces"),
        ("https://shöp.example/", "ASCII"),
        ("https://a/" + "x" * 2_048, "at most 2048"),
        ("https://[::1", "this is no URL"),
        ("https://", "and a host"),
        ("https:shop.example", "begins with https://"),
        ("https://shop.example:0/hook", "port 0 is no port"),
    ],
)
def test_what_is_no_target_is_refused_in_words(url: str, said: str) -> None:
    """With what to write instead."""
    with pytest.raises(TargetRefused) as refused:
        parse_target(url, PUBLIC)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.255.255.254", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.9", "224.0.0.1",
        "239.255.255.250", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fe80::1", "fc00::1", "fd12:3456::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1",
        "2002:7f00:1::", "2002:a00:1::1", "2001:0:7f00:1:0:0:80ff:fffe", "::7f00:1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(address: str) -> None:
    """Loopback, private, link-local (where clouds keep their secrets), shared, reserved, multicast; and carried in IPv6."""
    assert not is_public(ip_address(address))
    with pytest.raises(TargetRefused, match="not a public address"):
        choose(SHOP, [address], PUBLIC)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::101:101", "::ffff:1.1.1.1"]
)
def test_what_is_public_is_not(address: str) -> None:
    """Else nothing would ever be sent."""
    assert choose(SHOP, [address], PUBLIC) == address


@given(st.integers(0, 2**32 - 1))
def test_no_dress_makes_a_private_address_public(number: int) -> None:
    """An IPv4 address inside of IPv6 is never more public than by itself."""
    plain = IPv4Address(number)
    dressed = [
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    if not is_public(plain):
        assert not any(is_public(address) for address in dressed)


def test_one_bad_address_spoils_the_name() -> None:
    """A name that says a public and a private address waits for us to take the second."""
    with pytest.raises(TargetRefused, match=r"10\.0\.0\.1"):
        choose(SHOP, ["1.1.1.1", "10.0.0.1"], PUBLIC)
    with pytest.raises(TargetRefused, match="has no address"):
        choose(SHOP, [], PUBLIC)


def test_the_operators_own_networks_are_allowed_and_http_into_those_alone() -> None:
    """By address, mapped ones too; plain HTTP never leaves them."""
    assert choose(SHOP, ["10.0.0.1"], OWN) == "10.0.0.1"
    assert choose(SHOP, ["::1"], OWN) == "::1"
    assert choose(SHOP, ["::ffff:10.0.0.1"], OWN) == "::ffff:10.0.0.1"
    plain = parse_target("http://shop.lan:8080/x", OWN)
    assert choose(plain, ["10.0.0.1"], OWN) == "10.0.0.1"
    with pytest.raises(TargetRefused, match="networks of your own alone"):
        choose(plain, ["1.1.1.1"], OWN)
    with pytest.raises(TargetRefused, match="not a public address"):
        choose(SHOP, ["192.168.0.1"], OWN)
