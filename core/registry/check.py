"""What is wrong with a registry that can be read: dangling references, numbers that collide, secrets that are missing.

Every finding names the entry's DN and says what to do. An error is something that cannot work as it stands; a warning
may be meant. `harmony registry check` prints them; nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from core.registry import entries as e
from core.registry.reader import Finding
from core.registry.snapshot import Company, Registry

_MUSTS = 8
"""characters of a phone's password under which it is called short"""


def check(registry: Registry, given: Iterable[e.Entry] = ()) -> list[Finding]:
    """Return the findings, by DN. ``given``: the entries as read, where some may share a key and so be hidden."""
    found: list[Finding] = [*_twice(given)]
    found += _switches(registry)
    for company in registry.companies.values():
        found += _company(registry, company)
    return sorted(set(found))


def _switches(registry: Registry) -> Iterator[Finding]:
    """What is said of switches and of the trunks between them; what two claim proves nothing."""
    owners: dict[str, e.Switch] = {}
    for switch in registry.switches.values():
        if not switch.addresses:
            what = "The switch has no address: nothing is known by where it comes from; give it a harmonyAddress."
            yield Finding(switch.dn, "registry.no-address", what)
        for address in switch.addresses:
            if address in owners:
                what = f"The address {address} is that of {owners[address].node}, too: give it to one of them."
                yield Finding(switch.dn, "registry.collision", what)
            owners.setdefault(address, switch)
    for trunk in (*registry.shared_trunks, *(one for c in registry.companies.values() for one in c.trunks)):
        if trunk.leads_to is not None and trunk.leads_to not in registry.switches:
            what = f"The trunk leads to {trunk.leads_to}, which is no switch of the registry (class harmonySwitch)."
            yield Finding(trunk.dn, "registry.dangling", what)


def _company(registry: Registry, company: Company) -> Iterator[Finding]:
    yield from _collisions(company)
    for user in company.users.values():
        yield from _user(company, user)
    for phone in company.phones.values():
        if not phone.lines:
            yield Finding(phone.dn, "registry.no-line", "The phone has no line: give it a harmonyLine.", "warning")
        for line in phone.lines:
            if line not in company.users:
                yield Finding(phone.dn, "registry.dangling", f"The phone's line {line} is no user of the company.")
    for did in company.dids.values():
        yield from _reaches(company, did.dn, "The number's target", did.target)
    for entry in company.entries:
        match entry:
            case e.Agent():
                if entry.user not in company.users:
                    yield Finding(entry.dn, "registry.dangling", f"The agent {entry.user} is no user of the company.")
                if entry.queue not in company.queues:
                    yield Finding(entry.dn, "registry.dangling", f"The company has no queue {entry.queue}.")
            case e.RingGroup():
                if not entry.members:
                    yield Finding(entry.dn, "registry.no-member", "The ring group has no member: nobody can answer.")
                for member in entry.members:
                    if member not in company.users:
                        what = f"The ring group's member {member} is no user of the company."
                        yield Finding(entry.dn, "registry.dangling", what)
                yield from _reaches(company, entry.dn, "The ring group's fallback", entry.fallback)
            case e.Queue():
                yield from _reaches(company, entry.dn, "The queue's fallback", entry.fallback)
                if not company.queues[entry.name].agents:
                    what = "The queue has no agent: nobody can answer."
                    yield Finding(entry.dn, "registry.no-member", what, "warning")
            case e.Menu():
                yield from _reaches(company, entry.dn, "The menu's fallback", entry.fallback)
                for digits, target in entry.choices:
                    yield from _reaches(company, entry.dn, f"What the menu's {digits} leads to", target)
            case _:
                pass
    if not registry.trunks(company.domain):
        what = "No trunk serves the company: nobody can call outside, not even for help."
        yield Finding(company.tenant.dn, "registry.no-trunk", what)
    elif not any(trunk.emergency for trunk in registry.trunks(company.domain)):
        what = "No trunk of the company carries emergency calls: set harmonyEmergencyTrunk of one to TRUE."
        yield Finding(company.tenant.dn, "registry.no-emergency", what)


