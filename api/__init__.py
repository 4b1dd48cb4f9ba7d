"""HTTP, web pages and the command line `harmony`."""
