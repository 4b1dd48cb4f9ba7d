"""Sound that the switches kept: recordings of calls, served from where the switches' files can be reached."""
