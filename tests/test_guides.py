"""The guides hold: their examples run, and their tables of options are what the transports say. See `pages` for how."""

from __future__ import annotations

import importlib.util
import inspect
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import framing
from framing.transports import urls
from pages import ROOT, RUN, Running, blocks, with_command

for _library in ("serial", "anyio", "trio", "dpkt", "typer"):
    pytest.importorskip(_library, reason=f"{_library} is not installed")

GUIDES = ROOT / "docs" / "guides"
PAGES = sorted(path.stem for path in GUIDES.glob("*.md"))
TABLE = re.compile(r"^\| `([\w-]+)` \| (?:`([^`]*)`)? ?\|", re.MULTILINE)

_spec = importlib.util.spec_from_file_location("guide_tables", ROOT / "docs" / "tables.py")
assert _spec is not None and _spec.loader is not None
tables: Any = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tables)


def text_of(page: str) -> str:
    return (GUIDES / f"{page}.md").read_text("utf-8")


def section(page: str, heading: str) -> str:
    return text_of(page).partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.fixture
def running(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    pytest.importorskip("termios", reason="this system has no pseudo terminals")
    from stand_ins import Stage

    monkeypatch.chdir(with_command(tmp_path))
    stage = Stage(tmp_path)
    names: dict[str, object] = {"__name__": "guide", "stage": stage}
    try:
        with limited(request.param):
            yield Running(f"{request.param}.md", tmp_path, names, stage.there, stage.back)
    finally:
        stage.close()


@contextmanager
def limited(page: str) -> Iterator[None]:
    """An example that waits for ever is an error after two minutes."""

    def over(*_: object) -> None:
        raise AssertionError(f"{page}.md: an example does not come to its end")

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(120)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.slow
@pytest.mark.parametrize("running", PAGES, indirect=True)
def test_every_example_runs(running: Running) -> None:
    for block in blocks(text_of(running.name.removesuffix(".md"))):
        assert running.run(block), f"{running.name} line {block.line}: {block.language} does not run"


@pytest.mark.parametrize("page", [page for page in PAGES if page != "README"])
def test_the_first_example_is_complete_and_short(page: str) -> None:
    shown = re.sub(r"<!--.*?-->", "", text_of(page), flags=re.DOTALL)
    first = next(block for block in blocks(shown) if block.language == "python")
    assert "import" in first.text
    assert len(first.text.splitlines()) <= 20


def test_all_languages_run() -> None:
    assert {block.language for page in PAGES for block in blocks(text_of(page))} <= RUN


# --- tables ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES)
def test_tables_are_what_the_transports_say(page: str) -> None:
    assert tables.updated(text_of(page)) == text_of(page), "run: python docs/tables.py --write"


def test_the_index_has_the_options_of_all_schemes() -> None:
    named = {name for names in re.findall(r"<!-- options: (.+) -->", text_of("README")) for name in names.split()}
    with_options = {scheme for scheme in urls.MODULES if tables.options_of(urls.transport_type(scheme))}
    assert named == with_options


@pytest.mark.parametrize("scheme", urls.MODULES)
def test_defaults_are_what_a_url_would_state(scheme: str) -> None:
    for option in tables.options_of(urls.transport_type(scheme)):
        text = tables.default_of(option)
        if text:
            assert option.metadata["reader"].read(text) == option.default, option.name
        else:
            assert option.default in (None, "")


def test_stale_tables_are_told_and_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "GUIDES", tmp_path)
    page = tmp_path / "a.md"
    page.write_text("before\n<!-- options: pty -->\nold\n<!-- end -->\nbehind\n", "utf-8")
    assert tables.main([]) == 1
    assert tables.main(["--write"]) == 0
    assert tables.main([]) == 0
    written = page.read_text("utf-8")
    assert "| `baud` | |" in written and written.startswith("before\n") and written.endswith("behind\n")


def test_a_row_says_which_schemes_have_it() -> None:
    rows = {row[0]: row for row in tables.options(["tcp", "tcp-listen"])}
    assert rows["`backlog`"][3].endswith("Only `tcp-listen`.")
    assert rows["`keepalive-idle`"][1] == "`30`" and "Only" not in rows["`keepalive-idle`"][3]
    assert rows["`family`"][1] == "`any`"


def test_the_models_of_damage_are_those_of_the_code() -> None:
    from framing.damage.words import told

    rows = [
        f"| `{name}` | {' '.join(f'`{each}`' for each in parameters.split(','))} | {what} |"
        for name, parameters, what in told()
    ]
    assert "\n".join(rows) in section("damage", "Models")


@pytest.mark.parametrize(
    "heading, of, left_out",
    [
        ("Options of `open`", framing.open, {"url", "formats"}),
        ("Connecting again", framing.Reconnect, set()),
    ],
    ids=["open", "Reconnect"],
)
def test_arguments_are_those_of_the_code(heading: str, of: Any, left_out: set[str]) -> None:
    parameters = inspect.signature(of).parameters.values()
    expected = {each.name: each.default for each in parameters if each.name not in left_out}
    told = {name: eval(default) for name, default in TABLE.findall(section("README", heading))}
    assert told == expected


def test_aio_takes_the_same_options() -> None:
    from framing.transports import aio

    assert set(aio.Options.__annotations__) == set(dict(TABLE.findall(section("README", "Options of `open`"))))


# --- links -----------------------------------------------------------------------------------------------------------


def test_the_index_names_every_guide() -> None:
    assert {f"{page}.md" for page in PAGES} - {"README.md"} <= set(re.findall(r"\]\((\S+?\.md)\)", text_of("README")))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]+)(?:#([^)]*))?\)", text_of(page)):
        path = GUIDES / target
        assert path.exists(), target
        assert not anchor or anchor in anchors(path.read_text("utf-8")), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """The names under which headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
