"""The states of a connection and every way from one to the next, as data: the reference page draws it."""

from __future__ import annotations

import enum
from typing import Final


class State(enum.StrEnum):
    """Where a connection is. The first five are the connecting side's, the next five the accepting side's."""

    NEW = "new"
    WAIT_STATUS = "waits for the status"
    ASKED_ALIVE = "is asked whether it means it"
    WAIT_CHALLENGE = "waits for the challenge"
    WAIT_ACK = "waits for the peer's proof"

    WAIT_NAME = "waits for a name"
    NAMED = "knows the name and has to answer"
    WAIT_ALIVE = "asked whether the peer means it"
    WAIT_COMPLEMENT = "waits for the rest of the flags"
    WAIT_REPLY = "waits for the answer to its challenge"

    UP = "up"
    CLOSED = "closed"


class Trigger(enum.StrEnum):
    """What moves a connection: something sent, something received."""

    SEND_NAME = "send the name"
    SEND_TRUE = "send true"
    SEND_FALSE = "send false"
    GET_OK = "receive ok or ok_simultaneous"
    GET_ALIVE = "receive alive"
    GET_REFUSAL = "receive another status"
    GET_CHALLENGE = "receive the challenge"
    GET_ACK = "receive the proof"

    GET_NAME = "receive the name"
    SEND_OK = "send ok or ok_simultaneous, and the challenge"
    SEND_OK_OLD = "send ok or ok_simultaneous, and the challenge, to a name of version 5"
    SEND_ALIVE = "send alive"
    SEND_REFUSAL = "send nok or not_allowed"
    GET_TRUE = "receive true, send the challenge"
    GET_TRUE_OLD = "receive true, send the challenge, to a name of version 5"
    GET_FALSE = "receive false"
    GET_COMPLEMENT = "receive the rest of the flags"
    GET_REPLY = "receive the answer, send the proof"

    FAIL = "an error, a time-out or the end of the stream"


TRANSITIONS: Final[dict[tuple[State, Trigger], State]] = {
    (State.NEW, Trigger.SEND_NAME): State.WAIT_STATUS,
    (State.WAIT_STATUS, Trigger.GET_OK): State.WAIT_CHALLENGE,
    (State.WAIT_STATUS, Trigger.GET_ALIVE): State.ASKED_ALIVE,
    (State.WAIT_STATUS, Trigger.GET_REFUSAL): State.CLOSED,
    (State.ASKED_ALIVE, Trigger.SEND_TRUE): State.WAIT_CHALLENGE,
    (State.ASKED_ALIVE, Trigger.SEND_FALSE): State.CLOSED,
    (State.WAIT_CHALLENGE, Trigger.GET_CHALLENGE): State.WAIT_ACK,
    (State.WAIT_ACK, Trigger.GET_ACK): State.UP,
    (State.WAIT_NAME, Trigger.GET_NAME): State.NAMED,
    (State.NAMED, Trigger.SEND_OK): State.WAIT_REPLY,
    (State.NAMED, Trigger.SEND_OK_OLD): State.WAIT_COMPLEMENT,
    (State.NAMED, Trigger.SEND_ALIVE): State.WAIT_ALIVE,
    (State.NAMED, Trigger.SEND_REFUSAL): State.CLOSED,
    (State.WAIT_ALIVE, Trigger.GET_TRUE): State.WAIT_REPLY,
    (State.WAIT_ALIVE, Trigger.GET_TRUE_OLD): State.WAIT_COMPLEMENT,
    (State.WAIT_ALIVE, Trigger.GET_FALSE): State.CLOSED,
    (State.WAIT_COMPLEMENT, Trigger.GET_COMPLEMENT): State.WAIT_REPLY,
    (State.WAIT_REPLY, Trigger.GET_REPLY): State.UP,
    **{(state, Trigger.FAIL): State.CLOSED for state in State},
}
