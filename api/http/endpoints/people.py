"""People and the state of their phones."""

from typing import Any

from api.http import people
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import MOMENT, POSITION, TEXT, answer, listed, of_structs, path_part, query, record, ref
from api.words.board import SAYS as BOARD_AT
from projections.people.person import Person

_PEOPLE = record(
    ["position", "current", "people"],
    position=POSITION,
    at=MOMENT | {"type": ["string", "null"], "description": "with `at`: the instant that the answer is true at"},
    current={"type": "boolean", "description": "Whether it is followed and up to date"},
    people=listed(ref("Person")),
)


def schemas() -> dict[str, Any]:
    return of_structs(Person, people.Favourites)


_MARKED = {"200": answer("They", ref("Favourites"))}
_USER = path_part("user", "a colleague, with the company's domain") | {"example": "1002@alpha.example"}
FAMILY = Family(
    "people",
    "People and the state of their phones",
    (
        Endpoint(
            name="people_list",
            method="get",
            path="/v1/people",
            says="The people of a company, and what their phones do: free, rings, talks; with whom, for who may know",
            scope="read",
            share="question",
            handler=people.people,
            parameters=(
                query("tenant", "for operators: of this company alone", TEXT | {"minLength": 1}),
                query("at", f"as they were: {BOARD_AT}", MOMENT | {"examples": ["2026-11-23T10:03:00Z"]}),
            ),
            answers={"200": answer("They, in the order of their numbers", _PEOPLE)},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="favourites_list",
            method="get",
            path="/v1/me/favourites",
            says="The colleagues that somebody has marked",
            scope="read",
            handler=people.favourites,
            answers=_MARKED,
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="favourites_mark",
            method="put",
            path="/v1/me/favourites/{user}",
            says="Mark a colleague",
            scope="control",
            handler=people.mark,
            parameters=(_USER,),
            answers=_MARKED,
            problems=(404, 409),
            shows="companies",
        ),
        Endpoint(
            name="favourites_forget",
            method="delete",
            path="/v1/me/favourites/{user}",
            says="Mark a colleague no longer",
            scope="control",
            handler=people.forget,
            parameters=(_USER,),
            answers=_MARKED,
            problems=(404,),
            shows="companies",
        ),
    ),
    schemas,
)
