"""A session with one switch: links, commands, fetches, which legs live, what proves a loss, what its settings lack."""
