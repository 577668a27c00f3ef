"""What comes of a call to an offer, for how long it tells something, and what of it sinks the offer."""

from typing import Final

KEPT_S: Final = {"calling": 180, "reached": 3_600, "no_answer": 1_800, "refused": 4 * 3_600, "full_today": 12 * 3_600}
"""For how many seconds the others see each outcome: as long as it tells something to the next who calls."""

SINKING: Final = frozenset({"no_answer", "refused", "full_today"})
"""What sinks an offer, for as long as it is seen: who was reached may take somebody else, who is being called too."""
