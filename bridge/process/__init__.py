"""What `harmony bridge` runs: the service with the node, a supervisor a switch, and the wishes that users dial."""
