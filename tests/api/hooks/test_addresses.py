"""Where webhooks may not go, whatever the name says now or says the next time."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.hooks.addresses import BadUrl, Policy, checked_url, chosen, is_public
from api.hooks.post import Answer, Courier

pytestmark = pytest.mark.pure

PRIVATE = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.192",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2001:0:1::1",
    "2002:0a00:0001::1",
    "2001:db8::1",
    "2a00:1450::5efe:10.0.0.1",
    "fd00:ec2::254",
    "fe80::1%eth0",
    "fec0::1",
    "ff0e::1",
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:0808:0808::1", "2606:4700:4700::1111"]


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="192.168.0.0/16"))
def test_a_private_address_stays_private_however_it_is_wrapped(address: object) -> None:
    number = int(address)  # type: ignore[call-overload]
    high, low = number >> 16, number & 0xFFFF
    for written in (f"::ffff:{address}", f"64:ff9b::{address}", f"2002:{high:x}:{low:x}::1", f"::{address}"):
        assert not is_public(written), written


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://",
        "https:///path",
        "example.com",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://localhost/",
        "https://a.localhost/",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://10.0.0.1:8443/x",
        "https://example.com/\n",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://example.com/" + "x" * 2000,
        "",
    ],
)
def test_urls_that_are_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        checked_url(url, Policy())


@pytest.mark.parametrize(
    "url", ["https://example.com/", "https://example.com:8443/a?b=c", "https://8.8.8.8/", "https://bücher.example/ü"]
)
def test_urls_that_are_taken(url: str) -> None:
    assert checked_url(url, Policy()).scheme == "https"


def test_the_settings_allow_more() -> None:
    assert checked_url("http://127.0.0.1:80/", Policy(private=True, http=True)).host == "127.0.0.1"
    with pytest.raises(BadUrl):
        checked_url("http://127.0.0.1:80/", Policy(private=True))
    with pytest.raises(BadUrl):
        checked_url("http://127.0.0.1:80/", Policy(http=True))


def test_one_private_address_among_public_ones_is_enough() -> None:
    assert chosen("a.example", ["8.8.8.8", "1.1.1.1"], Policy()) == "8.8.8.8"
    for addresses in (["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "8.8.8.8"], ["::1"], []):
        with pytest.raises(BadUrl):
            chosen("a.example", addresses, Policy())


class Rebinding:
    """A name server that says something else the second time."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def addresses(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers.pop(0) if self.answers else []


def post(courier: Courier, url: str) -> Answer:
    async def once() -> Answer:
        async with courier.trip() as trip:
            return await trip.post(url, b"{}", {})

    return asyncio.run(once())


def test_a_name_is_looked_at_once_at_each_attempt() -> None:
    """The first answer is public (and unreachable here), the second is not: nothing is ever sent to the second."""
    names = Rebinding(["192.0.2.1"], ["127.0.0.1"])
    courier = Courier(Policy(), names, patience=0.2)
    assert post(courier, "https://rebind.example/").error == (
        "rebind.example leads to an address that is not public: webhooks do not go there."
    )
    names.answers = [["127.0.0.1"]]
    assert "not public" in (post(courier, "https://rebind.example/").error or "")
    assert names.asked == 2


def test_numbers_that_the_system_reads_as_addresses_are_looked_at_too() -> None:
    courier = Courier(Policy(http=True), patience=5)
    try:
        for url in ("http://2130706433/", "http://0x7f.1/", "http://127.1/", "http://0/"):
            answer = post(courier, url)
            assert answer.status is None
            assert answer.error is not None
            assert "public" in answer.error or "resolved" in answer.error, (url, answer.error)
    finally:
        courier.close()
