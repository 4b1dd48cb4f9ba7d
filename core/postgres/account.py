"""As whom PostgreSQL's programs run: they refuse root, and Harmony must run as root too (in containers, on appliances).

A user runs them as himself. Root runs them in a user namespace in which he is user 1000, which needs no account and no
change of permissions; where namespaces are closed, as an unprivileged account, which is then given our directory.
Permissions of directories above our own are never touched.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from core.postgres.errors import NoAccount

_NAMESPACE = ("unshare", "--user", "--map-user=1000")
_ACCOUNTS = ("harmony", "postgres", "nobody")


class Account(msgspec.Struct, frozen=True):
    """How to run a program so that PostgreSQL accepts who runs it."""

    prefix: tuple[str, ...] = ()
    user: str | None = None
    """the account to become, None to stay who we are"""

    def run(self, command: Sequence[str | Path], timeout: float) -> subprocess.CompletedProcess[str]:
        """Run a program to its end, its output merged; the program's children may stay behind."""
        groups: list[int] | None = None if self.user is None else []
        group = None if self.user is None else pwd.getpwnam(self.user).pw_gid
        # Into a file and not a pipe: a postmaster that stays behind would keep a pipe open.
        with open(os.memfd_create("output") if hasattr(os, "memfd_create") else os.devnull, "w+b") as output:
            done = subprocess.run(
                [*self.prefix, *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env={**os.environ, "LC_ALL": "C"},
                user=self.user,
                group=group,
                extra_groups=groups,
                timeout=timeout,
                check=False,
            )
            output.seek(0)
            return subprocess.CompletedProcess(done.args, done.returncode, output.read().decode(errors="replace"))

    def own(self, directory: Path) -> None:
        """Make sure that the directory, one of ours, belongs to the one who runs the programs."""
        if os.geteuid() != 0:
            return
        user = pwd.getpwnam(self.user) if self.user else pwd.getpwuid(0)
        if directory.stat().st_uid != user.pw_uid:
            for path in (directory, *directory.rglob("*")):
                os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def choose(user: str | None = None, reach: Sequence[Path] = ()) -> Account:
    """Return as whom to run PostgreSQL: ``user`` if named (and we are root), else what works; raise `NoAccount`.

    ``reach``: what an account must be able to reach, the programs and the data; root in a namespace reaches all.
    """
    if os.geteuid() != 0:
        return Account()
    if user is not None:
        if not _exists(user):
            raise NoAccount(
                f"There is no account {user}, which HARMONY_POSTGRES_USER names: create it, or name another."
            )
        if (bar := _barred(user, reach)) is not None:
            raise NoAccount(
                f"The account {user}, which HARMONY_POSTGRES_USER names, cannot enter {bar}: move Harmony and its data "
                "to where it can (/opt, /srv), or leave HARMONY_POSTGRES_USER out."
            )
        return Account(user=user)
    if namespaces_work():
        return Account(prefix=_NAMESPACE)
    there = [name for name in _ACCOUNTS if _exists(name)]
    bars = []
    for name in there:
        if (bar := _barred(name, reach)) is None:
            return Account(user=name)
        bars.append(bar)
    if there:
        raise NoAccount(
            f"PostgreSQL refuses to run as root, user namespaces are closed here, and the account {there[0]} cannot "
            f"enter {bars[0]}: move Harmony and its data to where everybody may pass (/opt, /srv), run it as another "
            "user than root, allow user namespaces, or let HARMONY_DSN name a PostgreSQL that runs."
        )
    raise NoAccount(
        "PostgreSQL refuses to run as root, user namespaces are closed here, and none of the accounts "
        f"{', '.join(_ACCOUNTS)} exists: create one (useradd --system harmony), or run Harmony as another user."
    )


def _barred(user: str, reach: Sequence[Path]) -> Path | None:
    """Return the first directory that keeps an account from one of these paths; what is not there yet is no matter."""
    found = pwd.getpwnam(user)
    for path in reach:
        for place in (*reversed(path.parents), path):
            if not place.is_dir():
                break
            try:
                can = subprocess.run(
                    ["test", "-x", place],
                    cwd="/",
                    user=found.pw_uid,
                    group=found.pw_gid,
                    extra_groups=[],
                    timeout=10,
                    check=False,
                )
            except (OSError, subprocess.SubprocessError):
                return place
            if can.returncode != 0:
                return place
    return None


@cache
def namespaces_work() -> bool:
    """Say whether root may become somebody else in a user namespace here."""
    if shutil.which(_NAMESPACE[0]) is None:
        return False
    try:
        return subprocess.run([*_NAMESPACE, "true"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _exists(name: str) -> bool:
    try:
        return pwd.getpwnam(name).pw_uid != 0
    except KeyError:
        return False
