"""A call as a vCon, the IETF's container of a conversation (draft-ietf-vcon-vcon-core, syntax 0.4.0). Pure.

    talk, consult, conference    a dialog "recording-set" without recordings: who was there, from when to when
    hold                         hold and unhold in the party history of the talk that it follows or interrupts
    transfers                    a dialog "transfer", with who, whom, to whom
    nobody talked                one dialog "incomplete" with the reason
    the whole document           analysis "report", by Harmony: nothing that is known is lost on the way

The same call at the same version gives the same vCon, byte for byte. Sound is not in it: recordings stand in the report
by name.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

VENDOR = "Harmony"
TALKS = frozenset({"talk", "consult", "conference"})
DISPOSITIONS = {"no_answer": "no-answer", "busy": "busy", "rejected": "busy", "failed": "failed", "unserved": "failed"}
"""by outcome; whoever gave up, in a queue or before, hung up"""
_RFC3966 = frozenset("0123456789")


def vcon(call: Mapping[str, Any], host: str) -> dict[str, Any]:
    """The vCon of a call's document. ``host``: the name of the installation that says so (FQDN)."""
    parties = _Parties(call, host)
    dialogs = [_talk(one, call, parties) for one in call["segments"] if one["kind"] in TALKS]
    if not dialogs:
        dialogs = [_incomplete(call, parties)]
    else:
        dialogs += [_transfer(one, dialogs, parties) for one in call["transfers"] if one["by"] and one["to"]]
    return {
        "vcon": "0.4.0",
        "uuid": str(_uuid(call, host)),
        "created_at": call.get("ended_at") or call["started_at"],
        "subject": f"{call['from'].get('number') or call['from'].get('party') or '?'} to {call['dialled'] or '?'}",
        "parties": parties.all,
        "dialog": dialogs,
        "analysis": [
            {
                "type": "report",
                "vendor": VENDOR,
                "product": "call",
                "dialog": list(range(len(dialogs))),
                "mediatype": "application/json",
                "encoding": "json",
                "body": dict(call),
            }
        ],
        "attachments": [],
    }


class _Parties:
    """Everybody in the order of the document, who else is named behind them, and who exports last."""

    def __init__(self, call: Mapping[str, Any], host: str) -> None:
        self.all: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}
        caller = call["from"]
        names = {caller.get("party"): caller.get("name")}
        for one in call["parties"]:
            self._add(one["party"], one.get("user"), names.get(one["party"]))
        for segment in call["segments"]:
            for party in segment["parties"]:
                self._add(party, None, None)
        for transfer in call["transfers"]:
            for party in (transfer["by"], transfer["from"], transfer["to"]):
                if party:
                    self._add(party, None, None)
        if not self.all:
            self._add(caller.get("party") or "anonymous", caller.get("user"), caller.get("name"))
        self.all.append({"name": VENDOR, "type": "organization", "org": call.get("tenant") or host})

    def __getitem__(self, party: str) -> int:
        return self._places[party]

    def __contains__(self, party: object) -> bool:
        return party in self._places

    def _add(self, party: str, user: str | None, name: str | None) -> None:
        if party in self._places:
            return
        self._places[party] = len(self.all)
        made: dict[str, Any] = {"name": name or party}
        if set(party.removeprefix("+")) <= _RFC3966:
            made["tel"] = party  # RFC 3966 allows a local number too; whose it is says the sip address
        if user:
            made["sip"] = f"sip:{user}"
        elif ":" in party:
            made["type"] = "service"
        self.all.append(made)


def _talk(segment: Mapping[str, Any], call: Mapping[str, Any], parties: _Parties) -> dict[str, Any]:
    there = [parties[party] for party in dict.fromkeys(segment["parties"])]
    history = [{"party": one, "time": segment["started_at"], "event": "join"} for one in there]
    for hold in call["segments"]:
        by = str((hold.get("detail") or {}).get("by"))
        # A hold begins where a talk stops, and the next one begins where it ends: both are told where they happened.
        if hold["kind"] == "hold" and by in segment["parties"]:
            if hold["started_at"] == segment["ended_at"]:
                history.append({"party": parties[by], "time": hold["started_at"], "event": "hold"})
            if hold["ended_at"] is not None and hold["ended_at"] == segment["started_at"]:
                history.append({"party": parties[by], "time": hold["ended_at"], "event": "unhold"})
    if segment["ended_at"]:
        history += [{"party": one, "time": segment["ended_at"], "event": "drop"} for one in there]
    made = {
        "type": "recording-set",
        "start": segment["started_at"],
        "parties": there,
        "recordings": [],
        "party_history": history,
        "application": segment["kind"],
    }
    return made | ({} if segment["seconds"] is None else {"duration": segment["seconds"]})


def _transfer(transfer: Mapping[str, Any], dialogs: list[dict[str, Any]], parties: _Parties) -> dict[str, Any]:
    """Which dialogs it joins is read from their times: what went on before, the consultation, and what came of it."""
    at, by, to = transfer["at"], parties[transfer["by"]], parties[transfer["to"]]
    made: dict[str, Any] = {"type": "transfer", "start": at, "transferor": by, "transfer_target": to}
    if transfer["from"] and transfer["from"] in parties:
        made["transferee"] = parties[transfer["from"]]
    talks = [(n, one) for n, one in enumerate(dialogs) if one["type"] == "recording-set"]
    before = [n for n, one in talks if one["start"] < at and one["application"] != "consult" and by in one["parties"]]
    asked = [n for n, one in talks if one["start"] < at and one["application"] == "consult" and to in one["parties"]]
    after = [n for n, one in talks if one["start"] >= at and to in one["parties"]]
    for name, found in (("original", before[-1:]), ("consultation", asked[-1:]), ("target_dialog", after[:1])):
        if found:
            made[name] = found[0]
    return made


def _incomplete(call: Mapping[str, Any], parties: _Parties) -> dict[str, Any]:
    disposition = DISPOSITIONS.get(call["outcome"] or "", "hung-up")
    everybody = list(range(len(parties.all) - 1))
    return {"type": "incomplete", "start": call["started_at"], "parties": everybody, "disposition": disposition}


def _uuid(call: Mapping[str, Any], host: str) -> UUID:
    """Version 8: the time of version 7 and 62 bits of the host's name, and between them 12 bits of the call's id."""
    began = datetime.fromisoformat(call["started_at"])
    millis = int(began.timestamp() * 1000) & ((1 << 48) - 1)
    identity = f"{call['call_id']} {call['version']}".encode("utf-8", "surrogatepass")
    some = int.from_bytes(hashlib.sha256(identity).digest()[:2], "big") & 0xFFF
    digest = hashlib.sha1(f"{host} {call['call_id']}".encode("utf-8", "surrogatepass"), usedforsecurity=False).digest()
    return UUID(int=millis << 80 | 8 << 76 | some << 64 | 2 << 62 | int.from_bytes(digest[:8], "big") >> 2)
