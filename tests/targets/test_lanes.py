"""Lanes: so many side by side and no more, one alone, and never anybody locked out."""

from __future__ import annotations

from threading import Barrier, Event, Lock, Thread

from docpact.targets.lanes import Lanes


class Road:
    """Notes who is under way, and with how many others.

    Attributes:
        most: how many were at once.
        met: how many others one that goes alone has met.
    """

    def __init__(self, count: int) -> None:
        self.lanes, self.most, self.met = Lanes(count), 0, 0
        self._here, self._lock = 0, Lock()

    def beside(self) -> None:
        with self.lanes.beside():
            with self._lock:
                self._here += 1
                self.most = max(self.most, self._here)
            with self._lock:
                self._here -= 1

    def alone(self) -> None:
        with self.lanes.alone():
            self.met += self._here


def test_as_many_as_there_are_lanes_go_side_by_side() -> None:
    lanes, barrier = Lanes(3), Barrier(3)

    def meet() -> None:
        with lanes.beside():
            barrier.wait()

    threads = [Thread(target=meet, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not barrier.broken


def test_one_that_goes_alone_meets_nobody() -> None:
    road = Road(2)
    walks = [road.beside, road.beside, road.alone] * 50
    threads = [Thread(target=walk, daemon=True) for walk in walks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (road.most <= 2, road.met) == (True, 0)


def test_whoever_waited_for_a_lane_learns_that_it_was_closed() -> None:
    lanes, begun, told = Lanes(4), Event(), list[bool]()

    def wait() -> None:
        begun.set()
        with lanes.beside() as is_open:
            told.append(is_open)

    with lanes.alone():
        thread = Thread(target=wait, daemon=True)
        thread.start()
        begun.wait()
        lanes.closed = True
    thread.join()
    assert told == [False]
