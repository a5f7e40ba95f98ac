"""How far a part has been read."""

from __future__ import annotations

from collections.abc import Callable


class Progress:
    """Tells how many more bytes as stored were consumed; what it tells adds up to the size."""

    def __init__(self, size: int, told: Callable[[int], None]) -> None:
        self._size, self._tell = size, told
        self._reached = 0

    def reached(self, consumed: int) -> None:
        """Tell that so many bytes of the part are consumed in all."""
        consumed = min(consumed, self._size)
        if consumed > self._reached:
            self._tell(consumed - self._reached)
            self._reached = consumed

    def end(self) -> None:
        """Tell that nothing is left to be read."""
        self.reached(self._size)


def nobody(_: int) -> None:
    """Take no notice."""
