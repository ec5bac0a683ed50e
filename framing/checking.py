"""Does a spec do what its examples say? What `framing check` runs.

An example is decoded, compared with the format, fields and payload that it states, and encoded again from what was decoded.
A counterexample must be refused, with the reason that it states.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from framing import spec
from framing.errors import EncodeError, FrameError, SpecError
from framing.events import Frame
from framing.layout import FrameFormat
from framing.messages.values import Flags, Word, plain
from framing.model.examples import Counterexample, Example
from framing.model.numbers import Field
from framing.model.traits import lookups_of
from framing.parameters import uses
from framing.protocols import Protocol

Make = Callable[[Mapping[str, Any]], Protocol]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be. A warning does not make a check fail."""

    message: str
    path: str = ""
    warning: bool = False
    file: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        error = SpecError(self.message, path=self.path, file=self.file, line=self.line)
        return f"warning: {error}" if self.warning else str(error)


@dataclass
class Report:
    """What a check found: `name` of the spec, how many examples and counterexamples ran, `findings` in order."""

    name: str
    examples: int = 0
    counterexamples: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether there are no findings but warnings."""
        return all(finding.warning for finding in self.findings)

    def __str__(self) -> str:
        ran = f"{_count(self.examples, 'example')}, {_count(self.counterexamples, 'counterexample')}"
        outcome = "ok" if self.passed else "failed"
        return "\n".join([f"{self.name}: {outcome} ({ran})", *(f"  {finding}" for finding in self.findings)])


def check(protocol: Protocol) -> Report:
    """Runs the examples of a protocol as it was built. Those that state `parameters` are taken to fit it.

    >>> toy = spec.parse('''
    ... name = "toy"
    ... layout = [{ sync = "AA" }, { field = "id", type = "u8" }]
    ... [[example]]
    ... source = "this page"
    ... hex = "AA 07"
    ... fields = { id = 8 }
    ... ''')
    >>> print(check(toy))
    toy: failed (1 example, 0 counterexamples)
      example[0].fields.id: 7 decoded, but 8 is stated
    """
    report = Report(protocol.name)
    _run(report, protocol.examples, protocol.counterexamples, lambda _: protocol)
    return report


def check_spec(name_or_path: str | os.PathLike[str], /, **parameters: Any) -> Report:
    """Loads a shipped spec or a file and runs its examples; `parameters` stand in where an example gives none.

    What is wrong with the spec itself is a finding too; so this raises nothing on account of what the file holds.
    """
    report = Report(os.fsdecode(name_or_path))
    try:
        source = spec.read(name_or_path)
        with source.located():
            cases = source.part("example", "counterexample")
            declared = source.part("parameters")["parameters"]
    except SpecError as error:
        report.findings.append(_finding(error))
        return report
    needed = {name: each for name, each in declared.items() if each.default is None and name not in parameters}
    made: dict[str, Protocol] = {}

    def make(given: Mapping[str, Any]) -> Protocol:
        for name, parameter in needed.items():
            if name not in given:
                wanted = f"parameters = {{ {name} = ... }} with {parameter.wanted}"
                raise SpecError(f"parameter {name!r} is not given", path="parameters", expected=wanted)
        known = parameters | dict(given)
        protocol = made.get(repr(known))
        if protocol is None:
            protocol = made[repr(known)] = source.protocol(known)
        return protocol

    if needed and not cases["example"]:
        message = "the layout was not tried, as no example gives this parameter"
        report.findings.append(Finding(message, f"parameters.{next(iter(needed))}", warning=True))
    elif not cases["example"] and not cases["counterexample"]:
        _attempt(report, "", lambda: make({}))
    _run(report, cases["example"], cases["counterexample"], make)
    for name in sorted(set(declared) - uses({**source.table, "parameters": {}, "example": [], "counterexample": []})):
        report.findings.append(Finding(f"parameter {name!r} is used nowhere", f"parameters.{name}", warning=True))
    if made:
        _check_tables(report, next(iter(made.values())))
        _check_messages(report, list(made.values()))
    report.findings[:] = [
        Finding(each.message, each.path, each.warning, source.file, each.line or source.line_of(each.path))
        for each in dict.fromkeys(report.findings)
    ]
    return report


def _check_tables(report: Report, protocol: Protocol) -> None:
    used = {lookup.table for each in protocol for part in each.layout for _, lookup in lookups_of(part)}
    used.update(name for each in protocol for name in each.plan.scope)
    for name in protocol.tables:
        if name not in used:
            report.findings.append(Finding(f"table {name!r} is used nowhere", f"tables.{name}", warning=True))


def _check_messages(report: Report, protocols: list[Protocol]) -> None:
    """Warns of messages that no example carries."""
    carried = {_carried(protocol, example.raw) for protocol in protocols for example in protocol.examples}
    for index, message in enumerate(protocols[0].messages):
        shown = {(each.name, message.name) for protocol in protocols for each in protocol if message.format in (None, each.name)}
        if not shown & carried:
            report.findings.append(Finding(f"no example carries the message {message.name!r}", f"message[{index}]", warning=True))


def _carried(protocol: Protocol, raw: bytes) -> tuple[str, str | None] | None:
    try:
        frame = protocol.decode(raw)
    except FrameError:
        return None
    return protocol[frame.format].name, frame.message_name


def _finding(error: SpecError) -> Finding:
    plain = SpecError(error.message, expected=error.expected, near=error.near)
    return Finding(str(plain), error.path, file=error.file, line=error.line)


def _attempt(report: Report, path: str, make: Callable[[], Protocol]) -> Protocol | None:
    try:
        return make()
    except SpecError as error:
        about_parameters = error.path.partition(".")[0] == "parameters"
        report.findings.append(_finding(error.within(path).located(None, None) if path and about_parameters else error))
        return None


def _run(
    report: Report, examples: tuple[Example, ...], counterexamples: tuple[Counterexample, ...], make: Make
) -> None:
    for index, example in enumerate(examples):
        protocol = _attempt(report, f"example[{index}]", partial(make, example.parameters))
        if protocol is not None:
            report.examples += 1
            _run_example(report, protocol, example, f"example[{index}]")
    for index, case in enumerate(counterexamples):
        protocol = _attempt(report, f"counterexample[{index}]", partial(make, case.parameters))
        if protocol is not None:
            report.counterexamples += 1
            _run_counterexample(report, protocol, case, f"counterexample[{index}]")
    if not examples:
        report.findings.append(Finding("there is no example", "example", warning=True))


def _run_example(report: Report, protocol: Protocol, example: Example, path: str) -> None:
    def found(message: str, key: str = "") -> None:
        report.findings.append(Finding(message, f"{path}.{key}" if key else path))

    try:
        frame = protocol.decode(example.raw)
    except FrameError as error:
        found(f"not a valid frame: {error}")
        return
    definition = protocol[frame.format]
    if example.format is not None and example.format != definition.name:
        found(f"a frame of {definition.name!r}, but {example.format!r} is stated", "format")
    for name, stated in example.fields.items():
        _compare(found, definition, frame, name, stated)
    if example.payload is not None and frame.payload != example.payload:
        found(f"{_hex(frame.payload)} decoded, but {_hex(example.payload)} is stated", "payload")
    _check_message(found, definition, frame, example)
    try:
        again = definition.encode(frame.payload, **frame.fields)
    except EncodeError as error:
        found(f"cannot be encoded again: {error}")
        return
    if example.encode and again != frame.raw:
        found(f"encoded again it is {_hex(again)}", "hex" if example.hex is not None else "text")
    elif not example.encode and again == frame.raw:
        found("encode = false, but it encodes to the same bytes", "encode")


def _check_message(found: Callable[[str, str], None], definition: FrameFormat, frame: Frame, example: Example) -> None:
    """The message, where there is a schema for it, has what is stated and is built again from what it has."""
    schema = definition.schema_of(frame.fields, frame.payload)
    if schema is None:
        if example.message is not None:
            found(f"no message has the kind {frame.kind}", "message")
        return
    try:
        message = frame.message
        again = schema.build(message)
    except FrameError as error:
        found(f"the payload does not fit its message: {error}", "")
        return
    except EncodeError as error:
        found(f"its message cannot be encoded again: {error}", "")
        return
    _compare_values(found, "message", message, example.message or {})
    payload = definition.part_of(schema, frame.fields, frame.payload)
    if again != payload and example.encode:
        found(f"its message, encoded again, is {_hex(again)} instead of {_hex(payload)}", "")


def _compare_values(found: Callable[[str, str], None], path: str, value: Any, stated: Any) -> None:
    """A message's values against those that are stated: of tables those named, of lists all."""
    if isinstance(stated, Mapping) and isinstance(value, Mapping):
        for name, each in stated.items():
            if name in value:
                _compare_values(found, f"{path}.{name}", value[name], each)
            else:
                found(f"there is no such field; there are {', '.join(value)}", f"{path}.{name}")
    elif isinstance(stated, tuple) and isinstance(value, list):
        if len(value) != len(stated):
            found(f"{len(value)} decoded, but {len(stated)} are stated", path)
        for index, (one, other) in enumerate(zip(value, stated, strict=False)):
            _compare_values(found, f"{path}[{index}]", one, other)
    elif not _says(value, stated):
        found(f"{_shown(value)} decoded, but {_shown(stated)} is stated", path)


