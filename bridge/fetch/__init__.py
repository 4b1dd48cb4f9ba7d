"""What a switch asks of the registry: who may register, what a dialled number means, how its services are set up.

`answer` takes a request and gives XML; everything behind it is pure. The wire is the session's business.
"""

from bridge.fetch.answer import Answer, answer
from bridge.fetch.plan import Plan, Step
from bridge.fetch.request import Request

__all__ = ["Answer", "Plan", "Request", "Step", "answer"]
