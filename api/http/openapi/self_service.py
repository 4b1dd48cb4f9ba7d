"""What users change about themselves."""

from typing import Any

from api.http.openapi.parts import PROBLEM, REFUSED, answer, body, get, of_structs, operation, path_part, ref
from api.http.self_service import DoNotDisturbBody, ForwardBody, SelfService


def paths() -> dict[str, Any]:
    user = path_part("user", "such as 1001@alpha.example")
    known = {"200": answer("The user's settings as they are now", ref("SelfService")), "403": PROBLEM, "404": PROBLEM}
    changed = known | {"400": PROBLEM, "409": PROBLEM} | REFUSED
    return {
        "/v1/me": get("me", "The settings of the user whose token it is", known | REFUSED),
        "/v1/users/{user}": get("user", "The settings of a user", known | REFUSED, [user]),
        "/v1/users/{user}/forward": operation(
            "put", "forward", "Forward a user's calls, or no longer", changed, [user], body(ref("ForwardBody"))
        ),
        "/v1/users/{user}/do-not-disturb": operation(
            "put",
            "doNotDisturb",
            "Have a user's phones ring or not",
            changed,
            [user],
            body(ref("DoNotDisturbBody")),
        ),
    }


def schemas() -> dict[str, Any]:
    return of_structs(ForwardBody, DoNotDisturbBody, SelfService)
