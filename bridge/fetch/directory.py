"""The directory: whether a phone may register, how a user is called, which gateways a company's trunks are.

Passwords of phones leave as the hash of a digest alone (a1-hash), so neither the link nor the switch's memory has them.
A trunk's password must be given, because the switch itself logs in with it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from bridge.fetch.outside import gateway
from bridge.fetch.request import Request
from bridge.fetch.xml import document, element, param, variable
from core.registry import Company, Registry
from core.registry import entries as e

# As FreeSWITCH's own example does it: the contacts of the user, called under the name of the domain.
DIAL_STRING = (
    "{^^:sip_invite_domain=${dialed_domain}:presence_id=${dialed_user}@${dialed_domain}}"
    "${sofia_contact(*/${dialed_user}@${dialed_domain})}"
)


MOST_MINUTES: Final = 35
"""for which a switch can keep a user: FreeSWITCH counts in an int of microseconds"""


def directory(registry: Registry, request: Request, keep: int = 0) -> str | None:
    """Return the part of the directory that was asked for; None: not known here.

    ``keep``: minutes for which a switch may keep a user, so that phones go on while Harmony is away. It is told to
    forget when the registry changes (bridge/session/standing.py). What it keeps it does not ask about, and then nobody
    looks whom a phone registers as.
    """
    if request.get("purpose") == "gateways":
        return document("directory", *(_gateways(registry, company) for company in _companies(registry)))
    if request.get("purpose") == "network-list":
        return document("directory", *(element("domain", name=company.domain) for company in _companies(registry)))
    if request.key != "name" or request.tag != "domain":
        return None
    company = registry.company(request.value)
    if company is None:
        return None
    if group := request.get("group"):
        return _domain(company, [one for one in company.users.values() if one.enabled and group in one.pickup_groups])
    name = request.get("user", "sip_auth_username")
    if name is None:
        return _domain(company, [])
    user = registry.user(company.domain, name)
    if user is None or not _registers_itself(company, user, request):
        return None
    kept = min(keep, MOST_MINUTES) if company.domain not in _alike(registry) else 0
    return _domain(company, [user], alone=True, keep=kept)


def _registers_itself(company: Company, user: e.User, request: Request) -> bool:
    """Whether a REGISTER is about the user whose password it has. The switch compares neither the user nor the domain
    of `To`, where the contact is put, and taken away, with those of the digest (mod_sofia sofia_reg.c)."""
    if request.get("sip_auth_method") != "REGISTER":
        return True
    to = (request.get("sip_to_user"), (request.get("sip_to_host") or "").casefold())
    return to == (user.user, company.domain)


def _companies(registry: Registry) -> list[Company]:
    return [company for domain in sorted(registry.companies) if (company := registry.company(domain)) is not None]


@lru_cache(maxsize=1)
def _alike(registry: Registry) -> frozenset[str]:
    """The domains whose users could be another's in the switch's memory, whose key is user and domain run together: bob
    of alpha.example would be boba of lpha.example."""
    domains = registry.companies.keys()
    pairs = ((domain, domain[at:]) for domain in domains for at in range(1, len(domain)) if domain[at:] in domains)
    return frozenset(domain for pair in pairs for domain in pair)


def _domain(company: Company, users: list[e.User], *, alone: bool = False, keep: int = 0) -> str:
    groups = [] if alone else sorted({name for user in users for name in user.pickup_groups})
    pointers = [
        element(
            "group",
            element(
                "users",
                *(element("user", id=user.user, type="pointer") for user in users if name in user.pickup_groups),
            ),
            name=name,
        )
        for name in groups
    ]
    everyone = element("group", element("users", *(_user(company, user, keep) for user in users)), name="default")
    return document(
        "directory",
        element(
            "domain",
            element("params", param("dial-string", DIAL_STRING)),
            element("variables", variable("domain_name", company.domain)),
            element("groups", everyone, *pointers),
            name=company.domain,
        ),
    )


def _user(company: Company, user: e.User, keep: int) -> str:
    params = [param("a1-hash", user.a1)] if user.a1 else [param("allow-empty-password", "false")]
    if user.voicemail and user.voicemail_pin:
        params.append(param("vm-password", user.voicemail_pin))
    if user.voicemail:
        params.append(param("vm-enabled", "true"))
        if user.mail:
            params += [param("vm-mailto", user.mail), param("vm-email-all-messages", "false")]
    else:
        params.append(param("vm-enabled", "false"))
    variables = [
        variable("user_context", company.domain),
        variable("domain_name", company.domain),
        # A phone says in To and From whatever it likes: its contact, and what is shown of its calls to those who watch
        # a user, are those of whoever the password is (mod_sofia: sofia_reg.c, sofia.c; the caller is `user_name`). The
        # first holds for a user that the switch keeps, where `_registers_itself` is not asked.
        variable("sip-force-user", user.user),
        variable("presence_id", f"{user.user}@{company.domain}"),
        variable("effective_caller_id_name", user.name),
        variable("effective_caller_id_number", user.user),
        variable("accountcode", company.domain),
        variable("default_language", company.tenant.language),
        variable("timezone", company.tenant.time_zone),
    ]
    if shown := user.caller_id or company.tenant.caller_id:
        variables.append(variable("outbound_caller_id_number", shown))
    if user.pickup_groups:
        variables.append(variable("callgroup", ",".join(user.pickup_groups)))
    inside = [element("params", *params), element("variables", *variables)]
    return element("user", *inside, id=user.user, cacheable=keep * 60_000 or None)


def _gateways(registry: Registry, company: Company) -> str:
    """The company's own trunks; those for all belong to the first company by name, because each must be there once."""
    first = next(iter(_companies(registry)), None)
    trunks = [*company.trunks, *(registry.shared_trunks if company is first else ())]
    inside = element("gateways", *(_gateway(trunk) for trunk in trunks)) if trunks else ""
    user = element("user", inside, id="trunks") if inside else ""
    users = element("users", user) if user else element("users")
    return element("domain", element("groups", element("group", users, name="trunks")), name=company.domain)


def _gateway(trunk: e.Trunk) -> str:
    params = [
        param("proxy", trunk.proxy),
        param("realm", trunk.realm or trunk.proxy.partition(":")[0]),
        param("register", "true" if trunk.register else "false"),
        param("caller-id-in-from", "true"),
        param("username", trunk.username or trunk.name),
        param("password", trunk.password or ""),
    ]
    return element("gateway", *params, name=gateway(trunk))
