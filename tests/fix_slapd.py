"""A real slapd for the tests: Debian's program in a directory of its own, with our schema, the example, and TLS."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ldap3
import pytest

from core.registry.ldap import Directory
from tests.ports import free_port

TOP = Path(__file__).resolve().parent.parent
BASE, ADMIN, PASSWORD = "dc=telephony", "cn=admin,dc=telephony", "for the tests"
SLAPD, SLAPADD = "/usr/sbin/slapd", "/usr/sbin/slapadd"
PATIENCE = 60.0
CONF = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include {top}/rel/ldap/harmony.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
pidfile {here}/slapd.pid
TLSCACertificateFile {here}/ca.pem
TLSCertificateFile {here}/cert.pem
TLSCertificateKeyFile {here}/key.pem
database mdb
suffix "{base}"
rootdn "{admin}"
rootpw "{password}"
directory {here}/db
maxsize 268435456
index objectClass,entryCSN,entryUUID eq
{overlay}
"""


class Slapd:
    """One slapd; it may be stopped, killed and started again on the same port."""

    def __init__(self, here: Path, *, syncprov: bool = True, ldif: Path | None = None) -> None:
        self.here = here
        self.port, self.tls_port = free_port(), free_port()
        self.process: subprocess.Popen[bytes] | None = None
        (here / "db").mkdir()
        self._certificate()
        overlay = "overlay syncprov" if syncprov else ""
        text = CONF.format(top=TOP, here=here, base=BASE, admin=ADMIN, password=PASSWORD, overlay=overlay)
        (here / "slapd.conf").write_text(text, encoding="utf-8")
        source = ldif or TOP / "rel" / "ldap" / "example.ldif"
        self._run(SLAPADD, "-q", "-f", str(here / "slapd.conf"), "-l", str(source), "-w" if syncprov else "-q")

    @property
    def directory(self) -> Directory:
        """As Harmony reaches it: over TLS, verified."""
        return Directory(f"ldaps://localhost:{self.tls_port}", BASE, ADMIN, PASSWORD, str(self.here / "ca.pem"))

    def start(self) -> None:
        """Start it and wait until it answers."""
        urls = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
        self.process = subprocess.Popen(
            [SLAPD, "-d", "0", "-f", str(self.here / "slapd.conf"), "-h", urls],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.tls_port)) == 0:
                    return
            assert self.process.poll() is None, "slapd ended at its start"
            time.sleep(0.02)
        raise AssertionError("slapd did not answer")

    def admin(self) -> Any:
        """A connection that may do everything, for changes from outside (ldap3 has no types for those)."""
        server = ldap3.Server(f"ldap://127.0.0.1:{self.port}", get_info=ldap3.NONE, connect_timeout=5)
        return ldap3.Connection(server, ADMIN, PASSWORD, auto_bind=True, raise_exceptions=True)

    def kill(self) -> None:
        """End it without a word."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _certificate(self) -> None:
        openssl = shutil.which("openssl")
        assert openssl, "openssl is missing: run scripts/setup-test"
        here = self.here
        subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        keys = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        self._run(openssl, "req", "-x509", *keys, "-keyout", f"{here}/key.pem", "-out", f"{here}/cert.pem", *subject)
        shutil.copy(here / "cert.pem", here / "ca.pem")

    def _run(self, *command: str) -> None:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def slapd() -> Iterator[Slapd]:
    """A running slapd with the example companies."""
    with tempfile.TemporaryDirectory(prefix="slapd-") as here:
        server = Slapd(Path(here))
        server.start()
        yield server
        server.kill()
