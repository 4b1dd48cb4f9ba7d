"""`harmony registry`: what the registry of companies holds, what is wrong in it, and what would happen to a call."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api.cli.console import emit, json_option, note, paint, say, table
from api.errors import DEGRADED, FAILED, OK, BadArgument, NotFound
from api.words.text import harmless

if TYPE_CHECKING:
    from core.registry import Company, Entry, Registry
    from core.registry.ldif import RawEntry
    from core.registry.reader import Finding


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    group = commands.add_parser("registry", help="the companies and what they have: show, check, import, dialplan")
    verbs = group.add_subparsers(metavar="VERB", required=True)

    parser = verbs.add_parser("show", help="list the companies, or what one of them has")
    parser.add_argument("domain", nargs="?", metavar="DOMAIN", help="a company, such as alpha.example")
    json_option(parser)
    parser.set_defaults(run=show)

    parser = verbs.add_parser("check", help="find what dangles, collides or is missing (exit code 3)")
    json_option(parser)
    parser.set_defaults(run=check)

    parser = verbs.add_parser("import", help="make an LDIF file the registry, or add its entries to the directory")
    parser.add_argument("file", type=Path, metavar="LDIF")
    parser.add_argument("--replace", action="store_true", help="replace the registry that is there")
    json_option(parser)
    parser.set_defaults(run=import_)

    parser = verbs.add_parser("dialplan", help="explain step by step what would happen to a call")
    parser.add_argument("caller", metavar="FROM", help="a user, such as 1001@alpha.example, or a number outside")
    parser.add_argument("number", metavar="NUMBER", help="what is dialled")
    parser.add_argument("--actions", action="store_true", help="show what the switch executes as well")
    json_option(parser)
    parser.set_defaults(run=dialplan)


def show(args: argparse.Namespace) -> int:
    registry, _, _, source = _read()
    if args.domain is None:
        rows = [
            (c.domain, c.tenant.name, len(c.users), len(c.dids), len(c.trunks), "yes" if c.tenant.enabled else "no")
            for _, c in sorted(registry.companies.items())
        ]
        if args.json:
            names = ("domain", "name", "users", "numbers", "trunks")
            emit(
                {
                    "source": source,
                    "companies": [dict(zip(names, row, strict=False)) for row in rows],
                    "switches": {one.node: list(one.addresses) for one in registry.switches.values()},
                }
            )
            return OK
        table(("DOMAIN", "NAME", "USERS", "NUMBERS", "TRUNKS", "ON"), rows)
        if registry.switches:
            say("")
            table(("SWITCH", "ADDRESSES"), [(s.node, ", ".join(s.addresses)) for s in registry.switches.values()])
        say(f"\n{len(rows)} companies, and {len(registry.shared_trunks)} trunks for all; from {harmless(source)}")
        return OK
    company = registry.companies.get(args.domain.lower())
    if company is None:
        raise NotFound(f"The registry has no company {args.domain!r}: `harmony registry show` lists them.")
    if args.json:
        emit({"domain": company.domain, "entries": [_shown(entry) for entry in (company.tenant, *company.entries)]})
    else:
        _company(company)
    return OK


def _company(company: Company) -> None:
    from core.registry import entries as e

    say(f"{company.domain}  {harmless(company.tenant.name)}")
    rows: list[tuple[str, str, str, str]] = []
    for entry in company.entries:
        match entry:
            case e.User():
                rows.append(("user", entry.user, entry.name, _user_state(entry)))
            case e.RingGroup():
                rows.append(("ring group", entry.number, entry.name, f"{entry.strategy}: {', '.join(entry.members)}"))
            case e.Queue():
                agents = ", ".join(agent.user for agent in company.queues[entry.name].agents)
                rows.append(("queue", entry.number, entry.name, f"agents {agents}"))
            case e.Conference():
                rows.append(("conference", entry.number, entry.name, "with a PIN" if entry.pin else ""))
            case e.Menu():
                choices = ", ".join(f"{digits} to {target}" for digits, target in entry.choices)
                rows.append(("menu", entry.number, entry.name, choices))
            case e.ParkLot():
                rows.append(("park lot", f"{entry.first}-{entry.last}", entry.name, f"returns after {entry.timeout} s"))
            case e.Did():
                rows.append(("number", entry.number, "", f"to {entry.target}"))
            case e.FeatureCode():
                rows.append(("code", entry.code, "", entry.feature))
            case e.Trunk():
                rows.append(("trunk", entry.name, "", _trunk(entry)))
            case e.Phone():
                rows.append(("phone", entry.mac, f"{entry.vendor} {entry.model}", f"lines {', '.join(entry.lines)}"))
            case e.Override():
                rows.append(("override", str(entry.order), entry.name, entry.expression))
            case e.Agent() | e.Tenant() | e.Switch():
                pass
    table(("KIND", "NUMBER", "NAME", "WHAT"), rows)


def _trunk(trunk: Any) -> str:
    leads = f", leads to our own {trunk.leads_to}" if trunk.leads_to else ""
    return f"{trunk.proxy}, priority {trunk.priority}{leads}"


def _user_state(user: Any) -> str:
    said = [
        *(["off"] if not user.enabled else []),
        *(["do not disturb"] if user.do_not_disturb else []),
        *([f"all calls to {user.forward_always}"] if user.forward_always else []),
        *([f"busy to {user.forward_busy}"] if user.forward_busy else []),
        *([f"no answer to {user.forward_no_answer}"] if user.forward_no_answer else []),
        *([] if user.voicemail else ["no mailbox"]),
        *(f"{digits} stands for {number}" for digits, number in user.speed_dials),
    ]
    return ", ".join(said)


def _shown(entry: Entry) -> dict[str, Any]:
    """An entry for programs, without what only the phone, the switch or the person may know."""
    import msgspec

    secret = {"password", "hashed", "voicemail_pin", "pin", "moderator_pin"}
    return {"kind": type(entry).__name__} | {
        name: value for name, value in msgspec.to_builtins(entry).items() if name not in secret
    }


def check(args: argparse.Namespace) -> int:
    from core.registry.check import check as examine
    from core.registry.unknown import unknown

    registry, entries, findings, source, raw = _read_all()
    found = sorted({*findings, *examine(registry, entries), *unknown(raw)})
    if args.json:
        emit({"source": source, "findings": [_finding(one) for one in found]})
    else:
        for one in found:
            say(f"{paint(f'{one.level:<8}', 'red' if one.level == 'error' else 'yellow')} {harmless(one.dn)}")
            say(f"         {harmless(one.what)}")
        errors = sum(one.level == "error" for one in found)
        say(f"{len(entries)} entries of {harmless(source)}: {errors} errors, {len(found) - errors} warnings.")
    return DEGRADED if any(one.level == "error" for one in found) else OK


def _finding(one: Finding) -> dict[str, str]:
    return {"level": one.level, "code": one.code, "dn": one.dn, "what": one.what}


def import_(args: argparse.Namespace) -> int:
    from core.backup.begun import refuse_directory
    from core.directory import used
    from core.registry import ldif, reader
    from core.registry.file import write
    from core.registry.sources import directory_of, file_of
    from core.settings import load

    settings = load()
    raw = ldif.read_file(args.file)
    entries, findings = reader.read(raw)
    for one in findings:
        note(f"warning: {one.dn}: {one.what}")
    if not entries:
        raise ldif.LdifError(f"{args.file} holds no entry of the registry: rel/ldap/example.ldif shows what they are.")
    directory = directory_of(settings)
    if directory is not None:
        from core.registry.ldap import add as add_to

        added, there = add_to(directory, raw)
        where = f"{directory.uri}: {added} added, {there} were there already"
    else:
        path = file_of(settings)
        with used(settings.data, make=path.parent == settings.data):
            refuse_directory(settings.data)
            if path.exists() and not args.replace:
                raise BadArgument(f"There is a registry in {path} already: `--replace` puts this one in its place.")
            write(path, raw)
        where = str(path)
    if args.json:
        emit({"entries": len(entries), "left_out": len(findings), "where": where})
    else:
        say(f"{len(entries)} entries of the registry are in {harmless(where)}.")
        say("A Harmony that runs takes them over within seconds, without a restart.")
    return FAILED if findings else OK


def dialplan(args: argparse.Namespace) -> int:
    from bridge.fetch.route import PUBLIC, Caller, route

    registry, _, _, _ = _read()
    user, at, domain = args.caller.partition("@")
    if at:
        if registry.user(domain, user) is None:
            raise NotFound(f"The registry has no user {args.caller!r}: `harmony registry show DOMAIN` lists them.")
        context, caller = domain.lower(), Caller(user=user, number=user)
    else:
        context, caller = PUBLIC, Caller(number=args.caller)
    hops, number, shown = 0, args.number, []
    while hops < 10:
        plan = route(registry, context, number, caller)
        if plan is None:
            break
        shown.append(plan)
        following = [data.split(" ") for name, data in plan.actions if name == "transfer"]
        if plan.actions and plan.actions[-1][0] == "transfer" and len(following) == 1 and _at_once(plan.actions):
            number, context = following[0][0], following[0][2]
            hops += 1
            continue
        break
    if args.json:
        emit(
            {"plans": [{"context": p.context, "number": p.number, "steps": [_step(s) for s in p.steps]} for p in shown]}
        )
        return OK
    count = 0
    for plan in shown:
        say(f"{harmless(plan.number)} in {harmless(plan.context)}:")
        for step in plan.steps:
            count += 1
            say(f"  {count}. {harmless(step.says)}")
            for name, data in step.actions if args.actions else ():
                say(f"       {name} {harmless(data)}".rstrip())
    return OK


def _at_once(actions: tuple[tuple[str, str], ...]) -> bool:
    """Whether nothing but preparations stands before the last action."""
    return all(name in ("set", "export", "hash") for name, _ in actions[:-1])


def _step(step: Any) -> dict[str, Any]:
    return {"says": step.says, "actions": [{"application": name, "data": data} for name, data in step.actions]}


def _read() -> tuple[Registry, list[Entry], list[Finding], str]:
    registry, entries, findings, source, _ = _read_all()
    return registry, entries, findings, source


def _read_all() -> tuple[Registry, list[Entry], list[Finding], str, list[RawEntry]]:
    from core.registry import Registry, reader
    from core.registry.sources import source_of
    from core.settings import load

    source = source_of(load())
    try:
        raw = list(source.read().values())
        entries, findings = reader.read(raw)
    finally:
        source.close()
    return Registry.of(entries), entries, findings, source.name, raw
