"""How many random cases there are, and which engine runs.

`HYPOTHESIS_PROFILE=thorough` tries many times as many cases as `ci`, the default. `FRAMING_ENGINE=reference` runs the whole
suite on the reference; tests that are about one engine choose it themselves.
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

from framing import engine_name

pytest.register_assert_rewrite("laws", "prober", "rules")

# Time says nothing here: machines are shared, and the reference is slow on purpose.
_UNHURRIED = dict(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("ci", max_examples=40, **_UNHURRIED)
settings.register_profile("thorough", max_examples=3000, **_UNHURRIED)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_report_header() -> str:
    """Which engine the suite runs on."""
    return f"framing engine: {engine_name()}"


@pytest.fixture(params=["python", "reference"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each engine in turn, for tests of what all of them do alike."""
    monkeypatch.setenv("FRAMING_ENGINE", request.param)
    return str(request.param)


@pytest.fixture
def python_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python engine, whatever the environment says, for tests of its parts."""
    monkeypatch.setenv("FRAMING_ENGINE", "python")
