"""What a FreeSWITCH session knows without a socket: which legs live, what proves a loss, what its settings lack."""
