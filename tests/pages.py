"""Pages of documentation whose examples run: `README.md` and the guides.

Blocks run in order in one folder. A `toml` block whose first line is `# name` becomes that file. In a `console` block, lines
with `$` are commands, what follows is their output (`...` stands for any text, alone on a line for any lines). A `python`
block goes on with the names of the one before; `# -> text` comments are its output, line by line, `...` as above.

A block within an HTML comment runs too; readers do not see it. There the guides put `stage` to use, which has their devices
played and knows what stands for their addresses meanwhile (see `stand_ins`).
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import framing

ROOT = Path(__file__).resolve().parent.parent
RUN = {"toml", "console", "python"}


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is that of its fence, `section` the heading above it."""

    language: str
    text: str
    line: int
    section: str


def blocks(page: str) -> list[Block]:
    found = []
    section = ""
    for match in re.finditer(r"^## ([^\n]+)$|^```(\w*)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        if match[1]:
            section = match[1]
        else:
            found.append(Block(match[2], match[3], page.count("\n", 0, match.start()) + 1, section))
    return found


def matches(expected: str, said: str) -> bool:
    pattern = re.escape(expected)
    pattern = re.sub(r"(?m)^\\\.\\\.\\\.\\?\n", r"(?:.*\\n)*?", pattern)
    pattern = pattern.replace(r"\.\.\.", "[^\n]*")
    return re.fullmatch(pattern, said) is not None


def with_command(folder: Path) -> Path:
    """That folder, with a command `framing` in it that is this checkout's."""
    command = folder / "bin" / "framing"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m framing "$@"\n', "utf-8")
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    return folder


def _as_it_is(text: str) -> str:
    return text


@dataclass
class Running:
    """A page that runs in a folder. `there` turns its text into what really runs, `back` real output into what it says."""

    name: str
    folder: Path
    names: dict[str, object]
    there: Callable[[str], str] = _as_it_is
    back: Callable[[str], str] = _as_it_is

    def run(self, block: Block) -> bool:
        """Whether it is a block that runs. AssertionError where its output is another one."""
        if block.language == "toml":
            self._write(block)
        elif block.language == "console":
            self._run_console(block)
        elif block.language == "python":
            self._run_python(block)
        return block.language in RUN

    def _write(self, block: Block) -> None:
        name = block.text.partition("\n")[0].removeprefix("# ")
        (self.folder / name).write_text(block.text, "utf-8")
        assert framing.load(self.folder / name).name + ".toml" == name

    def _run_console(self, block: Block) -> None:
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["PATH"]])
        environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "NO_COLOR": "1"}
        for command, expected in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block.text, re.MULTILINE):
            done = subprocess.run(
                ["bash", "-c", f"{self.there(command)} 2>&1"],
                cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            self._compare(block, command, expected, done.stdout)

    def _run_python(self, block: Block) -> None:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(self.there(block.text), f"{self.name}, block at line {block.line}", "exec"), self.names)
        expected = re.findall(r"# -> (.*)$", block.text, re.MULTILINE)
        self._compare(block, "the block", "".join(f"{line}\n" for line in expected), out.getvalue())

    def _compare(self, block: Block, what: str, expected: str, said: str) -> None:
        said = self.back(said)
        assert matches(expected, said), f"{self.name} line {block.line}: {what}\nexpected {expected}\nsaid {said}"
