"""How FreeSWITCH takes a command's line apart: a second implementation, from its rules, to hold ours against.

Sources: switch_utils.c `switch_separate_string`, switch_event.c `switch_event_create_brackets`, switch_ivr_originate.c,
mod_commands.c, mod_conference.c (1.11). A line is a C string: it ends at the first NUL. Nothing of ours is used here.
"""

from __future__ import annotations

from typing import Final

_UNESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "s": " "}


class Misread(Exception):
    """The switch would take the line for something of another form, or stop."""


def c_string(line: str) -> str:
    """Return what C sees of a text."""
    return line.split("\0", 1)[0]


def separate(line: str, delimiter: str, limit: int) -> list[str]:
    """`switch_separate_string`: two carets at the beginning change the delimiter; quotes and backslashes protect."""
    if line.startswith("^^") and len(line) > 3:
        delimiter, line = line[2], line[3:]
    if not line:
        return []
    blank, start, at, quoted = delimiter == " ", 0, 0, False
    words: list[str] = []
    if blank:
        while at < len(line) and line[at] == " ":
            at += 1
    while True:
        if len(words) == limit - 1:
            words.append(line[start:])
            break
        if at >= len(line):
            words.append(line[start:])
            break
        character = line[at]
        if character == "\\":
            at += 1
        elif character == "'" and (blank or quoted or "'" in line[at + 1 :]):
            quoted = not quoted
        elif character == delimiter and not quoted:
            words.append(line[start:at])
            at += 1
            while blank and at < len(line) and line[at] == " ":
                at += 1
            start = at
            if at >= len(line):
                break
            continue
        at += 1
    return [_clean(word, "" if blank else delimiter) for word in words]


def _clean(word: str, delimiter: str) -> str:
    word = word.lstrip(" ")
    kept: list[str] = []
    end, at, quoted = 0, 0, False
    while at < len(word):
        character = word[at]
        if character == "\\" and at + 1 < len(word):
            behind = word[at + 1]
            unescaped = _UNESCAPED.get(behind, behind)
            if behind in "'\"\\" or (delimiter and behind == delimiter) or unescaped != behind:
                kept.append(unescaped if unescaped != behind else behind)
                end = len(kept)
                at += 2
                continue
        if character == "'" and (quoted or "'" in word[at + 1 :]):
            quoted = not quoted
            if quoted:
                end = len(kept)
        else:
            kept.append(character)
            if character != " " or quoted:
                end = len(kept)
        at += 1
    return "".join(kept[:end]) if end else "".join(kept)


def dial_string(text: str) -> tuple[dict[str, str], list[str]]:
    """A dial string: the variables in braces before it, and the addresses that would be called."""
    if ":_:" in text:
        raise Misread("several originates at once")
    text = text.lstrip(" ")
    variables: dict[str, str] = {}
    for opening, closing in (("<", ">"), ("{", "}")):
        while text.startswith(opening):
            inside, text = _brackets(text, opening, closing)
            delimiter = ","
            if inside.startswith("^^") and len(inside) > 2:
                delimiter, inside = inside[2], inside[3:]
            for pair in separate(inside, delimiter, 1024):
                both = separate(pair, "=", 2)
                if len(both) == 2:
                    variables[both[0]] = both[1]
    if any(sign in text for sign in "[]"):
        raise Misread("variables of one address")
    addresses = [one for part in text.split("|") for one in part.split(",")]
    return variables, addresses


def _brackets(text: str, opening: str, closing: str) -> tuple[str, str]:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == opening) - (character == closing)
        if character == closing and depth == 0:
            return text[1:at], text[at + 1 :]
    raise Misread("braces that do not end")


def originate(line: str) -> tuple[dict[str, str], list[str], tuple[str, ...]]:
    """Return variables, addresses and what the answered leg does: an application, or ("transfer", to, ...)."""
    words = separate(c_string(line), " ", 10)
    if not 2 <= len(words) <= 7:
        raise Misread("usage")
    if any(word.lower() == "undef" for word in words):
        raise Misread("a word that stands for nothing: the switch stops where it needs one")
    variables, addresses = dial_string(words[0])
    if words[1].startswith("&") and len(words[1]) > 1:
        name, _, argument = words[1][1:].split(")", 1)[0].partition("(")
        return variables, addresses, (name, *application(name, argument))
    return variables, addresses, ("transfer", *words[1:])


def application(name: str, argument: str) -> list[str]:
    """What a dialplan application makes of its argument."""
    if "$" in argument:
        raise Misread("variables are expanded")
    if name == "intercept":
        return separate(argument, " ", 4)
    if name == "eavesdrop" and argument.lower() == "all":
        raise Misread("everybody is heard")
    return [argument]


def broadcast(line: str) -> tuple[str, str, dict[str, str], list[str], list[str]]:
    """`uuid_broadcast`: leg, application, and the dial string that it gets; and the words left over."""
    words = separate(c_string(line), " ", 4)
    head, colons, argument = words[1].partition("::")
    if not colons or ":" in head:
        raise Misread("a file to play")
    if "!" in head:
        raise Misread("a hangup behind it")
    if "$" in argument:
        raise Misread("variables are expanded")
    variables, addresses = dial_string(argument)
    return words[0], head, variables, addresses, words[2:]


def conference(line: str) -> list[str]:
    """`conference`: room, what, and the member: by number where the word begins with one."""
    words = separate(c_string(line), " ", 25)
    if words[0].lower() in {"list", "count", "xml_list", "json_list", "help", "commands"}:
        raise Misread("no room")
    if words[2][:1].isdigit() or words[2].lower() in {"all", "last", "non_moderator"}:
        raise Misread("other members")
    return words


def command(name: str, line: str) -> list[str]:
    """The commands that only separate words; their own words in the place of a leg are told."""
    line = c_string(line)
    if name == "uuid_kill":
        leg, _, cause = line.partition(" ")
        return [leg, cause]
    if name == "uuid_park":
        return [line]
    limit = {"uuid_transfer": 5, "uuid_hold": 4, "uuid_setvar": 3, "uuid_record": 5, "uuid_send_dtmf": 2}[name]
    words = separate(line, " ", limit)
    if name == "uuid_transfer" and words[1].startswith("-") and words[1] != "-both":  # the other one goes there, too
        raise Misread("an option")
    if name == "uuid_hold" and words[0].lower() in {"off", "toggle"}:
        return ["off-or-toggle", *words[1:]] if len(words) != 2 or words[0] != "off" else words
    return words
