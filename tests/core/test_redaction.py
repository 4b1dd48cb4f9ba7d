"""Secrets become stars of the same length; everything else stays byte for byte."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.headers import headers
from core.redaction import Redactor, redact
from core.terms import walk
from tests.core.made import binary, capture, event, integers, short_captures, string, term

pytestmark = pytest.mark.pure

SECRET = b"s3cr3t-4711"
STARS = b"*" * len(SECRET)
both = pytest.mark.parametrize("as_binary", [False, True], ids=["string", "binary"])

HEADERS = [
    b"VM-User-Password",
    b"Password",
    b"variable_sip_auth_password",
    b"variable_MY_PASSWORD",
    b"variable_vm-password",
    b"variable_db_passwd",
    b"sip_auth_nonce",
    b"sip_auth_cnonce",
    b"variable_sip_h_Authorization",
    b"variable_sip_h_Proxy-Authorization",
    b"a1-hash",
    b"variable_client_secret",
    b"variable_conference_pin",
    b"Conference-Pin",
    b"pin",
    b"PIN",
    b"pin_number",
    b"variable_vm_PIN",
    b"variable_Secret",
    b"sip_auth_response",
    b"variable_rtp_crypto_key",
    b"variable_vm_prefs",
]

# header, the text around the secret
TEXTS = [
    (b"Application-Data", b"sip_auth_password=%b"),
    (b"Application-Data", b"my_Password = '%b' and more"),
    (b"variable_x", b"{origination_caller_id_name=Bob,sip_auth_password=%b}sofia/gateway/a/1"),
    (b"API-Command-Argument", b"1e900000-0000-4000-8000-000000000001 vm_password %b"),
    (b"Job-Command-Arg", b"insert/alpha/user_password/%b"),
    (b"body", b'<params><param name="password" value="%b"/></params>'),
    (b"body", b"<param value='%b' name='vm-password'/>"),
    (b"body", b'<param name="a1-hash" value="%b"/>'),
    (b"body", b'{"a": 1, "variable_sip_auth_password":"%b", "b": 2}'),
    (b"body", b'Authorization: Digest username="1001", nonce="%b", uri="sip:x"'),
    (b"body", b"proxy-authorization: Basic %b"),
    (b"variable_rtp_crypto", b"1 AES_CM_128_HMAC_SHA1_80 inline:%b"),
    (b"Application-Data", b"3000@default+%b"),
    (b"Application-Data", b"3000@wide.band+%b+flags{mute|deaf}"),
    (b"API-Command-Argument", b"{x=y}user/1001 &conference(3000+%b)"),
    (b"API-Command-Argument", b"1e900000-0000-4000-8000-000000000001 PIN %b"),
    (b"variable_x", b"conference_pin=%b"),
    (b"variable_sip_from_uri", b"sip:1001:%b@alpha.example:5060"),
    (b"variable_sip_contact_uri", b"<sips:1001:%b@10.0.0.1;transport=tls>"),
    (b"Application-Data", b"https://alice:%b@files.example/menu.wav"),
    (b"body", b"GET / HTTP/1.1\r\nauthorization: BEARER %b\r\nHost: x"),
    (b"body", b"Authorization: %b"),
    (b"body", b"X-Api-Key: %b"),
    (b"body", b'{"apiKey":"%b","a":1}'),
    (b"body", b"https://api.example/?access_token=%b"),
    (b"body", b'{\\"token\\":\\"%b'),
]
# What looks like one of them and is none.
HARMLESS = [
    (b"variable_sip_from_uri", b"sip:1001@alpha.example:5060"),
    (b"variable_sip_to_uri", b"sip:+4930901820@alpha.example"),
    (b"Application-Data", b"3000@default+flags{mute}"),
    (b"Application-Data", b"tone_stream://%(60000,0,300);loops=-1"),
    (b"Application-Response", b"shopping, pinging and typing"),
    (b"Ping-Status", b"REACHABLE"),
    (b"variable_sip_authorized", b"true"),
    (b"Event-Calling-Function", b"sofia_reg_handle_register_token"),
]


@both
@pytest.mark.parametrize("name", HEADERS, ids=lambda name: name.decode())
def test_headers_named_as_secrets(name: bytes, as_binary: bool) -> None:
    pairs = [(b"Event-Name", b"CUSTOM"), (name, SECRET), (b"After", b"stays")]
    assert headers(redact(term(pairs, as_binary=as_binary))) == dict(pairs) | {name: STARS}


@both
@pytest.mark.parametrize(("name", "around"), TEXTS, ids=lambda value: value.decode()[:40])
def test_secrets_in_running_text(name: bytes, around: bytes, as_binary: bool) -> None:
    secret = SECRET.replace(b"-", b"")
    pairs = [(b"Event-Name", b"API"), (name, around % secret), (b"After", b"stays")]
    cleaned = redact(term(pairs, as_binary=as_binary))
    assert headers(cleaned) == dict(pairs) | {name: around % (b"*" * len(secret))}


@both
@pytest.mark.parametrize(("name", "value"), HARMLESS, ids=lambda value: value.decode()[:30])
def test_what_only_looks_like_a_secret_stays(name: bytes, value: bytes, as_binary: bool) -> None:
    whole = term([(b"Event-Name", b"CUSTOM"), (name, value)], leg=b"leg-of-a-pin-token-7", as_binary=as_binary)
    assert redact(whole) is whole or redact(whole) == whole


SPELT = st.sampled_from([name for name in HEADERS if b"rtp_crypto" not in name] + [b"X-Api-Key", b"sip_h_X-Auth-Token"])
IN_TEXTS = st.sampled_from([around for _, around in TEXTS if b"%b" in around and b"AES_CM" not in around])
WHERE = st.sampled_from([b"Application-Data", b"API-Command-Argument", b"Job-Command-Arg"])
ENCODINGS = st.sampled_from([string, binary, integers])
SECRETS = st.text("abcdefghijkmnorstuvxyz0123456789", min_size=12, max_size=24).map(str.encode)


@st.composite
def anyhow(draw: st.DrawFn, text: bytes) -> bytes:
    """The same letters, each large or small."""
    large = draw(st.lists(st.booleans(), min_size=len(text), max_size=len(text)))
    return bytes(ord(chr(byte).upper() if up else chr(byte).lower()) for byte, up in zip(text, large, strict=True))


@given(st.data(), SECRETS)
def test_what_the_rules_name_is_never_in_the_stored_bytes(data: st.DataObject, secret: bytes) -> None:
    """Headers and texts in any spelling, encoding, place and number; each told as it is first looked at, and alone."""
    pairs = []
    for _ in range(data.draw(st.integers(1, 5))):
        match data.draw(st.sampled_from(["name", "text", "harmless"])):
            case "name":
                pairs.append((data.draw(anyhow(data.draw(SPELT))), secret))
            case "text":
                before, _, after = data.draw(IN_TEXTS).partition(b"%b")
                pairs.append((data.draw(WHERE), data.draw(anyhow(before)) + secret + data.draw(anyhow(after))))
            case _:
                pairs.append(data.draw(st.sampled_from(HARMLESS)))
    items = [(data.draw(ENCODINGS), data.draw(ENCODINGS)) for _ in pairs]
    listed = [b"h\x02" + n(name) + v(value) for (n, v), (name, value) in zip(items, pairs, strict=True)]
    whole = b"\x83h\x02d\x00\x05eventl%b%b%bj" % (
        (len(listed) + 1).to_bytes(4, "big"), b"d\x00\x09undefined", b"".join(listed)
    )  # fmt: skip
    for cleaned in (redact(whole), Redactor("redact").redact_all([event(), whole, event()])[1]):
        assert len(cleaned) == len(whole)
        assert secret not in cleaned
        assert integers(secret)[5:-1] not in cleaned
        assert [name for name, _ in walk(cleaned)] == [name for name, _ in walk(whole)]


@given(st.data(), SECRETS, st.integers(0, 40))
def test_nor_where_the_event_is_cut_off(data: st.DataObject, secret: bytes, cut: int) -> None:
    whole = term([(b"Event-Name", b"CUSTOM"), (data.draw(SPELT), secret * 4)])
    cleaned = redact(whole[:-cut] if cut else whole)
    assert secret not in cleaned
    assert secret not in redact(whole + whole)


@pytest.mark.parametrize("encode", [string, binary, integers])
@pytest.mark.parametrize("name", [b"Application-Data", b"variable_current_application_data"])
def test_the_pin_behind_the_name_of_a_conference(name: bytes, encode: Callable[[bytes], bytes]) -> None:
    pair = b"h\x02%b%b" % (string(name), encode(b"3000+4711+flags{mute}"))
    whole = b"\x83h\x02d\x00\x05eventl\0\0\0\2d\x00\x09undefined%bj" % pair
    assert headers(redact(whole)) == {name: b"3000+****+flags{mute}"}


def test_a_digest_in_headers_of_its_own() -> None:
    pairs = [(b"sip_auth_nonce", b"abc"), (b"sip_auth_response", SECRET), (b"sip_auth_uri", b"sip:x")]
    assert dict(headers(redact(term(pairs)))) == {
        b"sip_auth_nonce": b"***",
        b"sip_auth_response": STARS,
        b"sip_auth_uri": b"sip:x",
    }


def test_a_digest_response() -> None:
    text = b'Authorization: Digest realm="r", response="10675a80de06c6abac7f3f91def50a7b", qop=auth'
    cleaned = redact(term([(b"body", text)]))
    assert b"10675a80" not in cleaned
    assert b'realm="r"' in cleaned
    assert b"qop=auth" in cleaned


def test_the_change_of_a_voicemail_password() -> None:
    change = event(
        1,
        "CUSTOM",
        Event_Subclass="vm::maintenance",
        VM_Action="change-password",
        VM_User="1001",
        VM_User_Password="9876",
    )
    found = headers(redact(change))
    assert found[b"VM-User-Password"] == b"****"
    assert found[b"VM-Action"] == b"change-password"
    assert found[b"VM-User"] == b"1001"


def test_what_a_command_that_asks_for_a_secret_answers() -> None:
    asked = term([(b"Job-Command", b"user_data"), (b"Job-Command-Arg", b"1001@a param password"), (b"body", b"geheim")])
    assert headers(redact(asked))[b"body"] == b"******"


def test_a_command_that_sets_a_password_unnamed() -> None:
    given_ = b"default a.example 1001 4711"
    found = headers(redact(term([(b"API-Command", b"vm_fsdb_pref_password_set"), (b"API-Command-Argument", given_)])))
    assert found[b"API-Command-Argument"] == b"default a.example 1001 ****"


def test_a_secret_in_a_list_of_integers() -> None:
    filler = b"x" * 70_000
    cleaned = redact(term([(b"body", filler + b" password=4711 " + filler)]))
    assert headers(cleaned)[b"body"] == filler + b" password=**** " + filler


def test_digits_by_policy() -> None:
    pairs = [(b"Event-Name", b"DTMF"), (b"DTMF-Digit", b"4"), (b"DTMF-Duration", b"960"), (b"variable_digits", b"1003")]
    kept = term(pairs)
    assert redact(kept) is kept
    found = headers(Redactor("redact").redact(kept))
    assert (found[b"DTMF-Digit"], found[b"variable_digits"], found[b"DTMF-Duration"]) == (b"*", b"****", b"960")
    sent = term([(b"API-Command", b"uuid_send_dtmf"), (b"API-Command-Argument", b"abc 4711@200")])
    assert b"4711" not in Redactor("redact").redact(sent)


@pytest.mark.parametrize("scenario", short_captures())
def test_recorded_events_keep_all_but_secrets(scenario: str) -> None:
    for message in capture(scenario):
        cleaned = redact(message)
        assert len(cleaned) == len(message)
        if cleaned is not message:
            before, after = headers(message), headers(cleaned)
            assert before.keys() == after.keys()


def test_recorded_digits_of_keys_pressed_in_a_call() -> None:
    digits = [one for one in capture("37") if b"DTMF-Digit" in one]
    assert digits
    assert all(headers(one)[b"DTMF-Digit"] == b"*" for one in Redactor("redact").redact_all(digits))


@given(st.lists(st.sampled_from([*HEADERS, b"Harmless", b"body"]), max_size=8), st.binary(max_size=40), st.booleans())
def test_many_at_once_give_what_each_gives_alone(names: list[bytes], value: bytes, as_binary: bool) -> None:
    terms = [term([(name, value), (b"Other", b"password=" + value)], as_binary=as_binary) for name in names]
    terms += [b"", event(), b"\x83h\x02d\x00\x05eventlpassword"]
    redactor = Redactor("redact")
    assert redactor.redact_all(terms) == [redactor.redact(one) for one in terms]


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_any_bytes_keep_their_length(before: bytes, after: bytes) -> None:
    for message in (before, event()[:60] + before + b"h\x02k\x00\x08passwordk" + after, b"nonce=" + before):
        cleaned = Redactor("redact").redact(message)
        assert len(cleaned) == len(message)
        assert Redactor("redact").redact(cleaned) == cleaned


def test_secrets_in_a_broken_event_go_too() -> None:
    broken = term([(b"Event-Name", b"CUSTOM"), (b"VM-User-Password", SECRET), (b"X", b"y")])[:-3] + b"\xff"
    assert SECRET not in redact(broken)
    broken = term([(b"Event-Name", b"CUSTOM"), (b"VM-User-Password", SECRET)]).replace(b"l\0\0\0\3", b"l\0\0\0\1")
    assert SECRET not in redact(broken)
