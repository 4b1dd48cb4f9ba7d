"""What users change about themselves."""

from typing import Any

from api.http import self_service
from api.http.endpoint import Endpoint, Family, Takes
from api.http.openapi.parts import answer, of_structs, path_part, ref
from api.http.self_service import CompanyNumbers, DoNotDisturbBody, ForwardBody, SelfService

_USER = path_part("user", "such as 1001@alpha.example")
_NOW = {"200": answer("The user's settings as they are now", ref("SelfService"))}


def _schemas() -> dict[str, Any]:
    return of_structs(ForwardBody, DoNotDisturbBody, SelfService, CompanyNumbers)


FAMILY = Family(
    "users",
    "What users change about themselves: call forwarding, do not disturb",
    (
        Endpoint(
            name="users_me",
            method="get",
            path="/v1/me",
            says="The settings of the user whose token it is",
            scope="read",
            handler=self_service.me,
            answers=_NOW,
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="users_numbers",
            method="get",
            path="/v1/me/numbers",
            says="The rooms and places to park that the company of the token has",
            scope="read",
            handler=self_service.numbers,
            answers={"200": answer("What there is to dial", ref("CompanyNumbers"))},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="users_get",
            method="get",
            path="/v1/users/{user}",
            says="The settings of a user",
            scope="read",
            handler=self_service.user,
            parameters=(_USER,),
            answers=_NOW,
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="users_forward",
            method="put",
            path="/v1/users/{user}/forward",
            says="Forward a user's calls, or no longer",
            scope="control",
            handler=self_service.forward,
            parameters=(_USER,),
            body=Takes(kind=ForwardBody, longest=2000),
            answers=_NOW,
            problems=(404, 409),
            shows="companies",
        ),
        Endpoint(
            name="users_do_not_disturb",
            method="put",
            path="/v1/users/{user}/do-not-disturb",
            says="Have a user's phones ring or not",
            scope="control",
            handler=self_service.do_not_disturb,
            parameters=(_USER,),
            body=Takes(kind=DoNotDisturbBody, longest=2000),
            answers=_NOW,
            problems=(404, 409),
            shows="companies",
        ),
    ),
    _schemas,
)
