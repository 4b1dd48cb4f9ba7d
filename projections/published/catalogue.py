"""The one registry of what is published: every type with its family, its sentence, its data, a real example.

Descriptions of the interface, filters and tests take the types from here. Names are stable: one is never given another
meaning, and fields may be added to data, never taken away. The examples come from recorded calls:
`scripts/event_examples.py` writes them. What segments publish is said by their kinds (`projections.callflow.kinds`).
"""

from projections.callflow.kinds import SEGMENTS
from projections.published import call_data as call
from projections.published import notice_data as notice
from projections.published.event_type import EventType, Family
from projections.published.of_segments import of_segments

FAMILIES: dict[Family, str] = {
    "call": "What happened to a call. Subject: the id of the call.",
    "queue": "Who waits in a queue and who serves it. Subject: the queue, or the agent.",
    "registration": "Which phone a user can be reached on. Subject: the user.",
    "switch": "How a switch and the link to it fare; operators only. Subject: the switch.",
    "command": "What was asked of a switch, and what came of it. Subject: the id of the command.",
    "operator": "What an operator did. Subject: what it was done to.",
}


_TYPES = (
    EventType("call.started", "Somebody began a call.", call.CallStarted),
    EventType("call.offered", "A phone, or a number outside, is being rung for the call.", call.CallOffered),
    EventType("call.offer_ended", "A phone stopped ringing, with what came of it.", call.CallOfferEnded),
    *of_segments("early_media"),  # before the answer, the only one that is
    EventType("call.answered", "The call was answered by a person, for the first time.", call.CallAnswered),
    *of_segments(*(kind for kind in SEGMENTS if kind != "early_media")),
    EventType("call.transferred", "Who talks with whom was changed, or was to be.", call.CallTransferred),
    EventType("call.merged", "Another call turned out to be part of this one; its id leads here.", call.CallMerged),
    EventType("call.corrected", "What was published before was otherwise, or never was.", call.CallCorrected),
    EventType("call.ended", "The call is over.", call.CallEnded),
    EventType("call.noted", "Somebody put a note on the call, or took one away.", call.CallNoted),
    EventType("call.tagged", "Somebody put a tag on the call, or took one away.", call.CallTagged),
    EventType("queue.joined", "A caller entered a queue.", notice.QueueJoined),
    EventType("queue.offered", "A waiting caller is offered to an agent, whose phone rings.", notice.QueueOffered),
    EventType("queue.offer_failed", "An agent did not take the caller who was offered.", notice.QueueOfferFailed),
    EventType("queue.answered", "An agent answered a waiting caller.", notice.QueueAnswered),
    EventType("queue.talk_ended", "Agent and caller have finished.", notice.QueueTalkEnded),
    EventType(
        "queue.left",
        "A caller's stay in a queue is over: with the talk where an agent answered, else when the caller left.",
        notice.QueueLeft,
    ),
    EventType("queue.waiting", "How many callers a queue holds now.", notice.QueueWaiting),
    EventType("queue.agent_status", "An agent signed on, off, or took a break.", notice.QueueAgentStatus),
    EventType("queue.agent_state", "What an agent does just now.", notice.QueueAgentState),
    EventType(
        "registration.registered",
        "A phone registered, or renewed its registration (then with the same sip_call_id).",
        notice.Registered,
    ),
    EventType("registration.unregistered", "A phone signed off.", notice.Unregistered),
    EventType("registration.expired", "A phone did not renew its registration in time.", notice.RegistrationExpired),
    EventType("registration.failed", "A phone was refused.", notice.RegistrationFailed),
    EventType("switch.link_up", "The switch is being heard.", notice.SwitchLinkUp),
    EventType("switch.link_down", "The switch is not heard any more.", notice.SwitchLinkDown),
    EventType("switch.gap", "Events of the switch are missing, and it is proven.", notice.SwitchGap),
    EventType("switch.overflow", "The switch dropped events because its queue for us was full.", notice.SwitchOverflow),
    EventType(
        "switch.reconciled", "Our account of the switch's channels was held against its own.", notice.SwitchReconciled
    ),
    EventType(
        "switch.restarted",
        "The switch runs a new core: all channels of the old one are gone, unless it recovers them.",
        notice.SwitchRestarted,
    ),
    EventType("switch.started", "The switch has started.", notice.SwitchStarted),
    EventType("switch.shutdown", "The switch shuts down.", notice.SwitchShutdown),
    EventType(
        "switch.parked", "Something came from the switch that is no event; it was put aside.", notice.SwitchParked
    ),
    EventType("command.requested", "A command was recorded, and will be sent.", notice.CommandRequested),
    EventType("command.completed", "A command came to its end.", notice.CommandCompleted),
    EventType("operator.acted", "An operator did something to the system.", notice.OperatorActed),
)
CATALOGUE: dict[str, EventType] = {one.name: one for one in _TYPES}
"""by name, in the order in which things usually happen"""
