"""The states of a connection and every way from one to the next, as data: the reference page draws it."""

# The theory of the handshake
# ===========================
#
# Two nodes that share a secret, the cookie, want one connection between them: exactly one, whoever begins, and
# neither may learn the cookie from the other. OTP's `erl_dist_protocol` gives the messages; this is why there are so
# many.
#
# The side that connects ("initiator") and the side that is connected to ("acceptor") take turns. Each message is due
# from one side only, so the state says whose turn it is, and what that side may say:
#
#     initiator                                             acceptor
#     NEW           -- name, flags, creation ------------>  WAIT_NAME
#     WAIT_STATUS   <----------------------------- status   NAMED        (our node decides, see below)
#     WAIT_CHALLENGE  <-------- name, flags, challenge A --
#                   -- MD5(cookie, A), challenge B ------>  WAIT_REPLY
#     WAIT_ACK      <------------------- MD5(cookie, B) --
#     UP                                                    UP
#
# 1. *The cookie is proven twice.* Each side names a random number and gets MD5(cookie + number) back. The initiator
#    proves first, so whoever merely connects gets no digest to try guesses on. (Whoever is connected to does get one,
#    of a number that it chose: hence long cookies, and TLS where the network is not one's own.) A side that sees a
#    wrong proof closes without a word; that silence is all that the other one sees of a wrong cookie
#    (`Greeting.cut_off`).
#
# 2. *A name is a claim until then.* The acceptor has to answer the name by a status before anything is proven. What
#    it decides on the strength of a bare name must therefore cost nothing that a stranger could use against the true
#    owner: it may refuse, and it may ask, but it must not drop a link that works.
#
# 3. *One connection a pair of nodes.* Two things make a second one:
#    - Both connect at once. Each acceptor then has an attempt of its own under way. The rule that needs no further
#      message is the order of names: the attempt of the node with the greater name goes on (`ok_simultaneous` to it,
#      and our own attempt is given up), the other one is turned away (`nok`), and waits for the one that goes on. Both
#      sides apply the same rule to the same two names, so they agree however the packets cross.
#    - One side lost the connection and the other has not noticed. The acceptor still has a link of that name and
#      answers `alive`: "you are connected; do you mean it?" Only the initiator knows. `true` means that its end is gone,
#      and the handshake goes on; the acceptor drops the old link only when the cookie is proven (rule 2).
#
# 4. *Version 5 and its complement.* A name of version 5 has 32 bits of flags and no creation. When the acceptor sees
#    in them that the initiator knows version 6 (HANDSHAKE_23), it sends its challenge in the new form, and what did
#    not fit in the old name follows as a "complement", before the reply: WAIT_COMPLEMENT, and the triggers that end
#    in _OLD. With a node that knows version 5 only, nothing follows.
#
# 5. *An end from anywhere.* Every state has the way FAIL to CLOSED, and CLOSED has no way out: a new attempt is a new
#    connection. There is no state in which nothing is due: each has its timer (SETUP_SECONDS for the whole handshake,
#    the ticks once it is UP).
#
# Whoever adds a state adds the way out of it here; a test walks the table for dead ends. What moves is always a
# *trigger*, something sent or received, never a condition: a condition that matters (an old name or a new one) is a
# trigger of its own, so that the table alone says what happens.

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
