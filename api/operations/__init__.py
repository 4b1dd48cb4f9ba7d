"""What operators look at and decide, in whatever form they ask for it: the command line and HTTP show the same."""
