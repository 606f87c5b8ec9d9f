"""Ctrl-C once finishes what is running, twice stops at once; SIGTERM likewise."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn, Protocol

_END = 0
"""No signal has this number; it ends the listener."""

_AGAIN_S = 0.2
"""Wait between interrupts while work does not end."""


class Terminated(KeyboardInterrupt):
    """SIGTERM arrived while nothing special was listening."""


def end_on_terminate() -> None:
    """From now on SIGTERM unwinds the program like Ctrl-C does, so that it cleans up."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise Terminated

    signal.signal(signal.SIGTERM, end)


class Interruptible(Protocol):
    """Something that can be stopped at once, from any thread."""

    def interrupt(self) -> None:
        """Stop at once."""
        ...


class Stopping:
    """Which signals came.

    Attributes:
        event: set at the first signal; the run begins no further task.
        exit_code: 130 or 143 once a signal came, else 0.
    """

    def __init__(self, work: Interruptible, say: Callable[[str], None]) -> None:
        self.event = threading.Event()
        self.exit_code = 0
        self._work = work
        self._say = say
        self._count = 0
        self._ended = threading.Event()

    def heard(self, number: int) -> None:
        """Act on one signal."""
        self._count += 1
        if self._count == 1:
            self.exit_code = 143 if number == signal.SIGTERM else 130
            self.event.set()
            self._say("stopping: running tasks are finished and kept; Ctrl-C again stops at once")
        elif self._count == 2:
            self._say("stopping at once")
            threading.Thread(target=self._insist, name="stopping", daemon=True).start()

    def over(self) -> None:
        """The work has ended."""
        self._ended.set()

    def _insist(self) -> None:
        """Interrupt until the work ends: a task between two queries would begin the second."""
        while True:
            self._work.interrupt()
            if self._ended.wait(_AGAIN_S):
                return


@contextmanager
def stoppable(work: Interruptible, say: Callable[[str], None]) -> Iterator[Stopping]:
    """The first signal is told to `work`, which finishes what is running; the second stops it."""
    stopping = Stopping(work, say)
    with _handled_by(_noted), _listening(stopping.heard):
        try:
            yield stopping
        finally:
            stopping.over()


@contextmanager
def interruptible(work: Interruptible) -> Iterator[None]:
    """Any signal stops `work` at once and unwinds the program.

    Raises:
        KeyboardInterrupt: (or `Terminated`) in place of whatever error the engine raises when it
            is stopped.
    """
    heard: list[int] = []

    def stop(number: int) -> None:
        heard.append(number)
        work.interrupt()

    def unwind(number: int, _frame: FrameType | None) -> NoReturn:
        heard.append(number)
        raise _ending(number)

    try:
        with _handled_by(unwind), _listening(stop):
            yield
    except Exception as error:
        # the engine notices signals too, and then raises what it likes
        if heard:
            raise _ending(heard[0]) from error
        raise


def _ending(number: int) -> KeyboardInterrupt:
    return Terminated() if number == signal.SIGTERM else KeyboardInterrupt()


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)


@contextmanager
def _listening(heard: Callable[[int], None]) -> Iterator[None]:
    """Tell signals to `heard`, in a thread of its own.

    The main thread may be deep in the engine, where a Python signal handler
    would wait until the query is done.
    """
    import socket  # help and completion do without

    ours, theirs = socket.socketpair()
    theirs.setblocking(False)

    def listen() -> None:
        while numbers := ours.recv(16):
            for number in numbers:
                if number == _END:
                    return
                heard(number)

    listener = threading.Thread(target=listen, name="signals", daemon=True)
    woken = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    listener.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(woken)
        theirs.send(bytes([_END]))
        listener.join(timeout=1)
        ours.close()
        theirs.close()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Replaces the default, which would end the process; the listener acts."""
