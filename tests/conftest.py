"""How many random cases there are, and which engine runs.

`HYPOTHESIS_PROFILE=thorough` tries many times as many cases as `ci`, the default; `brief` tries fewer, and `mutants` too, the
same ones each time. `FRAMING_ENGINE` has the whole suite run on one engine where a test does not choose for itself; `python` leaves out
everything that is compiled. Without it, what was built runs. `FRAMING_BUILD=required` makes it an error where nothing was.
"""

from __future__ import annotations

import os
import signal
import threading

import pytest
from hypothesis import HealthCheck, Phase, settings

from framing import compiled, engine_name
from framing.compiled import ENGINES

pytest.register_assert_rewrite("laws", "prober", "rules")

from rules import choose  # noqa: E402 # its asserts are rewritten

# Time says nothing here: machines are shared, and the reference is slow on purpose.
_UNHURRIED = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("ci", max_examples=40, **_UNHURRIED)
settings.register_profile("brief", max_examples=8, **_UNHURRIED)
settings.register_profile("thorough", max_examples=3000, **_UNHURRIED)
# For `mutation/run`: whether a case fails is all that is asked, and again and again.
_UNKEPT = dict(derandomize=True, database=None, phases=[Phase.explicit, Phase.generate])
settings.register_profile("mutants", max_examples=20, **_UNKEPT, **_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

_REQUIRED = os.environ.get("FRAMING_BUILD") == "required"


def pytest_configure() -> None:
    """Stops where the compiled engine has to be there and is not, unless another one was asked for.

    Who starts the tests in the background of a shell hands on an ignored Ctrl-C, which the processes that they start would inherit.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if _REQUIRED and not compiled.usable and not os.environ.get("FRAMING_ENGINE"):
        raise pytest.UsageError(f"FRAMING_BUILD=required, but there is no compiled engine: {compiled.missing}")


def pytest_report_header() -> str:
    """Which engine the suite runs on."""
    return f"framing engine: {engine_name()}" + (f"; native is skipped: {compiled.missing}" if compiled.missing else "")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine in turn, for tests of what all of them do alike."""
    choose(request.param, monkeypatch)
    return str(request.param)


@pytest.fixture
def native_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The compiled engine, whatever the environment says, for tests of its parts."""
    choose("native", monkeypatch)


@pytest.fixture
def python_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python engine, whatever the environment says, for tests of its parts."""
    choose("python", monkeypatch)
