"""What runs: each process of an installation (`machine` has all of them as children), its supervisor, its log lines."""
