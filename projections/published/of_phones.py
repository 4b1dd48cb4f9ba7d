"""Notices of phones: mod_sofia's registrations (sofia_reg.c).

The switch sends the same `sofia::register` for a new registration and for each renewal; the SIP Call-ID, which a phone
keeps while it renews, tells them apart. `register_attempt` and `pre_register` come for the authentication of any call
and say nothing of a registration.
"""

from typing import Any

from core.event import SwitchEvent
from projections.published import notice_data as data
from projections.published.made import domain, made, number
from projections.published.notice import Notice


def registered(event: SwitchEvent) -> list[Notice]:
    """`sofia::register`."""
    if (phone := _phone(event, "to-user", "to-host")) is None:
        return []
    told = data.Registered(
        **phone,
        contact=event.get("contact"),
        sip_call_id=event.get("call-id"),
        expires_seconds=number(event.get("expires")),
        status=event.get("status"),
    )
    return _told(event, "registration.registered", told)


def unregistered(event: SwitchEvent) -> list[Notice]:
    """`sofia::unregister`."""
    if (phone := _phone(event, "from-user", "from-host")) is None:
        return []
    told = data.Unregistered(**phone, contact=event.get("contact"), sip_call_id=event.get("call-id"))
    return _told(event, "registration.unregistered", told)


def expired(event: SwitchEvent) -> list[Notice]:
    """`sofia::expire`."""
    if (phone := _phone(event, "user", "host")) is None:
        return []
    told = data.RegistrationExpired(**phone, contact=event.get("contact"), sip_call_id=event.get("call-id"))
    return _told(event, "registration.expired", told)


def failed(event: SwitchEvent) -> list[Notice]:
    """`sofia::register_failure`, which comes for calls that fail to authenticate, too."""
    if event.get("registration-type") not in (None, "REGISTER"):
        return []
    phone = _phone(event, "to-user", "to-host")
    return [] if phone is None else _told(event, "registration.failed", data.RegistrationFailed(**phone))


def _phone(event: SwitchEvent, user: str, host: str) -> dict[str, Any] | None:
    name, where = event.get(user), event.get(host)
    if not name or not where:
        return None
    return {
        "switch": event.switch,
        "caused_position": event.position,
        "user": f"{name}@{where}",
        "profile": event.get("profile-name"),
        "network_ip": event.get("network-ip"),
        "network_port": number(event.get("network-port")),
        "user_agent": event.get("user-agent"),
    }


def _told(event: SwitchEvent, kind: str, told: data.OfPhone) -> list[Notice]:
    # Where the switch's directory was asked, it says whose user this is; else the phone's own words are all there is.
    known, realm = event.get("domain_name"), event.get("realm")
    tenant = domain(f"@{known or ''}", f"@{realm or ''}", told.user)
    return [made(event, kind, told.user, told, tenant=tenant, parties=[told.user], users=[told.user])]
