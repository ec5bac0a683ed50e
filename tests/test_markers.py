"""`framing.markers`."""

from __future__ import annotations

import pytest

from framing.markers import ABSENT, UNDECIDED, Pattern


@pytest.mark.parametrize(
    ("pattern", "buffer", "expected"),
    [
        (Pattern((b"abc",)), b"abc", (3, 3)),
        (Pattern((b"abc",)), b"abcd", (3, 3)),
        (Pattern((b"abc",)), b"abx", (ABSENT, 3)),
        (Pattern((b"abc",)), b"x", (ABSENT, 1)),
        (Pattern((b"abc",)), b"ab", (UNDECIDED, 2)),
        (Pattern((b"abc",)), b"", (UNDECIDED, 0)),
        (Pattern((b"a", b"ab")), b"ab", (1, 1)),
        (Pattern((b"ab", b"a")), b"a", (UNDECIDED, 1)),
        (Pattern((b"ab", b"a")), b"ax", (1, 2)),
        (Pattern((b"xyz", b"ab")), b"ab", (2, 2)),
        (Pattern((b"abc", b"xy")), b"abd", (ABSENT, 3)),
        (Pattern((b"\xa0\x05",), b"\xf0\xff"), b"\xa7\x05", (2, 2)),
        (Pattern((b"\xa0\x05",), b"\xf0\xff"), b"\xb7", (ABSENT, 1)),
        (Pattern((b"\xaa\xaa",), errors=1), b"\xab\xaa", (2, 2)),
        (Pattern((b"\xaa\xaa",), errors=1), b"\xab\xab", (ABSENT, 2)),
        (Pattern((b"\xaa\xaa",), errors=1), b"\xab", (UNDECIDED, 1)),
        (Pattern((b"\xaa",), b"\x0f", errors=1), b"\x5b", (1, 1)),
    ],
)
def test_what_stands_at_a_place(pattern: Pattern, buffer: bytes, expected: tuple[int, int]) -> None:
    assert pattern.match(buffer, 0, len(buffer)) == expected
    assert pattern.match(b"zz" + buffer, 2, 2 + len(buffer)) == expected
    assert pattern.match(memoryview(buffer), 0, len(buffer)) == expected


@pytest.mark.parametrize(
    ("pattern", "buffer", "expected"),
    [
        (Pattern((b"abc",)), b"ab", (ABSENT, 3)),
        (Pattern((b"ab", b"a")), b"a", (1, 2)),
        (Pattern((b"ab", b"a")), b"", (ABSENT, 1)),
        (Pattern((b"abc",)), b"abc", (3, 3)),
    ],
)
def test_at_the_end_what_has_only_begun_is_absent(pattern: Pattern, buffer: bytes, expected: tuple[int, int]) -> None:
    assert pattern.match(buffer, 0, len(buffer), final=True) == expected


def test_nothing_behind_the_end_is_looked_at() -> None:
    assert Pattern((b"abc",)).match(b"abc", 0, 2) == (UNDECIDED, 2)


def test_sizes() -> None:
    pattern = Pattern((b"abc", b"d"))
    assert (pattern.shortest, pattern.longest) == (1, 3)


@pytest.mark.parametrize(
    ("pattern", "exact"),
    [
        (Pattern((b"ab",)), True),
        (Pattern((b"ab",), b"\xff\xff"), True),
        (Pattern((b"ab",), b"\xff\xfe"), False),
        (Pattern((b"ab",), errors=1), False),
    ],
)
def test_exact_means_every_bit_counts(pattern: Pattern, exact: bool) -> None:
    assert pattern.exact is exact


def test_stands_is_about_the_whole() -> None:
    pattern = Pattern((b"ab", b"c"))
    assert [pattern.stands(raw) for raw in (b"ab", b"c", b"a", b"abc", b"", b"d")] == [True, True, False, False, False, False]


def test_what_stands_in_front_of_a_place() -> None:
    pattern = Pattern((b"abc", b"x"))
    assert [pattern.ends(b"abcabx", at) for at in range(7)] == [False, False, False, True, False, False, True]
    assert Pattern((b"\xf8",), mask=b"\xfc").ends(b"\xfb", 1)
    assert Pattern((b"ab", b"cd"), errors=1).last_bytes() == {byte for last in b"bd" for byte in range(256) if (byte ^ last).bit_count() <= 1}


def test_first_bytes() -> None:
    assert Pattern((b"ab", b"c")).first_bytes() == {ord("a"), ord("c")}
    assert Pattern((b"\x00\x00",), b"\xfe\xff").first_bytes() == {0, 1}
    assert Pattern((b"\x00\x00",), errors=1).first_bytes() == {0, 1, 2, 4, 8, 16, 32, 64, 128}
    assert len(Pattern((b"\x00",), b"\x00").first_bytes()) == 256
