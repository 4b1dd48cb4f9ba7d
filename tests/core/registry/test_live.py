"""The registry follows its source, and goes on with what it knew when the source is away. A real slapd."""

from __future__ import annotations

import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import ldap3
import msgspec
import pytest

from core.registry import change
from core.registry.errors import RegistryAway, RegistryRefused
from core.registry.file import FileSource
from core.registry.ldap import LdapSource, accepts
from core.registry.live import COPY, LiveRegistry
from core.registry.source import Entries
from tests.core.registry.examples import EXAMPLE
from tests.fix_slapd import BASE, Slapd

pytestmark = pytest.mark.database
ALPHA = f"harmonyDomain=alpha.example,{BASE}"
BOB = f"uid=1002,ou=users,{ALPHA}"


def shown(live: LiveRegistry, condition: Callable[[], bool]) -> bool:
    return any(live.refresh(30) and condition() for _ in range(20))


def forward(live: LiveRegistry, user: str = "1002") -> str | None:
    found = live.current.user("alpha.example", user)
    assert found is not None
    return found.forward_always


def test_slapd_holds_what_the_file_holds(slapd: Slapd) -> None:
    directory, file = LiveRegistry(LdapSource(slapd.directory)), LiveRegistry(FileSource(EXAMPLE))
    for live in (directory, file):
        live.start()
    try:
        assert directory.state.current
        assert not directory.findings
        assert directory.current.companies.keys() == file.current.companies.keys()
        for domain, company in file.current.companies.items():
            theirs = {msgspec.structs.replace(entry, dn="") for entry in directory.current.companies[domain].entries}
            assert theirs == {msgspec.structs.replace(entry, dn="") for entry in company.entries}
    finally:
        directory.stop()
        file.stop()


def test_changes_additions_and_deletions_show(slapd: Slapd) -> None:
    live = LiveRegistry(LdapSource(slapd.directory), poll=0.05)
    live.start()
    admin = slapd.admin()
    try:
        beta = live.current.companies["beta.example"]
        admin.modify(BOB, {"harmonyForwardAlways": [(ldap3.MODIFY_REPLACE, ["1003"])]})
        assert shown(live, lambda: forward(live) == "1003")
        admin.delete(BOB)
        assert shown(live, lambda: live.current.user("alpha.example", "1002") is None)
        person = {"uid": "1002", "cn": "New", "sn": "New", "harmonySipPassword": "something long"}
        admin.add(BOB, ["inetOrgPerson", "harmonyUser"], person)
        assert shown(live, lambda: live.current.user("alpha.example", "1002") is not None)
        assert live.current.companies["beta.example"] is beta
    finally:
        admin.unbind()
        live.stop()


def test_slapd_away_and_back(slapd: Slapd, tmp_path: Path) -> None:
    live = LiveRegistry(LdapSource(slapd.directory), tmp_path, poll=0.05)
    live.start()
    try:
        slapd.kill()
        assert shown(live, lambda: not live.state.current)
        assert "cannot be read" in live.state.trouble
        assert live.current.user("alpha.example", "1001") is not None

        again = LiveRegistry(LdapSource(slapd.directory), tmp_path, poll=0.05)
        again.start()
        try:
            user = again.current.user("alpha.example", "1001")
            assert user is not None
            assert user.password is None
            assert (known := live.current.user("alpha.example", "1001")) is not None
            assert user.a1 == known.a1
            assert not again.state.current
            assert again.state.known
        finally:
            again.stop()

        slapd.start()
        admin = slapd.admin()
        admin.modify(BOB, {"harmonyForwardAlways": [(ldap3.MODIFY_REPLACE, ["1004"])]})
        admin.unbind()
        assert shown(live, lambda: live.state.current and forward(live) == "1004")
    finally:
        live.stop()


def test_the_copy_is_its_owners_and_has_no_secrets(tmp_path: Path) -> None:
    live = LiveRegistry(FileSource(EXAMPLE), tmp_path)
    live.start()
    live.stop()
    copy = tmp_path / COPY
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    text = copy.read_text(encoding="utf-8")
    for secret in ("secret-", "10017", "login-"):
        assert secret in EXAMPLE.read_text(encoding="utf-8")
        assert secret not in text


