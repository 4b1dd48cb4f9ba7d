"""Webhooks: events of the call log, posted to addresses that integrators name, after https://www.standardwebhooks.com.

Two halves with the table `hooks.delivery` between them: the planner turns events into rows, once each, and the sender
turns rows into requests, at least once each. `harmony deliver` runs both. What an event is and how it travels is in
`projections.published`.
"""
