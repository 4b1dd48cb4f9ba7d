"""What can be wrong with a request about webhooks, beyond an argument that cannot be understood."""

from api.errors import ApiError


class NoSuchWebhook(ApiError):
    """There is no webhook or delivery of that id, or it is of another company."""

    code = "webhook.not_found"
    status = 404


class TooManyWebhooks(ApiError):
    """A company has as many webhooks as it may have."""

    code = "webhook.too_many"
    status = 409
