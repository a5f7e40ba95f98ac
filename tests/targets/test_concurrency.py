"""Concurrency: never more questions at once than allowed, one alone, and no deadlock."""

from __future__ import annotations

from threading import Barrier, Event, Lock, Thread

from docpact.targets.connections import Concurrency


class Road:
    """Records how many questions are under way at once.

    Attributes:
        most: maximum number at once.
        met: how many others were under way beside a question asked alone.
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


def test_the_maximum_number_of_questions_is_asked_at_once() -> None:
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


def test_a_question_asked_alone_has_no_other_beside_it() -> None:
    road = Road(2)
    walks = [road.beside, road.beside, road.alone] * 50
    threads = [Thread(target=walk, daemon=True) for walk in walks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (road.most <= 2, road.met) == (True, 0)


def test_a_waiting_question_learns_that_concurrency_was_closed() -> None:
    concurrency, begun, seen = Concurrency(4), Event(), list[bool]()

    def wait() -> None:
        begun.set()
        with concurrency.beside() as is_open:
            seen.append(is_open)

    with concurrency.alone():
        thread = Thread(target=wait, daemon=True)
        thread.start()
        begun.wait()
        concurrency.closed = True
    thread.join()
    assert seen == [False]
