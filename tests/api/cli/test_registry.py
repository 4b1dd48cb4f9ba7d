"""`harmony registry`, with the registry in a file and in a real slapd."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli.main import main
from core.registry import ldif
from tests.core.registry.examples import EXAMPLE
from tests.fix_slapd import ADMIN, BASE, PASSWORD, Slapd

pytestmark = pytest.mark.database
Run = Callable[..., tuple[int, str, str]]
SECRETS = ("secret-", "login-", "10017", "10027")


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    """The example as the registry of the data directory."""
    path = tmp_path / "registry.ldif"
    path.write_bytes(EXAMPLE.read_bytes())
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process: exit code, what it said, what it complained of."""
    monkeypatch.setenv("HARMONY_DATA", str(tmp_path))
    monkeypatch.setenv("HARMONY_DSN", "postgresql://nobody@127.0.0.1:1/none")

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(("registry", *arguments))
        except SystemExit as ended:  # argparse
            code = int(str(ended.code))
        return code, *capsys.readouterr()

    return command


@pytest.fixture
def in_slapd(slapd: Slapd, monkeypatch: pytest.MonkeyPatch) -> Slapd:
    """The registry in slapd, over TLS."""
    for name, value in (
        ("URI", slapd.directory.uri),
        ("BASE", BASE),
        ("BIND_DN", ADMIN),
        ("PASSWORD", PASSWORD),
        ("CA", str(slapd.directory.ca)),
    ):
        monkeypatch.setenv(f"HARMONY_LDAP_{name}", value)
    return slapd


def test_without_a_registry_it_is_said_how_to_get_one(run: Run) -> None:
    for verb in (("show",), ("check",), ("dialplan", "1001@alpha.example", "1002")):
        code, said, trouble = run(*verb)
        assert (code, said) == (1, "")
        assert "harmony registry import FILE" in trouble


def test_the_companies_are_listed(run: Run, registry: Path) -> None:
    code, said, _ = run("show")
    assert code == 0
    assert "alpha.example" in said
    assert f"3 companies, and 2 trunks for all; from {registry}" in said
    code, said, _ = run("show", "--json")
    assert [one["domain"] for one in json.loads(said)["companies"]] == [
        "alpha.example",
        "beta.example",
        "gamma.example",
    ]


@pytest.mark.parametrize("source", ["file", "slapd"])
def test_what_a_company_has_is_shown_without_its_secrets(
    source: str, run: Run, registry: Path, request: pytest.FixtureRequest
) -> None:
    if source == "slapd":
        request.getfixturevalue("in_slapd")
        registry.unlink()
    code, said, _ = run("show", "ALPHA.example")
    assert code == 0
    assert "Bob Alpha" in said
    assert "agents 1003, 1004" in said
    code, whole, _ = run("show", "beta.example", "--json")
    assert code == 0
    assert {one["kind"] for one in json.loads(whole)["entries"]} >= {"User", "Queue", "Trunk", "Menu"}
    for secret in SECRETS:
        assert secret in EXAMPLE.read_text(encoding="utf-8")
        assert secret not in said + whole
    assert run("show", "nowhere.example")[0] == 1


@pytest.mark.parametrize("source", ["file", "slapd"])
def test_a_sound_registry_has_no_errors(source: str, run: Run, registry: Path, request: pytest.FixtureRequest) -> None:
    if source == "slapd":
        request.getfixturevalue("in_slapd")
        registry.unlink()
    code, said, _ = run("check")
    assert code == 0
    assert ": 0 errors" in said


def test_what_is_wrong_is_named_with_its_entry(run: Run, registry: Path) -> None:
    text = registry.read_text(encoding="utf-8")
    text = text.replace("harmonyTarget: 1006", "harmonyTarget: 1066").replace(
        "harmonySipPassword: secret-beta-1003\n", ""
    )
    text = text.replace("harmonyRingSeconds: 4", "harmonyRingSeconds: many")
    registry.write_text(text, encoding="utf-8")
    code, said, _ = run("check")
    assert code == 3
    assert "2B49305551006,ou=numbers,harmonyDomain=alpha.example,dc=telephony" in said
    assert "1066" in said
    code, said, _ = run("check", "--json")
    assert code == 3
    found = {(one["code"], one["dn"].partition(",")[0]) for one in json.loads(said)["findings"]}
    assert {
        ("registry.dangling", "harmonyNumber=\\2B49305551006"),
        ("registry.no-password", "uid=1003"),
        ("registry.entry", "uid=1005"),
    } <= found
    assert not [secret for secret in SECRETS if secret in said]