def _user(company: Company, user: e.User) -> Iterator[Finding]:
    if user.a1 is None and user.enabled:
        what = f"The user {user.user} has no password: its phone cannot register; give it a harmonySipPassword."
        yield Finding(user.dn, "registry.no-password", what)
    elif user.password is not None and len(user.password) < _MUSTS:
        what = f"The password of the user {user.user} has fewer than {_MUSTS} characters: make it longer."
        yield Finding(user.dn, "registry.short-password", what, "warning")
    if user.voicemail and user.voicemail_pin is None:
        what = f"The mailbox of {user.user} has no PIN: it can be left messages, and not be listened to."
        yield Finding(user.dn, "registry.no-pin", what, "warning")
    yield from _role(company, user)
    for digits, number in user.speed_dials:
        yield from _reaches(company, user.dn, f"The speed dial {digits} of {user.user} to", number)
        if (there := company.destination(digits)) is not None:
            what = f"The speed dial {digits} of {user.user} is a number of the company: that wins, {there.dn}."
            yield Finding(user.dn, "registry.collision", what)
    for name, target in (
        ("always", user.forward_always),
        ("busy", user.forward_busy),
        ("no answer", user.forward_no_answer),
    ):
        yield from _reaches(company, user.dn, f"The forward ({name}) of {user.user}", target)
    seen = [user.user]
    ahead: e.User | None = user
    while ahead is not None and ahead.forward_always is not None:
        if ahead.forward_always in seen:
            chain = " to ".join([*seen, ahead.forward_always])
            yield Finding(user.dn, "registry.forward-loop", f"Calls are forwarded in a circle: {chain}.")
            return
        seen.append(ahead.forward_always)
        ahead = company.users.get(ahead.forward_always)


def _role(company: Company, user: e.User) -> Iterator[Finding]:
    there = {name for queue in company.queues.values() for name in (queue.name, queue.number)}
    there |= {name for group in company.groups for name in (group.name, group.number)}
    for name in user.supervises:
        if name not in there:
            what = f"{user.user} supervises {name}, which is no queue or ring group of the company."
            yield Finding(user.dn, "registry.dangling", what)
    if user.supervises and user.role != "supervisor":
        what = f"{user.user} has harmonySupervises and is no supervisor: set harmonyRole to supervisor, or remove it."
        yield Finding(user.dn, "registry.role", what, "warning")
    if user.role == "supervisor" and not user.supervises:
        what = f"The supervisor {user.user} supervises nothing: name queues or ring groups as harmonySupervises."
        yield Finding(user.dn, "registry.role", what, "warning")


def _reaches(company: Company, dn: str, what: str, number: str | None) -> Iterator[Finding]:
    """Numbers that are too short to be outside and lead to nothing inside."""
    if number is None or company.destination(number) is not None or company.feature(number) is not None:
        return
    prefix = company.tenant.outbound_prefix
    if number.startswith("+") or (prefix and number.startswith(prefix)) or number in company.tenant.emergency:
        return
    if any(one.expression for one in company.overrides):
        yield Finding(dn, "registry.dangling", f"{what} {number} leads to nothing but an override, if that.", "warning")
        return
    yield Finding(dn, "registry.dangling", f"{what} {number} leads to nothing in the company.")


def _collisions(company: Company) -> Iterator[Finding]:
    """One number for two things inside a company: the first wins, and the other cannot be reached."""
    owners: dict[str, e.Entry] = {}
    for entry in company.entries:
        number = entry.user if isinstance(entry, e.User) else getattr(entry, "number", None)
        if isinstance(entry, e.Did) or number is None:
            continue
        if number in owners:
            what = f"The number {number} is taken by {owners[number].dn}: give one of them another."
            yield Finding(entry.dn, "registry.collision", what)
        else:
            owners[number] = entry
    for lot in company.parks:
        for number, entry in owners.items():
            if number.isdecimal() and len(number) == len(lot.first) and int(lot.first) <= int(number) <= int(lot.last):
                what = f"The number {number} lies within the park lot {lot.name}: {entry.dn} wins there."
                yield Finding(lot.dn, "registry.collision", what)
    for number, entry in owners.items():
        if number in company.tenant.emergency:
            what = f"The number {number} is an emergency number, which goes out whatever stands here."
            yield Finding(entry.dn, "registry.collision", what)


def _twice(given: Iterable[e.Entry]) -> Iterator[Finding]:
    """Keys that must be unique over the whole registry, or within a company."""
    owners: dict[tuple[str, ...], e.Entry] = {}
    for entry in given:
        key, what = _key(entry)
        if key and key in owners:
            yield Finding(entry.dn, "registry.twice", f"{what} is in the registry twice, also as {owners[key].dn}.")
        elif key:
            owners[key] = entry


def _key(entry: e.Entry) -> tuple[tuple[str, ...], str]:
    match entry:
        case e.Tenant():
            return ("tenant", entry.domain), f"The domain {entry.domain}"
        case e.Did():
            return ("did", entry.number), f"The number {entry.number}"
        case e.Phone():
            return ("phone", entry.mac), f"The phone {entry.mac}"
        case e.Trunk():
            return ("trunk", entry.tenant or "", entry.name), f"The trunk {entry.name}"
        case e.Switch():
            return ("switch", entry.node), f"The switch {entry.node}"
        case e.FeatureCode():
            return ("code", entry.tenant, entry.code), f"The code {entry.code}"
        case e.Queue():
            return ("queue", entry.tenant, entry.name), f"The queue {entry.name}"
        case e.Menu():
            return ("menu", entry.tenant, entry.name), f"The menu {entry.name}"
        case _:
            return (), ""
