"""The address of this server as phones reach it: the setting, else what it listens on."""

import socket

from core.settings import Settings

_ALL = ("", "0.0.0.0", "::")


def base_of(settings: Settings) -> str:
    """Without a slash at the end. Never what a request calls it: a phone must not be led elsewhere."""
    if settings.provision_url is not None:
        return settings.provision_url.rstrip("/")
    host = socket.getfqdn() if settings.http_host in _ALL else settings.http_host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"