def test_a_file_becomes_the_registry_and_replaces_it_only_when_told(run: Run, tmp_path: Path) -> None:
    code, said, _ = run("import", str(EXAMPLE))
    assert code == 0
    assert f"are in {tmp_path / 'registry.ldif'}" in said
    assert (tmp_path / "registry.ldif").stat().st_mode & 0o077 == 0
    code, _, trouble = run("import", str(EXAMPLE))
    assert code == 2
    assert "--replace" in trouble
    assert run("import", "--replace", str(EXAMPLE))[0] == 0
    nothing = tmp_path / "nothing.ldif"
    nothing.write_text("dn: dc=telephony\nobjectClass: dcObject\ndc: telephony\n", encoding="utf-8")
    assert run("import", "--replace", str(nothing))[0] == 1
    assert "alpha.example" in run("show")[1], "a file that holds nothing replaces nothing"


def test_entries_are_added_to_slapd_once(run: Run, in_slapd: Slapd, tmp_path: Path) -> None:
    new = tmp_path / "new.ldif"
    text = EXAMPLE.read_text(encoding="utf-8").replace("gamma", "delta").replace("Gamma", "Delta")
    new.write_text(text, encoding="utf-8")
    wanted = [one for one in ldif.read(text) if "delta" in one.dn]
    code, said, _ = run("import", "--json", str(new))
    assert code == 0
    assert f"{len(wanted)} added" in json.loads(said)["where"]
    assert "Alice Delta" in run("show", "delta.example")[1]
    assert " 0 added" in json.loads(run("import", "--json", str(new))[1])["where"]


@pytest.mark.parametrize("source", ["file", "slapd"])
def test_a_call_is_explained_step_by_step(
    source: str, run: Run, registry: Path, request: pytest.FixtureRequest
) -> None:
    if source == "slapd":
        request.getfixturevalue("in_slapd")
        registry.unlink()
    code, said, _ = run("dialplan", "+491701234567", "+49305551002")
    assert code == 0
    lines = said.splitlines()
    assert lines[0] == "+49305551002 in public:"
    assert "1002 in alpha.example:" in lines
    assert [line.strip()[:2] for line in lines if line.startswith("  ")] == ["1.", "2.", "3.", "4."]
    assert "The phones of 1002 ring for 20 s." in said
    code, said, _ = run("dialplan", "--json", "--actions", "1001@alpha.example", "01701234567")
    (plan,) = json.loads(said)["plans"]
    assert plan["context"] == "alpha.example"
    assert plan["steps"][-1]["actions"][-1]["application"] == "bridge"
    assert run("dialplan", "9999@alpha.example", "1002")[0] == 1


def test_a_call_that_goes_in_a_circle_comes_to_an_end(run: Run, registry: Path) -> None:
    text = registry.read_text(encoding="utf-8")
    text = text.replace("harmonyTarget: 1001\n", "harmonyTarget: 2001\n").replace(
        "harmonyFallback: 1001", "harmonyFallback: 2001"
    )
    text = text.replace("harmonyMember: {1}1002\n", "").replace("harmonyMember: {2}1003\n", "")
    text = text.replace("harmonyMember: {3}1004\n", "")
    registry.write_text(text, encoding="utf-8")
    code, said, _ = run("dialplan", "1001@alpha.example", "2001")
    assert code == 0
    assert said.count("2001 in alpha.example:") == 10


def test_a_directory_that_is_away_is_one_sentence_without_its_password(run: Run, in_slapd: Slapd) -> None:
    in_slapd.kill()
    code, said, trouble = run("show")
    assert (code, said) == (1, "")
    (sentence,) = trouble.splitlines()
    assert "cannot be read" in sentence
    assert PASSWORD not in sentence
