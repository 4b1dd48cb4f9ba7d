"""Benchmarks: each module measures one thing beside what one would otherwise use, in the same run on the same machine.

``python -m bench`` runs all of them, ``python -m bench decode append`` some. A module offers ``measure() -> Table``.
Nothing here is imported by Harmony itself.
"""
