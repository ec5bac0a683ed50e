"""The commands, put together."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import framing.cli
from framing.cli.app import COMMANDS, application

from .conftest import environment


def test_one_module_a_command() -> None:
    names = [each.name for each in application().registered_commands]
    assert names == [
        *("decode", "stats", "encode", "listen", "send", "bridge"),
        *("formats", "show", "check", "analyze", "damage", "fuzz", "schema", "sockets", "demo"),
    ]
    assert [module.__name__ for module in COMMANDS] == [f"framing.cli.{name}" for name in names]


def test_every_module_can_be_imported_alone() -> None:
    for each in pkgutil.iter_modules(framing.cli.__path__):
        assert importlib.import_module(f"framing.cli.{each.name}").__doc__


def test_commands_load_what_they_need_when_they_run() -> None:
    code = "import sys; from framing.cli.app import application; application(); print(*sys.modules)"
    outcome = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, env=environment(), timeout=60, check=True, text=True
    )
    loaded = set(outcome.stdout.split())
    assert "framing.cli.demo" in loaded
    assert not loaded & {"rich.progress", "framing.cli.tally", "framing.cli.diagram", "framing.cli.scene"}
