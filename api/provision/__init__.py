"""Settings of phones: a phone fetches its own lines of the registry, in its vendor's words, by a secret address."""
