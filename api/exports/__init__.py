"""Calls in other people's shapes: vCon and OpenTelemetry traces, from the document of a call. Pure but for signing and
sending, which have files of their own."""
