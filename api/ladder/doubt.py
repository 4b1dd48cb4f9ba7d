"""Why a call is not all observed: which leg or stretch of it was not heard, a sentence each. Pure."""

from collections.abc import Iterator

from api.ladder.story import Document, party
from api.words.text import harmless

MEANS = {
    "bounded": "some of its times are known within bounds",
    "inferred": "something must have happened that nobody told",
    "gap": "events of it are missing",
}


def doubts(call: Document) -> list[str]:
    """Nothing for a call of which everything was observed."""
    quality = call.get("quality") or "observed"
    if quality == "observed":
        return []
    found = [*_legs(call), *_segments(call)] or [
        "  nobody heard its switch for a part of its time: `harmony events verify` tells from when until when"
    ]
    return [f"Why its quality is {harmless(quality)} ({MEANS.get(quality, 'not all of it was observed')}):", *found]


def _legs(call: Document) -> Iterator[str]:
    for leg in call.get("legs") or []:
        quality = leg.get("quality") or "observed"
        name = f"{harmless(leg['leg_id'])} ({party(leg.get('party'))})"
        ended, gone = harmless(leg.get("ended_at") or "its last event"), leg.get("gone_at")
        if quality == "gap":
            yield f"  {name}: how it began was not heard; Harmony first heard of it later"
        elif gone:
            yield f"  {name}: its end was not heard; it was between {ended} and {harmless(gone)}"
        elif quality != "observed":
            yield f"  {name}: its end was not heard; it was last known to live at {ended}"


def _segments(call: Document) -> Iterator[str]:
    for segment in call.get("segments") or []:
        if (quality := segment.get("quality") or "observed") != "observed":
            names = ", ".join(party(one) for one in segment.get("parties") or [])
            until = harmless(segment.get("ended_at") or "now")
            what = f"{harmless(segment['kind'])} of {names}, {harmless(segment.get('started_at'))} to {until}"
            yield f"  {what}: {harmless(quality)}, {MEANS.get(quality, 'not observed')}"
