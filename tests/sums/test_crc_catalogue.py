"""Every figure of the catalogue follows from the definition of a CRC: a remainder of polynomials over GF(2)."""

from __future__ import annotations

import pytest

from framing import checksums
from framing.sums.crc_catalogue import AMBIGUOUS, CATALOGUE, CATALOGUE_ALIASES, COMMON_ALIASES, Entry

CHECK_DATA = b"123456789"
every_entry = pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)


def reverse(value: int, width: int) -> int:
    return int(f"{value:0{width}b}"[::-1], 2)


def remainder(dividend: int, divisor: int) -> int:
    while dividend.bit_length() >= divisor.bit_length():
        dividend ^= divisor << (dividend.bit_length() - divisor.bit_length())
    return dividend


def register_after(entry: Entry, message: int, bits: int) -> int:
    """The register after a message of that many bits: `init` is added to its first bits."""
    left = remainder(entry.init << bits ^ message << entry.width, 1 << entry.width | entry.poly)
    return reverse(left, entry.width) if entry.refout else left


def as_polynomial(entry: Entry, data: bytes) -> int:
    return int("".join(f"{byte:08b}"[:: -1 if entry.refin else 1] for byte in data), 2)


@every_entry
def test_check_value(entry: Entry) -> None:
    crc = register_after(entry, as_polynomial(entry, CHECK_DATA), 72) ^ entry.xorout
    assert crc == entry.check
    assert checksums.algorithm(entry.name).compute(CHECK_DATA) == entry.check
    assert checksums.algorithm(entry.name).check == entry.check


@every_entry
def test_residue(entry: Entry) -> None:
    """The register after a message and its CRC, the CRC being sent with the bit first that left the register first."""
    sent = reverse(entry.check, entry.width) if entry.refout else entry.check
    codeword = as_polynomial(entry, CHECK_DATA) << entry.width | sent
    assert register_after(entry, codeword, 72 + entry.width) == entry.residue


@every_entry
def test_figures_fit_the_width(entry: Entry) -> None:
    assert 3 <= entry.width <= 82
    assert entry.name.startswith(f"CRC-{entry.width}/")
    assert max(entry.poly, entry.init, entry.xorout, entry.check, entry.residue) < 1 << entry.width
    assert entry.poly & 1


def test_complete_and_in_order() -> None:
    assert len(CATALOGUE) == 113
    assert (CATALOGUE[0].name, CATALOGUE[-1].name) == ("CRC-3/GSM", "CRC-82/DARC")
    assert list(CATALOGUE) == sorted(CATALOGUE, key=lambda entry: (entry.width, entry.name))
    assert len({entry[1:7] for entry in CATALOGUE}) == 113, "no two entries are the same algorithm"


def test_every_alias_leads_to_its_algorithm() -> None:
    pairs = [(alias, name) for name, others in CATALOGUE_ALIASES.items() for alias in others]
    pairs += COMMON_ALIASES.items()
    assert len(pairs) == len({alias.casefold() for alias, _ in pairs}), "an alias stands twice"
    for alias, name in pairs:
        assert checksums.algorithm(alias).name == name
        assert checksums.algorithm(alias.swapcase()).name == name


def test_names_that_need_a_choice_offer_one() -> None:
    known = {entry.name for entry in CATALOGUE} | set(checksums.names())
    for name, meant in AMBIGUOUS.items():
        assert len(set(meant)) > 1, name
        assert known.issuperset(meant), name
