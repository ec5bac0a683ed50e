"""Byte stuffing: how payload bytes are kept from looking like the end or the start of a frame.

Every kind decodes in two ways. `Unstuffer` takes one byte at a time and is the definition: a table of states that says
what may stand where (COBS counts, and has code instead). `Stuffing.decode` takes a whole area, and works in passes over
it because a Python loop over bytes costs forty times as much or more. A pass that meets what it does not understand
gives the area to the unstuffer, which raises the error or decodes what is legal but unusual. COBS raises errors itself.

An error stands at the first wire byte with which the area can no longer be valid, whatever follows.
"""

from framing.stuffing.base import Stuffing, StuffingError, Unstuffer
from framing.stuffing.cobs import Cobs
from framing.stuffing.registry import kinds, make

__all__ = ["Cobs", "Stuffing", "StuffingError", "Unstuffer", "kinds", "make"]
