"""The call centre: what agents do and since when, as the switches' queues say (mod_callcenter).

`agents` reads events and makes stretches of them, pure; `projection` keeps the tables, with a position of its own in
the switch log. Who waits, and how a stay in a queue came out, is told by the calls (`projections.tables.stays`).
"""

from projections.centre.projection import NAME, CentreProjection

__all__ = ["NAME", "CentreProjection"]
