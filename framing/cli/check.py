"""`framing check`: are these specs valid, and do their examples hold?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from framing.cli.common import Misuse


def check(
    specs: Annotated[
        list[str] | None,
        typer.Argument(metavar="SPEC...", help="Shipped names or .toml files."),
    ] = None,
    shipped: Annotated[bool, typer.Option("--shipped", help="Every spec that ships with this package.")] = False,
) -> int:
    """Validate specs and run their examples: 1 if one does not hold, 2 if a spec cannot be loaded."""
    from framing.checking import check_spec
    from framing.spec import shipped as shipped_specs

    names = [*(specs or ()), *(shipped_specs() if shipped else ())]
    if not names:
        raise Misuse("no spec given; name one, or use --shipped")
    worst = 0
    ran: list[int] = []
    for name in names:
        report = check_spec(name)
        ran.append(report.examples + report.counterexamples)
        if not report.passed and not ran[-1]:
            # Nothing could be run, so what was found is wrong with the spec itself.
            for finding in report.findings:
                if not finding.warning:
                    print(f"framing: {' '.join(str(finding).split())}", file=sys.stderr)
            worst = 2
            continue
        print(report)
        worst = max(worst, 0 if report.passed else 1)
    if len(names) > 1:
        outcome = ("ok", "failed", "not all could be loaded")[worst]
        print(f"{len(names)} specs, {sum(ran)} examples and counterexamples: {outcome}")
    return worst