def _says(value: Any, stated: Any) -> bool:
    """Whether a value is the stated one: bytes may be stated in hex digits, named numbers and flags by their words."""
    if isinstance(value, bytes) and isinstance(stated, str):
        return bool(value.hex() == "".join(stated.split()).lower())
    if isinstance(stated, (str, tuple)) and isinstance(value, (Word, Flags)):
        return bool(plain(value) == (stated if isinstance(stated, str) else list(stated)))
    return bool(value == stated)


def _compare(found: Callable[[str, str], None], definition: FrameFormat, frame: Frame, name: str, stated: Any) -> None:
    try:
        value = frame[name]
    except KeyError:
        found(f"there is no such field; there are {', '.join(frame.fields) or 'none'}", f"fields.{name}")
        return
    if isinstance(stated, str):
        stated = _spelled(definition, name, value, stated)
    if value != stated:
        found(f"{_shown(value)} decoded, but {_shown(stated)} is stated", f"fields.{name}")


def _spelled(definition: FrameFormat, name: str, value: Any, stated: str) -> Any:
    """What a string stands for: the hex digits of bytes, or a word of the field's `enum`."""
    if isinstance(value, bytes):
        try:
            return bytes.fromhex(stated)
        except ValueError:
            return stated
    part = definition.plan.parts[definition.plan.labels[name]]
    return part.enum.get(stated, stated) if isinstance(part, Field) and part.enum else stated


def _run_counterexample(report: Report, protocol: Protocol, case: Counterexample, path: str) -> None:
    """No format accepts it. The reason is that of the format that it names, else of the one that came furthest."""
    asked: list[Protocol | FrameFormat] = [protocol, protocol[case.format]] if case.format is not None else [protocol]
    reasons = []
    for one in asked:
        try:
            frame = one.decode(case.raw)
        except FrameError as error:
            reasons.append(error.reason)
        else:
            report.findings.append(Finding(f"a valid {frame.format} frame", path))
            return
    if reasons[-1] != case.reason:
        message = f"refused for {reasons[-1].value!r}, but {case.reason.value!r} is stated"
        report.findings.append(Finding(message, f"{path}.reason"))


def _hex(raw: bytes) -> str:
    return (raw[:32].hex(" ").upper() or "nothing") + (f" … ({len(raw)} bytes)" if len(raw) > 32 else "")


def _shown(value: Any) -> str:
    return _hex(value) if isinstance(value, bytes) else repr(value)


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
