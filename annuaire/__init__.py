"""The composition root: settings, wiring, logs, the command line `annuaire`, the demo.

Nobody imports it. It is the only place that knows every package.
"""
