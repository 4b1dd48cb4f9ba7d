"""Who can sign in at the demo: one person of each kind of the companies that live in it, with what each of them sees.

Passwords are printed only where they are those of the example that comes with Harmony, which everybody can read.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from api.access import passwords
from core.registry import Registry, reader
from core.registry.entries import Role, User
from core.registry.ldif import RawEntry
from core.registry.reader import normal

KINDS: Final[dict[Role, str]] = {
    "user": "the own calls, the phone, the colleagues' lamps",
    "supervisor": "besides them the queue {queues} and its agents' calls",
    "company-admin": "all of the company",
}
"""what each kind of person sees, in the order in which they are told; operators have the token"""


def guests(entries: Sequence[RawEntry], companies: Sequence[str]) -> Iterator[str]:
    """Yield a line for each: who, the password, what he sees."""
    read, _ = reader.read(entries)
    registry = Registry.of(read)
    kept = {normal(entry.dn): entry.attributes.get("userpassword", ()) for entry in entries}
    for domain in companies:
        company = registry.company(domain)
        people = sorted(company.users.values(), key=lambda one: one.user) if company else ()
        for role, sees in KINDS.items():
            for one in people:
                word = _word(one)
                if one.role == role and one.enabled and passwords.matches(word, kept.get(normal(one.dn), ())):
                    what = sees.format(queues=", ".join(one.supervises) or "?")
                    yield f"{one.user}@{domain}  {word}  {one.name}, {role.replace('-', ' ')}: {what}"
                    break


def _word(user: User) -> str:
    """The password that the example gives."""
    return f"login-{user.tenant.partition('.')[0]}-{user.user}"
