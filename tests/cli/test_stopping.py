"""Being asked to end."""

from __future__ import annotations

import signal
import threading

import pytest

from framing.cli import main, stopping
from framing.cli.stopping import stoppable


def test_the_first_signal_only_asks_and_the_second_insists(monkeypatch: pytest.MonkeyPatch) -> None:
    silenced: list[bool] = []
    monkeypatch.setattr(main, "silenced", lambda: silenced.append(True))
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):  # noqa: SIM117
        with stoppable() as stop:
            assert not stop.asked
            signal.raise_signal(signal.SIGTERM)
            assert stop.asked
            signal.raise_signal(signal.SIGINT)
    assert silenced == [True]
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_what_may_be_dropped_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "silenced", lambda: None)
    with pytest.raises(KeyboardInterrupt), stoppable() as stop, stop.at_once():
        signal.raise_signal(signal.SIGINT)
    with stoppable() as stop:
        with stop.at_once():
            pass
        signal.raise_signal(signal.SIGINT)
        assert stop.asked


def test_who_hangs_is_interrupted_after_the_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "silenced", lambda: None)
    monkeypatch.setattr(stopping, "GRACE", 0.01)
    with pytest.raises(KeyboardInterrupt), stoppable():
        signal.raise_signal(signal.SIGTERM)
        threading.Event().wait(30)


def test_other_threads_have_no_signals() -> None:
    found = []

    def work() -> None:
        with stoppable() as stop:
            found.append(stop.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [False]
