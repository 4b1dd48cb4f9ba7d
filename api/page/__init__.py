"""The plain board at `/board`: static files of this server, nothing else, without markup from outside."""
