"""Concurrency: so many side by side and no more, one alone, and never anybody locked out."""

from __future__ import annotations

from threading import Barrier, Event, Lock, Thread

from docpact.targets.concurrency import Concurrency


class Road:
    """Notes who is under way, and with how many others.

    Attributes:
        most: how many were at once.
        met: how many others one that goes alone has met.
    """

    def __init__(self, count: int) -> None:
        self.concurrency, self.most, self.met = Concurrency(count), 0, 0
        self._here, self._lock = 0, Lock()

    def beside(self) -> None:
        with self.concurrency.beside():
            with self._lock:
                self._here += 1
                self.most = max(self.most, self._here)
            with self._lock:
                self._here -= 1

    def alone(self) -> None:
        with self.concurrency.alone():
            self.met += self._here


def test_as_many_as_there_are_lanes_go_side_by_side() -> None:
    concurrency, barrier = Concurrency(3), Barrier(3)

    def meet() -> None:
        with concurrency.beside():
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
    concurrency, begun, told = Concurrency(4), Event(), list[bool]()

    def wait() -> None:
        begun.set()
        with concurrency.beside() as is_open:
            told.append(is_open)

    with concurrency.alone():
        thread = Thread(target=wait, daemon=True)
        thread.start()
        begun.wait()
        concurrency.closed = True
    thread.join()
    assert told == [False]
