"""The Erlang side: term codec, distribution protocol, node, FreeSWITCH session, switch emulator."""
