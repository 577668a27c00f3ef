"""What is best: criteria, signals, losses, rungs, words, explanations. Pure.

It reads no file, no clock and no database, and must not know which engine runs: engines compile its plans, and its
oracle is the definition they are compared with.
"""
