"""The web client's source, and what `scripts/web` builds of it (`built/`): what people look at and work with."""
