"""Looking for garbage seldom, in processes that hold very much open."""

from __future__ import annotations

import gc

# Python looks through its youngest objects whenever there are 700 more, and what is alive at that moment
# grows old for nothing: with 10,000 sockets it spends half of its time there, and stands still for half a
# second at a time. These are new objects, young looks and middle looks from one full look to the next: about
# as many objects as 10,000 sockets.
THRESHOLDS = (50_000, 10, 3)


def look_seldom() -> None:
    """Call it once the process is ready: what is there by then is never looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