def test_a_wrong_certificate_or_password_is_said(slapd: Slapd, tmp_path: Path) -> None:
    with pytest.raises(RegistryAway, match="cannot be read"):
        LdapSource(msgspec.structs.replace(slapd.directory, ca=None)).read()
    with pytest.raises(RegistryAway, match="does not let"):
        LdapSource(msgspec.structs.replace(slapd.directory, password="wrong")).read()
    with pytest.raises(RegistryAway, match="cannot be read"):
        FileSource(tmp_path / "none.ldif").read()


def test_a_person_is_let_in_by_the_right_password_alone(slapd: Slapd) -> None:
    assert accepts(slapd.directory, BOB, "login-alpha-1002")
    assert not accepts(slapd.directory, BOB, "login-beta-1002")
    assert not accepts(slapd.directory, BOB, "")
    assert not accepts(slapd.directory, f"uid=nobody,{ALPHA}", "x")


@pytest.mark.parametrize("kind", ["slapd", "file"])
def test_people_change_their_forwarding(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path = tmp_path / "registry.ldif"
    path.write_bytes(EXAMPLE.read_bytes())
    source = FileSource(path) if kind == "file" else LdapSource(request.getfixturevalue("slapd").directory)
    live = LiveRegistry(source, poll=60)
    live.start()
    try:
        args = ("alpha.example", "1002")
        assert live.change(lambda s, r: change.set_forward(s, r, *args, "always", "01701234567"), 30)
        assert forward(live) == "01701234567"
        assert live.change(lambda s, r: change.set_forward(s, r, *args, "always", None), 30)
        assert forward(live) is None
        assert live.change(lambda s, r: change.set_do_not_disturb(s, r, *args, True), 30)
        assert (user := live.current.user(*args)) is not None
        assert user.do_not_disturb
        for bad in ("1002", "1 2", "${x}", "", "1\n2"):
            with pytest.raises(RegistryRefused):
                live.change(partial(change.set_forward, domain=args[0], user=args[1], kind="busy", target=bad))
        with pytest.raises(RegistryRefused, match="no user"):
            live.change(lambda s, r: change.set_do_not_disturb(s, r, "alpha.example", "9", True))
    finally:
        live.stop()


def test_a_damaged_file_leaves_what_was_known(tmp_path: Path) -> None:
    path = tmp_path / "registry.ldif"
    path.write_bytes(EXAMPLE.read_bytes())
    live = LiveRegistry(FileSource(path), poll=0.05)
    live.start()
    try:
        path.write_text("this is no LDIF\n", encoding="utf-8")
        assert shown(live, lambda: "line 1" in live.state.trouble)
        assert live.current.user("alpha.example", "1001") is not None
        path.write_bytes(EXAMPLE.read_bytes())
        assert shown(live, lambda: not live.state.trouble)
    finally:
        live.stop()


def test_an_expression_that_breaks_the_machine_is_refused_alone_and_a_mended_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "registry.ldif"
    good = EXAMPLE.read_text(encoding="utf-8")
    assert "harmonyExpression: ^\\*60$" in good
    path.write_text(good.replace("^\\*60$", "^1{99999999999}$"), encoding="utf-8")
    live = LiveRegistry(FileSource(path), poll=0.05)
    live.start()
    try:
        (finding,) = live.findings
        assert "cn=time of day" in finding.dn
        assert "is no regular expression" in finding.what
        assert live.state.current
        assert live.current.user("alpha.example", "1001") is not None
        path.write_text(good, encoding="utf-8")
        assert shown(live, lambda: not live.findings)
    finally:
        live.stop()


class _Odd(FileSource):
    """A source that raises what nobody expects, while there is a word for it in the file."""

    def read(self) -> Entries:
        if "odd" in self.path.read_text(encoding="utf-8"):
            raise OverflowError("too large")
        return super().read()


@pytest.mark.parametrize("at_start", [False, True])
def test_nothing_that_is_raised_ends_the_following(tmp_path: Path, at_start: bool) -> None:
    path = tmp_path / "registry.ldif"
    path.write_bytes(b"odd" if at_start else EXAMPLE.read_bytes())
    live = LiveRegistry(_Odd(path), poll=0.05)
    live.start()
    try:
        path.write_text("odd", encoding="utf-8")
        assert shown(live, lambda: "OverflowError" in live.state.trouble)
        assert not live.state.current
        path.write_bytes(EXAMPLE.read_bytes())
        assert shown(live, lambda: not live.state.trouble)
        assert live.current.user("alpha.example", "1001") is not None
    finally:
        live.stop()
