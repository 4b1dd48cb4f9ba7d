"""Settings come from a file and the environment; what is unknown or wrong is refused in a sentence that names it."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.settings import Peer, Settings, SettingsError, Switch, load

pytestmark = pytest.mark.pure


def test_nothing_set_gives_the_defaults() -> None:
    found = load({})
    assert found == Settings()
    assert found.dsn is None
    assert found.switches == ()
    assert (found.http_host, found.http_port) == ("127.0.0.1", 8080)


def test_the_environment(tmp_path: Path) -> None:
    found = load(
        {
            "HARMONY_DATA": str(tmp_path),
            "HARMONY_DSN": "host=db",
            "HARMONY_SWITCHES": "freeswitch@pbx1, freeswitch@pbx2",
            "HARMONY_TICKTIME": "8",
            "HARMONY_HTTP_PORT": "0",
            "HARMONY_POSTGRES_BIN": "/usr/lib/postgresql/15/bin",
            "PATH": "/bin",
        }
    )
    assert found.data == tmp_path
    assert found.dsn == "host=db"
    assert found.switches == (Switch("freeswitch@pbx1"), Switch("freeswitch@pbx2"))
    assert found.ticktime == 8
    assert found.postgres_bin == Path("/usr/lib/postgresql/15/bin")


def test_the_file_in_the_data_directory_and_the_environment_over_it(tmp_path: Path) -> None:
    (tmp_path / "harmony.toml").write_text(
        'node = "harmony@a"\ncookie = "c"\ndtmf = "redact"\n[[switches]]\nnode = "freeswitch@b"\ncookie = "d"\n'
    )
    found = load({"HARMONY_DATA": str(tmp_path), "HARMONY_NODE": "harmony@z"})
    assert (found.node, found.cookie, found.dtmf) == ("harmony@z", "c", "redact")
    assert found.switches == (Switch("freeswitch@b", "d"),)


def test_who_may_join_and_with_which_cookie() -> None:
    found = load({"HARMONY_SWITCHES": "freeswitch@a", "HARMONY_PEERS": "ops@a, ops@b", "HARMONY_COOKIE": "c"})
    assert found.peers == (Peer("ops@a"), Peer("ops@b"))
    assert (found.cookies(), found.without_cookie()) == ({"freeswitch@a": "c", "ops@a": "c", "ops@b": "c"}, [])
    assert found.erlang_host == "127.0.0.1"
    own = Settings(switches=(Switch("freeswitch@a", "own"), Switch("freeswitch@b", "")), peers=(Peer("ops@a"),))
    assert own.cookies() == {"freeswitch@a": "own", "freeswitch@b": "", "ops@a": ""}
    assert own.without_cookie() == ["ops@a", "freeswitch@b"]


def test_a_named_file(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text("batch = 5\n")
    assert load({"HARMONY_SETTINGS": str(path)}).batch == 5
    assert load({}, path).batch == 5
    with pytest.raises(SettingsError, match="There is no settings file"):
        load({"HARMONY_SETTINGS": str(tmp_path / "none.toml")})


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("HARMONY_DTA", "the nearest that there is is HARMONY_DATA"),
        ("HARMONY_PASSWORD_OF_MY_CAT", "remove it"),
        ("HARMONY_data", "unknown setting HARMONY_data"),
    ],
)
def test_an_unknown_variable_is_refused(variable: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as caught:
        load({variable: "1"})
    assert variable in str(caught.value)
    assert caught.value.code == "settings"


@pytest.mark.parametrize("text", ["nod = 'a@b'", "[http]\nport = 1", "[[switches]]\nnode = 'a@b'\npass = 'x'"])
def test_an_unknown_key_of_the_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "harmony.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load({"HARMONY_DATA": str(tmp_path)})
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HARMONY_TICKTIME", "soon"),
        ("HARMONY_TICKTIME", "1"),
        ("HARMONY_HTTP_PORT", "70000"),
        ("HARMONY_ENCODING", "latin"),
        ("HARMONY_DTMF", "maybe"),
        ("HARMONY_NODE", "harmony"),
        ("HARMONY_SWITCHES", "freeswitch@"),
        ("HARMONY_PEERS", "ops"),
        ("HARMONY_BATCH", "0"),
    ],
)
def test_a_wrong_value_is_refused(variable: str, value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load({variable: value})
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http_port = 'many'", "The setting http_port in {} must be a whole number from 0 to 65535."),
        ("batch = 0", "The setting batch in {} must be a whole number from 1 to 20000."),
        ("dtmf = 'keeep'", 'The setting dtmf in {} must be "keep" or "redact".'),
        ("keep_switch_events = 'ever'", 'must be a whole number, 1 or more, or "forever".'),
        ("ldap_start_tls = 'x'", "must be true or false."),
        ("ldap_password = 5", "The setting ldap_password in {} must be a text, in quotes."),
        ("registry = 5", "must be a path, in quotes."),
        (
            "[[switches]]\nnode = 'a@b'\nhttp_port = 1",
            "http_port in an entry: move that line above the first [[switches]]",
        ),
        ("[[switches]]\nnode = 'a@b'\npass = 'x'", "has the key pass in an entry, which has node and cookie alone"),
        ("[[switches]]\ncookie = 'x'", "each [[switches]] has node and cookie"),
    ],
)
def test_a_wrong_value_is_told_by_what_it_must_be(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "harmony.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load({"HARMONY_DATA": str(tmp_path)})
    assert says.format(path) in str(caught.value)
    assert "`" not in str(caught.value)


def test_it_is_said_where_the_wrong_value_stands(tmp_path: Path) -> None:
    (tmp_path / "harmony.toml").write_text("batch = 5")
    with pytest.raises(SettingsError, match=r"^The setting HARMONY_BATCH of the environment must be a whole number"):
        load({"HARMONY_DATA": str(tmp_path), "HARMONY_BATCH": "none"})


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "harmony.toml").write_text("node = ")
    with pytest.raises(SettingsError, match="is no TOML"):
        load({"HARMONY_DATA": str(tmp_path)})
