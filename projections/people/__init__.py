"""People and their phones: whether they are registered, what they do in which call, and what follows for the lamp.

`doing` reads a call, `registration` what switches tell of phones, `person` makes one state of both and the registry.
All of that is pure; `phones` writes and reads the tables. Who may see what of it is decided in `api.people`.
"""
