"""Measures: ratios within one run, never a timed test. `make bench` prints each number beside its bound."""
