"""How things are: what each running part reports, what should run and does not, and what is wrong with that."""
