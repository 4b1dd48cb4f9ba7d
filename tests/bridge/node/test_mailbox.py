"""Processes of one node among themselves: the same signals as between nodes, without a wire."""

from __future__ import annotations

import pytest

from bridge.dist import control as controls
from bridge.errors import NodeError
from bridge.node import Envelope, Mailbox, Node
from bridge.node import mailbox as module
from bridge.term import Atom, Pid, Term

pytestmark = pytest.mark.pure

DOWN, EXIT, PROCESS, NOPROC = Atom("DOWN"), Atom("EXIT"), Atom("process"), Atom("noproc")


@pytest.fixture
def node() -> Node:
    return Node("n@127.0.0.1", "cookie", listen=False)


def waiting(mailbox: Mailbox) -> list[Term]:
    """What would be received now."""
    found = [envelope.term for envelope in mailbox._queue]
    mailbox._queue.clear()
    return found


async def test_messages_by_pid_and_by_name(node: Node) -> None:
    one, two = node.mailbox("one"), node.mailbox()
    one.send(two.pid, Atom("a"))
    two.send(("one", node.name), Atom("b"))
    two.send(("nobody", node.name), Atom("lost"))
    assert await two.receive_envelope() == Envelope(Atom("a"), one.pid, two.pid)
    assert await one.receive() == Atom("b")
    assert node.whereis("one") is one


async def test_a_catch_all_gets_what_nobody_else_gets(node: Node) -> None:
    one, rest = node.mailbox("one"), node.mailbox()
    node.catch_all(rest)
    one.send(("any", node.name), 1)
    one.send(("one", node.name), 2)
    assert await rest.receive_envelope() == Envelope(1, one.pid, Atom("any"))
    assert waiting(one) == [2]
    rest.close()
    one.send(("any", node.name), 3)
    assert waiting(rest) == []


def test_pids_and_references_are_never_twice_the_same(node: Node) -> None:
    assert len({node.mailbox().pid for _ in range(500)} | {node.pid}) == 501
    assert len({node.processes.make_ref() for _ in range(500)}) == 500


def test_pids_wrap_around_and_skip_those_in_use(node: Node) -> None:
    kept = node.mailbox()
    node.processes._numbers += (1 << 28) - 1
    assert node.mailbox().pid != kept.pid


def test_a_name_belongs_to_one(node: Node) -> None:
    one = node.mailbox("name")
    with pytest.raises(NodeError, match=r"name is taken on n@127\.0\.0\.1"):
        node.mailbox("name")
    one.close()
    assert node.mailbox("name").pid != one.pid


def test_the_end_is_told_to_links_and_monitors(node: Node) -> None:
    one, two, three = node.mailbox("one"), node.mailbox(), node.mailbox()
    two.link(one.pid)
    two.link(one.pid)
    by_pid, by_name = three.monitor(one.pid), three.monitor(("one", node.name))
    gone = three.monitor(one.pid)
    three.demonitor(gone)
    one.close(Atom("why"))
    one.close(Atom("again"))
    assert waiting(two) == [(EXIT, one.pid, Atom("why"))]
    assert waiting(three) == [
        (DOWN, by_pid, PROCESS, one.pid, Atom("why")),
        (DOWN, by_name, PROCESS, (Atom("one"), node.name), Atom("why")),
    ]


def test_nothing_to_link_to_or_to_monitor(node: Node) -> None:
    one, gone = node.mailbox(), node.mailbox()
    gone.close()
    one.link(gone.pid)
    ref = one.monitor(gone.pid)
    assert waiting(one) == [(EXIT, gone.pid, NOPROC), (DOWN, ref, PROCESS, gone.pid, NOPROC)]
    assert not one.links
    assert not one.watching


def test_an_unlinked_process_hears_nothing(node: Node) -> None:
    one, two = node.mailbox(), node.mailbox()
    two.link(one.pid)
    two.unlink(one.pid)
    two.unlink(one.pid)
    assert not one.links
    assert not two.links
    one.close()
    assert waiting(two) == []


def test_exits_and_the_kill(node: Node) -> None:
    one, two = node.mailbox(), node.mailbox()
    one.link(two.pid)
    two.exit(one.pid, Atom("please"))
    assert waiting(one) == [(EXIT, two.pid, Atom("please"))]
    two.exit(one.pid, Atom("kill"))
    assert one.closed
    assert waiting(two) == [(EXIT, one.pid, Atom("killed"))]


def test_while_an_unlink_is_on_its_way_the_link_is_silent(node: Node) -> None:
    """OTP's new link protocol: what the peer sent before it heard of the unlink is ignored."""
    one = node.mailbox()
    far = Pid(Atom("far@host"), 1, 0, 1)
    node.processes.signal(None, controls.Link(far, one.pid))
    assert one.links == {far: None}
    one.links[far] = 7
    node.processes.signal(None, controls.Exit(far, one.pid, Atom("late")))
    node.processes.signal(None, controls.Link(far, one.pid))
    node.processes.signal(None, controls.UnlinkIdAck(6, far, one.pid))
    assert one.links == {far: 7}
    node.processes.signal(None, controls.UnlinkIdAck(7, far, one.pid))
    assert one.links == {}
    assert waiting(one) == []


def test_a_lost_node_takes_its_links_and_monitors_along(node: Node) -> None:
    one = node.mailbox()
    near, far = Pid(Atom("near@host"), 1, 0, 1), Pid(Atom("far@host"), 1, 0, 1)
    ref = node.processes.make_ref()
    for pid in (near, far):
        node.processes.signal(None, controls.Link(pid, one.pid))
    node.processes.signal(None, controls.MonitorP(far, one.pid, ref))
    one.lost("far@host")
    assert waiting(one) == [(EXIT, far, Atom("noconnection"))]
    assert one.links == {near: None}
    assert one.watchers == {}


def test_without_a_link_to_the_node_everything_is_lost_at_once(node: Node) -> None:
    one = node.mailbox()
    far = Pid(Atom("far@host"), 1, 0, 1)
    one.link(far)
    ref = one.monitor(("name", "far@host"))
    one.unlink(far)
    one.demonitor(ref)
    assert waiting(one) == [
        (EXIT, far, Atom("noconnection")),
        (DOWN, ref, PROCESS, (Atom("name"), Atom("far@host")), Atom("noconnection")),
    ]


def test_a_mailbox_that_nobody_reads_is_bounded(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_MESSAGES", 3)
    one = node.mailbox()
    for number in range(5):
        one.send(one.pid, number)
    assert one.dropped == 2
    assert waiting(one) == [0, 1, 2]
