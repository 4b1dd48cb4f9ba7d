-- Numbers the senders: each holds the advisory lock (0x486F6F6B, number) for as long as it lives.
CREATE SEQUENCE hooks.sender AS integer CYCLE;
