"""From what somebody wants of a call to an order for its switch: bodies, whose leg is meant, what is in the way.

The HTTP routes and the command line share this. No switch is spoken to here: orders go into `core.commands.store`.
"""
