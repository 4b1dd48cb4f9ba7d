"""What a switch that reads gateways and queues once is told, by its own lists (as FreeSWITCH 1.11 writes them)."""

from __future__ import annotations

import msgspec
import pytest

from bridge.fetch.standing import Order, gateway_orders, has, profiles, queue_orders
from core.registry import Registry
from core.registry import entries as e
from tests.core.registry.examples import example

pytestmark = pytest.mark.pure
SOFIA = """\
                     Name\t   Type\t                                      Data\tState
=================================================================================================
                 external\tprofile\t              sip:mod_sofia@127.0.0.1:5080\tRUNNING (0)
external::beta-own.beta.example\tgateway\t               sip:beta-own@127.0.0.4:5060\tNOREG
        external::trunk-b\tgateway\t                sip:trunk-b@127.0.0.3:5060\tNOREG
        external::trunk-a\tgateway\t                sip:trunk-a@127.0.0.2:5060\tNOREG
        external::of-the-operator\tgateway\t                sip:x@127.0.0.5:5060\tNOREG
                 internal\tprofile\t              sip:mod_sofia@127.0.0.1:5060\tRUNNING (0)
=================================================================================================
2 profiles 0 aliases
"""
QUEUES = "name|strategy\nsupport@beta.example|longest-idle-agent\nsupport@alpha.example|longest-idle-agent\n+OK\n"
AGENTS = (
    "name|instance_id|uuid|type\n1002@beta.example|single_box||callback\n1003@alpha.example|single_box||callback\n"
    "1003@beta.example|single_box||callback\n1004@alpha.example|single_box||callback\n+OK\n"
)
TIERS = (
    "queue|agent|state|level|position\nsupport@beta.example|1002@beta.example|Ready|1|1\n"
    "support@alpha.example|1003@alpha.example|Ready|1|1\nsupport@alpha.example|1004@alpha.example|Ready|1|2\n"
    "support@beta.example|1003@beta.example|Ready|1|2\n+OK\n"
)
ALL = has(SOFIA, QUEUES, AGENTS, TIERS)
NOTHING = has("", "name|strategy\n+OK\n", "+OK\n", "+OK\n")


def changed(*kinds: type, **fields: object) -> Registry:
    """The example with alpha.example's entries of these kinds changed, or without them."""
    entries: list[e.Entry] = []
    for company in example().companies.values():
        entries.append(company.tenant)
        for one in company.entries:
            mine = isinstance(one, kinds) and company.domain == "alpha.example"
            if not mine:
                entries.append(one)
            elif fields:
                entries.append(msgspec.structs.replace(one, **fields))
    entries += example().shared_trunks
    return Registry.of(entries)


def told(orders: list[Order]) -> list[str]:
    return [order.argument for order in orders]


def test_a_switch_that_has_everything_is_told_nothing() -> None:
    for before in (None, example()):
        assert gateway_orders(example(), before, ALL, ["external"]) == []
        assert queue_orders(example(), before, ALL) == []


def test_a_switch_that_started_before_it_could_ask_reads_everything() -> None:
    assert gateway_orders(example(), None, NOTHING, ["external"]) == [Order("sofia", "profile external rescan", True)]
    assert gateway_orders(example(), None, NOTHING, []) == []
    orders = queue_orders(example(), None, NOTHING)
    assert told(orders)[:3] == [
        "agent add 1002@beta.example callback",
        "agent set contact 1002@beta.example [leg_timeout=15]user/1002@beta.example",
        "agent set status 1002@beta.example Available",
    ]
    assert [order for order in orders if order.fetches] == [
        Order("callcenter_config", f"queue load support@{domain}.example", True) for domain in ("alpha", "beta")
    ]


def test_a_changed_trunk_is_taken_away_and_read_anew_and_the_operators_own_stay() -> None:
    trunk, *others = example().shared_trunks
    other = msgspec.structs.replace(trunk, proxy="127.0.0.9:5060")
    registry = Registry(example().companies, [other, *others])
    assert told(gateway_orders(registry, example(), ALL, ["external"])) == [
        f"profile external killgw {trunk.name}",
        "profile external rescan",
    ]
    assert told(gateway_orders(registry, None, ALL, ["external"]))[0] == f"profile external killgw {trunk.name}"
    assert told(gateway_orders(Registry(example().companies, others), example(), ALL, ["external"])) == [
        f"profile external killgw {trunk.name}"
    ]


def test_a_changed_queue_is_read_anew_and_a_changed_agent_is_not_logged_in() -> None:
    registry = changed(e.Queue, strategy="round-robin")
    assert told(queue_orders(registry, example(), ALL)) == ["queue reload support@alpha.example"]
    registry = changed(e.Agent, level=3)
    assert "status" not in " ".join(told(queue_orders(registry, example(), ALL)))
    assert "tier set level support@alpha.example 1003@alpha.example 3" in told(queue_orders(registry, example(), ALL))


def test_who_serves_no_queue_any_more_is_taken_out_and_nobody_elses() -> None:
    foreign = has(
        SOFIA,
        QUEUES,
        AGENTS.replace("+OK", "9000@other.example|single_box||callback\n+OK"),
        TIERS.replace("+OK", "desk@other.example|9000@other.example|Ready|1|1\n+OK"),
    )
    orders = told(queue_orders(changed(e.Agent), example(), foreign))
    assert orders == [
        "tier del support@alpha.example 1003@alpha.example",
        "tier del support@alpha.example 1004@alpha.example",
        "agent del 1003@alpha.example",
        "agent del 1004@alpha.example",
    ]


def test_profiles_that_take_gateways_from_the_directory() -> None:
    assert profiles(
        '<configuration><profiles><profile name="external"><domains><domain name="all" parse="true"/></domains>'
        '</profile><profile name="internal"><domains><domain name="all" parse="false"/></domains></profile>'
        "</profiles></configuration>"
    ) == ("external",)
    assert profiles("can't find anything") == ()
