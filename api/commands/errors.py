"""Why a command cannot be taken, in a sentence for who asked for it."""

from api.errors import ApiError


class CallEnded(ApiError):
    """There is nothing left to command."""

    code = "command.call-ended"
    status = 409


class WhichLeg(ApiError):
    """Several legs could be meant, or it must be said which party is."""

    code = "command.ambiguous"
    status = 409


class NoLeg(ApiError):
    """Nobody in the call is in the state that the command needs."""

    code = "command.no-leg"
    status = 409


class NoContext(ApiError):
    """The call belongs to no company, so there is no dialplan context for numbers."""

    code = "command.no-context"
    status = 422


class NoSwitch(ApiError):
    """It cannot be told which switch should do it."""

    code = "command.no-switch"
    status = 409


class NoRoom(ApiError):
    """The company has no conference room that is empty."""

    code = "command.no-room"
    status = 409


class BadBody(ApiError):
    """The body of a request is not what this command takes."""

    code = "command.bad-body"
    status = 422
