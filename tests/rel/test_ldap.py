"""The directory's configuration that is shipped: slapd takes it, and its rules let nobody see what is not his."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from core.registry.ldif import read

pytestmark = pytest.mark.database
TOP = Path(__file__).resolve().parents[2]
ALPHA, BETA = "harmonyDomain=alpha.example,dc=telephony", "harmonyDomain=beta.example,dc=telephony"
HARMONY = "cn=harmony,dc=telephony"
ALICE, BOB, FOREIGN = f"uid=1001,ou=users,{ALPHA}", f"uid=1002,ou=users,{ALPHA}", f"uid=1001,ou=users,{BETA}"


@pytest.fixture(scope="module")
def conf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped file with paths of the test's own, and the example companies in its database."""
    here = tmp_path_factory.mktemp("slapd")
    (here / "db").mkdir()
    text = (TOP / "rel/ldap/slapd.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/ldap/harmony.schema", str(TOP / "rel/ldap/harmony.schema"))
    text = text.replace("/var/lib/ldap", str(here / "db")).replace("/run/slapd", str(here))
    text = "\n".join(line for line in text.split("\n") if not line.startswith("TLS"))
    path = here / "slapd.conf"
    path.write_text(text, encoding="utf-8")
    for file in ("example.ldif", "account.ldif"):
        run("/usr/sbin/slapadd", "-q", "-f", str(path), "-l", str(TOP / "rel/ldap" / file))
    return path


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def allowed(conf: Path, who: str, entry: str, what: str) -> bool:
    """Whether slapd's own reading of its rules lets somebody do something to an attribute."""
    said = run("/usr/sbin/slapacl", "-f", str(conf), "-D", who, "-b", entry, what)
    assert ("ALLOWED" in said) != ("DENIED" in said), said
    return "ALLOWED" in said


def test_slapd_takes_it(conf: Path) -> None:
    assert "succeeded" in run("/usr/sbin/slaptest", "-u", "-f", str(conf))
    assert [entry.dn for entry in read((TOP / "rel/ldap/account.ldif").read_text(encoding="utf-8"))] == [HARMONY]


@pytest.mark.parametrize("attribute", ["harmonySipPassword", "harmonyVoicemailPin"])
def test_harmony_alone_reads_what_phones_are_opened_with(conf: Path, attribute: str) -> None:
    assert allowed(conf, HARMONY, ALICE, f"{attribute}/read")
    for who in (ALICE, BOB, FOREIGN):
        assert not allowed(conf, who, ALICE, f"{attribute}/read")
    assert not allowed(conf, HARMONY, ALICE, f"{attribute}/write")


def test_people_change_their_forwarding_and_nobody_elses(conf: Path) -> None:
    for attribute in ("harmonyForwardAlways", "harmonyDoNotDisturb"):
        assert allowed(conf, HARMONY, ALICE, f"{attribute}/write")
        assert allowed(conf, ALICE, ALICE, f"{attribute}/write")
        assert not allowed(conf, BOB, ALICE, f"{attribute}/write")
    assert not allowed(conf, HARMONY, ALICE, "harmonyOutbound/write")
    assert not allowed(conf, ALICE, ALICE, "harmonyOutbound/write")


def test_no_company_sees_another(conf: Path) -> None:
    for who in (ALICE, BOB):
        assert not allowed(conf, who, FOREIGN, "cn/read")
    assert not allowed(conf, FOREIGN, ALPHA, "harmonyCallerId/read")
    assert allowed(conf, HARMONY, FOREIGN, "cn/read")
