"""The towns that live in the emulated switch, from the registry: who has a phone, and which numbers are called."""

from __future__ import annotations

from bridge.emulator.exchange import Town
from core.registry import Registry
from core.registry.snapshot import Company


def towns(registry: Registry) -> list[Town]:
    """Return the companies that have users, as their people and callers know them."""
    companies = [registry.company(domain) for domain in sorted(registry.companies)]
    return [_town(company) for company in companies if company is not None and company.users]


def _town(company: Company) -> Town:
    def leading(*targets: str) -> tuple[str, ...]:
        return tuple(sorted(did.number for did in company.dids.values() if did.target in targets))

    return Town(
        domain=company.domain,
        users=tuple(sorted(user.user for user in company.users.values() if user.enabled)),
        numbers=leading(*company.users),
        queues=leading(*(queue.number for queue in company.queues.values())),
        menus=leading(*(menu.number for menu in company.menus.values() if menu.number)),
        rooms=tuple(sorted(number for number, room in company.conferences.items() if not room.pin)),
        places=tuple(lot.first for lot in company.parks),
    )
