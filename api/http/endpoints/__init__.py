"""The records of all endpoints, a file a family; `families` has them all."""
