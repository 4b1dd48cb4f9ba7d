"""Holding the log against itself: what its events say of each other, and so what must be missing.

`core.log.verify` checks each row alone; here is what only those know who know what events mean. Everything is pure,
takes events in the order of the log, and keeps only what lives: legs, not events.
"""

from projections.verify.account import Account, Report
from projections.verify.findings import Loss, Missing
from projections.verify.listening import Heard
from projections.verify.losses import Losses

__all__ = ["Account", "Heard", "Loss", "Losses", "Missing", "Report"]
