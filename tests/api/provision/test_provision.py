"""Phones fetch their settings from a real server, by addresses that the command prints."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import httpx
import psycopg
import pytest

from tests.api.conftest import PATIENCE, Server, Site, until
from tests.core.registry.examples import EXAMPLE

pytestmark = pytest.mark.http
YEALINK, SNOM, GRANDSTREAM, POLYCOM = "001565aa0001", "000413aa0002", "c074adaa0003", "64167faa0004"
BETA = "001565bb0001"


@pytest.fixture
def serving(site: Site) -> Iterator[Server]:
    site.data.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE, site.data / "registry.ldif")
    running = Server(site)
    yield running
    assert running.running.stop() == 0, running.running.said


@pytest.fixture
def phone(serving: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=serving.address, timeout=PATIENCE) as opened:
        yield opened


def secret_of(server: Server, mac: str) -> str:
    server.site.env["HARMONY_HTTP_PORT"] = str(server.port)
    address = server.site.ok("phones", "secret", mac).out.strip()
    found = re.fullmatch(rf"{server.address}/provision/([^/]+)/.*", address)
    assert found, address
    return found[1]


def next_of(content: str) -> str:
    found = re.search(r"/provision/([A-Za-z0-9_-]+)", content)
    assert found, content
    return found[1]


def test_a_phone_fetches_its_settings_and_with_them_the_next_address(serving: Server, phone: httpx.Client) -> None:
    secret = secret_of(serving, YEALINK)
    answer = phone.get(f"/provision/{secret}/{YEALINK}.cfg")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "account.1.password = secret-alpha-1001\n" in answer.text
    following = next_of(answer.text)
    assert following != secret
    assert phone.get(f"/provision/{secret}/00:15:65:AA:00:01.cfg").status_code == 200, "a phone tries again"
    assert phone.get(f"/provision/{following}/{YEALINK}.cfg").status_code == 200
    listed = serving.site.ok("phones", "list", "alpha.example", "--json").json
    fetched = {one["mac"]: one["fetched_at"] is not None for one in listed["phones"]}
    assert fetched == {YEALINK: True, SNOM: False, GRANDSTREAM: False, POLYCOM: False}


def test_every_vendors_files(serving: Server, phone: httpx.Client) -> None:
    wanted = {
        SNOM: ["{}.xml", "snomD785-{}.htm"],
        GRANDSTREAM: ["cfg{}.xml"],
        POLYCOM: ["{}.cfg", "{}-phone.cfg", "000000000000.cfg"],
    }
    for mac, names in wanted.items():
        secret = secret_of(serving, mac)
        for name in names:
            answer = phone.get(f"/provision/{secret}/{name.format(mac.upper())}")
            assert answer.status_code == 200, (name, answer.text)
            assert answer.headers["content-type"] == "application/xml; charset=utf-8"


def test_ten_minutes_after_its_first_use_a_secret_is_over(
    serving: Server, phone: httpx.Client, connection: psycopg.Connection[Any]
) -> None:
    secret = secret_of(serving, YEALINK)
    following = next_of(phone.get(f"/provision/{secret}/{YEALINK}.cfg").text)
    connection.execute("UPDATE auth.phone_secret SET used_at = used_at - interval '9 minutes'")
    assert phone.get(f"/provision/{secret}/{YEALINK}.cfg").status_code == 200
    connection.execute("UPDATE auth.phone_secret SET used_at = used_at - interval '2 minutes'")
    assert phone.get(f"/provision/{secret}/{YEALINK}.cfg").status_code == 404
    assert phone.get(f"/provision/{following}/{YEALINK}.cfg").status_code == 200
    connection.execute("UPDATE auth.phone_secret SET expires_at = now()")
    assert phone.get(f"/provision/{following}/{YEALINK}.cfg").status_code == 404


def test_of_several_next_addresses_the_first_that_is_used_ends_the_others(serving: Server, phone: httpx.Client) -> None:
    secret = secret_of(serving, YEALINK)
    first, second = (next_of(phone.get(f"/provision/{secret}/{YEALINK}.cfg").text) for _ in range(2))
    assert phone.get(f"/provision/{second}/{YEALINK}.cfg").status_code == 200
    assert phone.get(f"/provision/{first}/{YEALINK}.cfg").status_code == 404


def test_whoever_has_no_right_gets_one_answer_and_it_is_recorded(
    serving: Server, phone: httpx.Client, site: Site
) -> None:
    secret, other = secret_of(serving, YEALINK), secret_of(serving, BETA)
    asked = {
        "unknown MAC": f"/provision/{secret}/001565ffffff.cfg",
        "wrong secret": f"/provision/{'x' * 43}/{YEALINK}.cfg",
        "another company's phone": f"/provision/{other}/{YEALINK}.cfg",
        "nonsense": "/provision/%00%ff/%00.cfg",
        "another vendor's file": f"/provision/{secret}/cfg{YEALINK}.xml",
    }
    answers = {what: phone.get(path) for what, path in asked.items()}
    assert {answer.status_code for answer in answers.values()} == {404}
    assert len({answer.content for answer in answers.values()}) == 1
    assert len({tuple(sorted(answer.headers)) for answer in answers.values()}) == 1
    assert phone.get(f"/provision/{secret}/{YEALINK}.cfg").status_code == 200, "none of these used it up"

    def recorded() -> list[Any]:
        done = site.ok("operations", "list", "--json").json["operations"]
        return [one for one in done if one["action"] == "provision.refused"]

    (one, *_) = until(recorded, "the record")
    assert one["by"] == "nobody"
    assert one["details"]["addresses"] == {"127.0.0.1": one["details"]["count"]}
    assert "x" * 43 not in str(one)


def test_a_revoked_address_is_over_and_a_new_one_ends_the_old(serving: Server, phone: httpx.Client) -> None:
    old = secret_of(serving, YEALINK)
    new = secret_of(serving, YEALINK)
    assert phone.get(f"/provision/{old}/{YEALINK}.cfg").status_code == 404
    following = next_of(phone.get(f"/provision/{new}/{YEALINK}.cfg").text)
    serving.site.ok("phones", "revoke", YEALINK)
    for secret in (new, following):
        assert phone.get(f"/provision/{secret}/{YEALINK}.cfg").status_code == 404


def test_who_asks_too_often_waits_and_the_record_stays_small(
    serving: Server, phone: httpx.Client, connection: psycopg.Connection[Any]
) -> None:
    answers = [phone.get(f"/provision/guess{n}/{YEALINK}.cfg") for n in range(80)]
    late = [answer for answer in answers if answer.status_code == 429]
    assert {answer.status_code for answer in answers} == {404, 429}
    assert len(late) >= 10
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in late)

    def count() -> int:
        row = connection.execute("SELECT count(*) FROM log.switch_event WHERE topic = 'CUSTOM harmony::operator'")
        return int((row.fetchone() or (0,))[0])

    until(lambda: count() > 0, "a record")
    assert count() <= 2


def test_nobody_keeps_a_phone_from_its_settings(serving: Server, phone: httpx.Client) -> None:
    secret = secret_of(serving, YEALINK)
    answers = [phone.get(f"/provision/guess{n}/{YEALINK}.cfg").status_code for n in range(30)]
    assert 429 in answers
    assert phone.get(f"/provision/{secret}/{YEALINK}.cfg").status_code == 200


def test_commands_say_what_is_wrong(serving: Server) -> None:
    assert "no phone" in serving.site.run("phones", "secret", "ff:ff:ff:ff:ff:ff").err
    assert "no MAC" in serving.site.run("phones", "revoke", "nothing").err
    assert "no company" in serving.site.run("phones", "list", "nowhere.example").err
