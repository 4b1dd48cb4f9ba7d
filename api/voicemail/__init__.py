"""Voicemail: the messages that wait for a user at the switch."""
