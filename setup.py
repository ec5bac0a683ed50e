"""Builds the compiled engine where there is a C compiler; the package installs without one, and then says so.

Everything else is in pyproject.toml. `FRAMING_BUILD=required` turns a failed build into an error, `FRAMING_BUILD=none` leaves
it out.
"""

import os
import sys
import warnings
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = Path(__file__).parent
NOTE = ROOT / "framing" / "not_built.txt"
NAMES = ("_events", "_sums", "_writer", "_engine")
WANTED = os.environ.get("FRAMING_BUILD", "")
FLAGS = [] if sys.platform == "win32" else ["-O3", "-g0", "-Wno-unreachable-code"]
FLAGS += os.environ.get("FRAMING_CFLAGS", "").split()  # sanitizers


class OptionalBuild(build_ext):
    """Notes why there is no compiled engine, where `framing --version` finds it."""

    def run(self) -> None:
        self.force, self.parallel = True, True
        NOTE.unlink(missing_ok=True)
        try:
            super().run()
        except Exception as error:
            if WANTED == "required":
                raise
            self._give_up(" ".join(f"{type(error).__name__}: {error}".split()))

    def _give_up(self, reason: str) -> None:
        warnings.warn(f"the compiled engine was not built, the Python engine will do: {reason}", stacklevel=2)
        folders = [ROOT / "framing"] if self.editable_mode else [Path(self.build_lib) / "framing"]
        for folder in folders:
            for name in NAMES:  # all of it or nothing
                for built in (*folder.glob(f"{name}.*.so"), *folder.glob(f"{name}.*.pyd")):
                    built.unlink()
            folder.mkdir(parents=True, exist_ok=True)
            (folder / NOTE.name).write_text(f"{reason}\n", encoding="utf-8")
        self.extensions = []


def extensions() -> list[Extension]:
    """The modules in C, made anew from their Cython source: a stale one would be worse than none."""
    if WANTED == "none":
        return []
    from Cython.Build import cythonize

    included = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "framing" / "native").iterdir())]
    made = [
        Extension(f"framing.{name}", [f"framing/{name}.pyx"], depends=included, extra_compile_args=FLAGS) for name in NAMES
    ]
    return cythonize(made, build_dir="build/cython", force=True, quiet=True)


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
