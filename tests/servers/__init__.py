"""The real servers that tests talk to, each started for one run and gone after it."""
