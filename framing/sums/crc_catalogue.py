"""The RevEng catalogue of CRC algorithms, as data, and the names that people use for them.

Source: Greg Cook, "Catalogue of parametrised CRC algorithms", <https://reveng.sourceforge.io/crc-catalogue/all.htm>, as
of August 2024 (CRC RevEng 3.0.6, whose newest algorithm is CRC-64/NVME): 113 algorithms, 3 to 82 bits wide. Transcribed
on 22 November 2026 from crccheck 1.3.1; parameters and check values agree with anycrc 2.1.0, and those of CRC-82/DARC,
which anycrc lacks, with the Rust crate crc-catalog. Every check value and residue also follows from the parameters: the
tests compute both.

This module holds figures and names only. `checksums` gives them meaning.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Entry(NamedTuple):
    """One algorithm of the catalogue, in the catalogue's notation.

    `width` is in bits. `poly` is written most significant term first, without its top term. `init` is written as if
    nothing were reflected. `check` is the CRC of the nine bytes `123456789`. `residue` is the register after an intact
    codeword (reflected if `refout`), before `xorout`.
    """

    name: str
    width: int
    poly: int
    init: int
    refin: bool
    refout: bool
    xorout: int
    check: int
    residue: int


_ONES_64: Final = 0xFFFFFFFFFFFFFFFF

CATALOGUE: Final[tuple[Entry, ...]] = (
    Entry("CRC-3/GSM", 3, 0x3, 0, False, False, 0x7, 0x4, 0x2),
    Entry("CRC-3/ROHC", 3, 0x3, 0x7, True, True, 0, 0x6, 0),
    Entry("CRC-4/G-704", 4, 0x3, 0, True, True, 0, 0x7, 0),
    Entry("CRC-4/INTERLAKEN", 4, 0x3, 0xF, False, False, 0xF, 0xB, 0x2),
    Entry("CRC-5/EPC-C1G2", 5, 0x09, 0x09, False, False, 0, 0x00, 0),
    Entry("CRC-5/G-704", 5, 0x15, 0, True, True, 0, 0x07, 0),
    Entry("CRC-5/USB", 5, 0x05, 0x1F, True, True, 0x1F, 0x19, 0x06),
    Entry("CRC-6/CDMA2000-A", 6, 0x27, 0x3F, False, False, 0, 0x0D, 0),
    Entry("CRC-6/CDMA2000-B", 6, 0x07, 0x3F, False, False, 0, 0x3B, 0),
    Entry("CRC-6/DARC", 6, 0x19, 0, True, True, 0, 0x26, 0),
    Entry("CRC-6/G-704", 6, 0x03, 0, True, True, 0, 0x06, 0),
    Entry("CRC-6/GSM", 6, 0x2F, 0, False, False, 0x3F, 0x13, 0x3A),
    Entry("CRC-7/MMC", 7, 0x09, 0, False, False, 0, 0x75, 0),
    Entry("CRC-7/ROHC", 7, 0x4F, 0x7F, True, True, 0, 0x53, 0),
    Entry("CRC-7/UMTS", 7, 0x45, 0, False, False, 0, 0x61, 0),
    Entry("CRC-8/AUTOSAR", 8, 0x2F, 0xFF, False, False, 0xFF, 0xDF, 0x42),
    Entry("CRC-8/BLUETOOTH", 8, 0xA7, 0, True, True, 0, 0x26, 0),
    Entry("CRC-8/CDMA2000", 8, 0x9B, 0xFF, False, False, 0, 0xDA, 0),
    Entry("CRC-8/DARC", 8, 0x39, 0, True, True, 0, 0x15, 0),
    Entry("CRC-8/DVB-S2", 8, 0xD5, 0, False, False, 0, 0xBC, 0),
    Entry("CRC-8/GSM-A", 8, 0x1D, 0, False, False, 0, 0x37, 0),
    Entry("CRC-8/GSM-B", 8, 0x49, 0, False, False, 0xFF, 0x94, 0x53),
    Entry("CRC-8/HITAG", 8, 0x1D, 0xFF, False, False, 0, 0xB4, 0),
    Entry("CRC-8/I-432-1", 8, 0x07, 0, False, False, 0x55, 0xA1, 0xAC),
    Entry("CRC-8/I-CODE", 8, 0x1D, 0xFD, False, False, 0, 0x7E, 0),
    Entry("CRC-8/LTE", 8, 0x9B, 0, False, False, 0, 0xEA, 0),
    Entry("CRC-8/MAXIM-DOW", 8, 0x31, 0, True, True, 0, 0xA1, 0),
    Entry("CRC-8/MIFARE-MAD", 8, 0x1D, 0xC7, False, False, 0, 0x99, 0),
    Entry("CRC-8/NRSC-5", 8, 0x31, 0xFF, False, False, 0, 0xF7, 0),
    Entry("CRC-8/OPENSAFETY", 8, 0x2F, 0, False, False, 0, 0x3E, 0),
    Entry("CRC-8/ROHC", 8, 0x07, 0xFF, True, True, 0, 0xD0, 0),
    Entry("CRC-8/SAE-J1850", 8, 0x1D, 0xFF, False, False, 0xFF, 0x4B, 0xC4),
    Entry("CRC-8/SMBUS", 8, 0x07, 0, False, False, 0, 0xF4, 0),
    Entry("CRC-8/TECH-3250", 8, 0x1D, 0xFF, True, True, 0, 0x97, 0),
    Entry("CRC-8/WCDMA", 8, 0x9B, 0, True, True, 0, 0x25, 0),
    Entry("CRC-10/ATM", 10, 0x233, 0, False, False, 0, 0x199, 0),
    Entry("CRC-10/CDMA2000", 10, 0x3D9, 0x3FF, False, False, 0, 0x233, 0),
    Entry("CRC-10/GSM", 10, 0x175, 0, False, False, 0x3FF, 0x12A, 0x0C6),
    Entry("CRC-11/FLEXRAY", 11, 0x385, 0x01A, False, False, 0, 0x5A3, 0),
    Entry("CRC-11/UMTS", 11, 0x307, 0, False, False, 0, 0x061, 0),
    Entry("CRC-12/CDMA2000", 12, 0xF13, 0xFFF, False, False, 0, 0xD4D, 0),
    Entry("CRC-12/DECT", 12, 0x80F, 0, False, False, 0, 0xF5B, 0),
    Entry("CRC-12/GSM", 12, 0xD31, 0, False, False, 0xFFF, 0xB34, 0x178),
    Entry("CRC-12/UMTS", 12, 0x80F, 0, False, True, 0, 0xDAF, 0),
    Entry("CRC-13/BBC", 13, 0x1CF5, 0, False, False, 0, 0x04FA, 0),
    Entry("CRC-14/DARC", 14, 0x0805, 0, True, True, 0, 0x082D, 0),
    Entry("CRC-14/GSM", 14, 0x202D, 0, False, False, 0x3FFF, 0x30AE, 0x031E),
    Entry("CRC-15/CAN", 15, 0x4599, 0, False, False, 0, 0x059E, 0),
    Entry("CRC-15/MPT1327", 15, 0x6815, 0, False, False, 0x0001, 0x2566, 0x6815),
    Entry("CRC-16/ARC", 16, 0x8005, 0, True, True, 0, 0xBB3D, 0),
    Entry("CRC-16/CDMA2000", 16, 0xC867, 0xFFFF, False, False, 0, 0x4C06, 0),
    Entry("CRC-16/CMS", 16, 0x8005, 0xFFFF, False, False, 0, 0xAEE7, 0),
    Entry("CRC-16/DDS-110", 16, 0x8005, 0x800D, False, False, 0, 0x9ECF, 0),
    Entry("CRC-16/DECT-R", 16, 0x0589, 0, False, False, 0x0001, 0x007E, 0x0589),
    Entry("CRC-16/DECT-X", 16, 0x0589, 0, False, False, 0, 0x007F, 0),
    Entry("CRC-16/DNP", 16, 0x3D65, 0, True, True, 0xFFFF, 0xEA82, 0x66C5),
    Entry("CRC-16/EN-13757", 16, 0x3D65, 0, False, False, 0xFFFF, 0xC2B7, 0xA366),
    Entry("CRC-16/GENIBUS", 16, 0x1021, 0xFFFF, False, False, 0xFFFF, 0xD64E, 0x1D0F),
    Entry("CRC-16/GSM", 16, 0x1021, 0, False, False, 0xFFFF, 0xCE3C, 0x1D0F),
    Entry("CRC-16/IBM-3740", 16, 0x1021, 0xFFFF, False, False, 0, 0x29B1, 0),
    Entry("CRC-16/IBM-SDLC", 16, 0x1021, 0xFFFF, True, True, 0xFFFF, 0x906E, 0xF0B8),
    Entry("CRC-16/ISO-IEC-14443-3-A", 16, 0x1021, 0xC6C6, True, True, 0, 0xBF05, 0),
    Entry("CRC-16/KERMIT", 16, 0x1021, 0, True, True, 0, 0x2189, 0),
    Entry("CRC-16/LJ1200", 16, 0x6F63, 0, False, False, 0, 0xBDF4, 0),
    Entry("CRC-16/M17", 16, 0x5935, 0xFFFF, False, False, 0, 0x772B, 0),
    Entry("CRC-16/MAXIM-DOW", 16, 0x8005, 0, True, True, 0xFFFF, 0x44C2, 0xB001),
    Entry("CRC-16/MCRF4XX", 16, 0x1021, 0xFFFF, True, True, 0, 0x6F91, 0),
    Entry("CRC-16/MODBUS", 16, 0x8005, 0xFFFF, True, True, 0, 0x4B37, 0),
    Entry("CRC-16/NRSC-5", 16, 0x080B, 0xFFFF, True, True, 0, 0xA066, 0),
    Entry("CRC-16/OPENSAFETY-A", 16, 0x5935, 0, False, False, 0, 0x5D38, 0),
    Entry("CRC-16/OPENSAFETY-B", 16, 0x755B, 0, False, False, 0, 0x20FE, 0),
    Entry("CRC-16/PROFIBUS", 16, 0x1DCF, 0xFFFF, False, False, 0xFFFF, 0xA819, 0xE394),
    Entry("CRC-16/RIELLO", 16, 0x1021, 0xB2AA, True, True, 0, 0x63D0, 0),
    Entry("CRC-16/SPI-FUJITSU", 16, 0x1021, 0x1D0F, False, False, 0, 0xE5CC, 0),
    Entry("CRC-16/T10-DIF", 16, 0x8BB7, 0, False, False, 0, 0xD0DB, 0),
    Entry("CRC-16/TELEDISK", 16, 0xA097, 0, False, False, 0, 0x0FB3, 0),
    Entry("CRC-16/TMS37157", 16, 0x1021, 0x89EC, True, True, 0, 0x26B1, 0),
    Entry("CRC-16/UMTS", 16, 0x8005, 0, False, False, 0, 0xFEE8, 0),
    Entry("CRC-16/USB", 16, 0x8005, 0xFFFF, True, True, 0xFFFF, 0xB4C8, 0xB001),
    Entry("CRC-16/XMODEM", 16, 0x1021, 0, False, False, 0, 0x31C3, 0),
    Entry("CRC-17/CAN-FD", 17, 0x1685B, 0, False, False, 0, 0x04F03, 0),
    Entry("CRC-21/CAN-FD", 21, 0x102899, 0, False, False, 0, 0x0ED841, 0),
    Entry("CRC-24/BLE", 24, 0x00065B, 0x555555, True, True, 0, 0xC25A56, 0),
    Entry("CRC-24/FLEXRAY-A", 24, 0x5D6DCB, 0xFEDCBA, False, False, 0, 0x7979BD, 0),
    Entry("CRC-24/FLEXRAY-B", 24, 0x5D6DCB, 0xABCDEF, False, False, 0, 0x1F23B8, 0),
    Entry("CRC-24/INTERLAKEN", 24, 0x328B63, 0xFFFFFF, False, False, 0xFFFFFF, 0xB4F3E6, 0x144E63),
    Entry("CRC-24/LTE-A", 24, 0x864CFB, 0, False, False, 0, 0xCDE703, 0),
    Entry("CRC-24/LTE-B", 24, 0x800063, 0, False, False, 0, 0x23EF52, 0),
    Entry("CRC-24/OPENPGP", 24, 0x864CFB, 0xB704CE, False, False, 0, 0x21CF02, 0),
    Entry("CRC-24/OS-9", 24, 0x800063, 0xFFFFFF, False, False, 0xFFFFFF, 0x200FA5, 0x800FE3),
    Entry("CRC-30/CDMA", 30, 0x2030B9C7, 0x3FFFFFFF, False, False, 0x3FFFFFFF, 0x04C34ABF, 0x34EFA55A),
    Entry("CRC-31/PHILIPS", 31, 0x04C11DB7, 0x7FFFFFFF, False, False, 0x7FFFFFFF, 0x0CE9E46C, 0x4EAF26F1),
    Entry("CRC-32/AIXM", 32, 0x814141AB, 0, False, False, 0, 0x3010BF7F, 0),
    Entry("CRC-32/AUTOSAR", 32, 0xF4ACFB13, 0xFFFFFFFF, True, True, 0xFFFFFFFF, 0x1697D06A, 0x904CDDBF),
    Entry("CRC-32/BASE91-D", 32, 0xA833982B, 0xFFFFFFFF, True, True, 0xFFFFFFFF, 0x87315576, 0x45270551),
    Entry("CRC-32/BZIP2", 32, 0x04C11DB7, 0xFFFFFFFF, False, False, 0xFFFFFFFF, 0xFC891918, 0xC704DD7B),
    Entry("CRC-32/CD-ROM-EDC", 32, 0x8001801B, 0, True, True, 0, 0x6EC2EDC4, 0),
    Entry("CRC-32/CKSUM", 32, 0x04C11DB7, 0, False, False, 0xFFFFFFFF, 0x765E7680, 0xC704DD7B),
    Entry("CRC-32/ISCSI", 32, 0x1EDC6F41, 0xFFFFFFFF, True, True, 0xFFFFFFFF, 0xE3069283, 0xB798B438),
    Entry("CRC-32/ISO-HDLC", 32, 0x04C11DB7, 0xFFFFFFFF, True, True, 0xFFFFFFFF, 0xCBF43926, 0xDEBB20E3),
    Entry("CRC-32/JAMCRC", 32, 0x04C11DB7, 0xFFFFFFFF, True, True, 0, 0x340BC6D9, 0),
    Entry("CRC-32/MEF", 32, 0x741B8CD7, 0xFFFFFFFF, True, True, 0, 0xD2C22F51, 0),
    Entry("CRC-32/MPEG-2", 32, 0x04C11DB7, 0xFFFFFFFF, False, False, 0, 0x0376E6E7, 0),
    Entry("CRC-32/XFER", 32, 0x000000AF, 0, False, False, 0, 0xBD0BE338, 0),
    Entry("CRC-40/GSM", 40, 0x0004820009, 0, False, False, 0xFFFFFFFFFF, 0xD4164FC646, 0xC4FF8071FF),
    Entry("CRC-64/ECMA-182", 64, 0x42F0E1EBA9EA3693, 0, False, False, 0, 0x6C40DF5F0B497347, 0),
    Entry(
        "CRC-64/GO-ISO", 64, 0x000000000000001B, _ONES_64, True, True, _ONES_64, 0xB90956C775A41001, 0x5300000000000000
    ),
    Entry("CRC-64/MS", 64, 0x259C84CBA6426349, _ONES_64, True, True, 0, 0x75D4B74F024ECEEA, 0),
    Entry(
        "CRC-64/NVME", 64, 0xAD93D23594C93659, _ONES_64, True, True, _ONES_64, 0xAE8B14860A799888, 0xF310303B2B6F6E42
    ),
    Entry("CRC-64/REDIS", 64, 0xAD93D23594C935A9, 0, True, True, 0, 0xE9C6D914C4B8D9CA, 0),
    Entry(
        "CRC-64/WE", 64, 0x42F0E1EBA9EA3693, _ONES_64, False, False, _ONES_64, 0x62EC59E3F1A4F00A, 0xFCACBEBD5931A992
    ),
    Entry("CRC-64/XZ", 64, 0x42F0E1EBA9EA3693, _ONES_64, True, True, _ONES_64, 0x995DC9BBDF1939FA, 0x49958C9ABD7D353F),
    Entry("CRC-82/DARC", 82, 0x0308C0111011401440411, 0, True, True, 0, 0x09EA83F625023801FD612, 0),
)
"""Every algorithm of the catalogue, by width, then by name."""

CATALOGUE_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "CRC-4/G-704": ("CRC-4/ITU",),
    "CRC-5/EPC-C1G2": ("CRC-5/EPC",),
    "CRC-5/G-704": ("CRC-5/ITU",),
    "CRC-6/G-704": ("CRC-6/ITU",),
    "CRC-7/MMC": ("CRC-7",),
    "CRC-8/I-432-1": ("CRC-8/ITU",),
    "CRC-8/MAXIM-DOW": ("CRC-8/MAXIM", "DOW-CRC"),
    "CRC-8/SMBUS": ("CRC-8",),
    "CRC-8/TECH-3250": ("CRC-8/AES", "CRC-8/EBU"),
    "CRC-10/ATM": ("CRC-10", "CRC-10/I-610"),
    "CRC-11/FLEXRAY": ("CRC-11",),
    "CRC-12/DECT": ("X-CRC-12",),
    "CRC-12/UMTS": ("CRC-12/3GPP",),
    "CRC-15/CAN": ("CRC-15",),
    "CRC-16/ARC": ("ARC", "CRC-16", "CRC-16/LHA", "CRC-IBM"),
    "CRC-16/DECT-R": ("R-CRC-16",),
    "CRC-16/DECT-X": ("X-CRC-16",),
    "CRC-16/GENIBUS": ("CRC-16/DARC", "CRC-16/EPC", "CRC-16/EPC-C1G2", "CRC-16/I-CODE"),
    "CRC-16/IBM-3740": ("CRC-16/AUTOSAR", "CRC-16/CCITT-FALSE"),
    "CRC-16/IBM-SDLC": ("CRC-16/ISO-HDLC", "CRC-16/ISO-IEC-14443-3-B", "CRC-16/X-25", "CRC-B", "X-25"),
    "CRC-16/ISO-IEC-14443-3-A": ("CRC-A",),
    "CRC-16/KERMIT": (
        "CRC-16/BLUETOOTH",
        "CRC-16/CCITT",
        "CRC-16/CCITT-TRUE",
        "CRC-16/V-41-LSB",
        "CRC-CCITT",
        "KERMIT",
    ),
    "CRC-16/MAXIM-DOW": ("CRC-16/MAXIM",),
    "CRC-16/MODBUS": ("MODBUS",),
    "CRC-16/PROFIBUS": ("CRC-16/IEC-61158-2",),
    "CRC-16/SPI-FUJITSU": ("CRC-16/AUG-CCITT",),
    "CRC-16/UMTS": ("CRC-16/BUYPASS", "CRC-16/VERIFONE"),
    "CRC-16/XMODEM": ("CRC-16/ACORN", "CRC-16/LTE", "CRC-16/V-41-MSB", "XMODEM", "ZMODEM"),
    "CRC-24/OPENPGP": ("CRC-24",),
    "CRC-32/AIXM": ("CRC-32Q",),
    "CRC-32/BASE91-D": ("CRC-32D",),
    "CRC-32/BZIP2": ("B-CRC-32", "CRC-32/AAL5", "CRC-32/DECT-B"),
    "CRC-32/CKSUM": ("CKSUM", "CRC-32/POSIX"),
    "CRC-32/ISCSI": ("CRC-32/BASE91-C", "CRC-32/CASTAGNOLI", "CRC-32/INTERLAKEN", "CRC-32/NVME", "CRC-32C"),
    "CRC-32/ISO-HDLC": ("CRC-32", "CRC-32/ADCCP", "CRC-32/V-42", "CRC-32/XZ", "PKZIP"),
    "CRC-32/JAMCRC": ("JAMCRC",),
    "CRC-32/XFER": ("XFER",),
    "CRC-64/ECMA-182": ("CRC-64",),
    "CRC-64/XZ": ("CRC-64/GO-ECMA",),
}
"""What else the catalogue itself calls an algorithm."""

COMMON_ALIASES: Final[dict[str, str]] = {
    "1-wire": "CRC-8/MAXIM-DOW",
    "pec": "CRC-8/SMBUS",
    "crc-8-j1850": "CRC-8/SAE-J1850",
    "crc-ccitt-false": "CRC-16/IBM-3740",
    "crc-ccitt-true": "CRC-16/KERMIT",
    "dnp3": "CRC-16/DNP",
    "crc-16-dnp3": "CRC-16/DNP",
    "fcs-16": "CRC-16/IBM-SDLC",
    "hdlc": "CRC-16/IBM-SDLC",
    "sdlc": "CRC-16/IBM-SDLC",
    "mavlink": "CRC-16/MCRF4XX",
    "modbus-rtu": "CRC-16/MODBUS",
    "crc-t10dif": "CRC-16/T10-DIF",
    "crc-24q": "CRC-24/LTE-A",
    "crc-24-radix-64": "CRC-24/OPENPGP",
    "crc-32b": "CRC-32/ISO-HDLC",
    "crc-32-ethernet": "CRC-32/ISO-HDLC",
    "ethernet": "CRC-32/ISO-HDLC",
    "fcs-32": "CRC-32/ISO-HDLC",
    "crc-32-mpeg": "CRC-32/MPEG-2",
    "crc-64-jones": "CRC-64/REDIS",
}
"""What others call an algorithm, where only one can be meant."""

_POLY_1021: Final = (
    "CRC-16/IBM-3740",
    "CRC-16/XMODEM",
    "CRC-16/KERMIT",
    "CRC-16/SPI-FUJITSU",
    "CRC-16/IBM-SDLC",
    "CRC-16/GENIBUS",
    "CRC-16/MCRF4XX",
)
_POLY_8005: Final = ("CRC-16/ARC", "CRC-16/MODBUS", "CRC-16/USB", "CRC-16/MAXIM-DOW", "CRC-16/UMTS", "CRC-16/CMS")

AMBIGUOUS: Final[dict[str, tuple[str, ...]]] = {
    "crc-3": ("CRC-3/GSM", "CRC-3/ROHC"),
    "crc-4": ("CRC-4/G-704", "CRC-4/INTERLAKEN"),
    "crc-5": ("CRC-5/USB", "CRC-5/EPC-C1G2", "CRC-5/G-704"),
    "crc-6": ("CRC-6/CDMA2000-A", "CRC-6/CDMA2000-B", "CRC-6/DARC", "CRC-6/G-704", "CRC-6/GSM"),
    "crc-12": ("CRC-12/DECT", "CRC-12/UMTS", "CRC-12/CDMA2000", "CRC-12/GSM"),
    "crc-14": ("CRC-14/DARC", "CRC-14/GSM"),
    "crc16": (*_POLY_8005[:4], *_POLY_1021[:5]),
    "crc-16-ansi": _POLY_8005,
    "crc-16-ibm": _POLY_8005,
    "crc-16-ccitt": _POLY_1021,
    "crc_ccitt": _POLY_1021,
    "ccitt": _POLY_1021,
    "crc64": ("CRC-64/ECMA-182", "CRC-64/XZ", "CRC-64/GO-ISO", "CRC-64/NVME", "CRC-64/REDIS", "CRC-64/WE", "CRC-64/MS"),
    "crc-64-ecma": ("CRC-64/ECMA-182", "CRC-64/XZ", "CRC-64/WE"),
    "cdma": ("CRC-30/CDMA", "CRC-8/CDMA2000", "CRC-16/CDMA2000"),
    "dect": ("CRC-12/DECT", "CRC-16/DECT-R", "CRC-16/DECT-X", "CRC-32/BZIP2"),
    "flexray": ("CRC-11/FLEXRAY", "CRC-24/FLEXRAY-A", "CRC-24/FLEXRAY-B"),
    "opensafety": ("CRC-8/OPENSAFETY", "CRC-16/OPENSAFETY-A", "CRC-16/OPENSAFETY-B"),
    "fletcher": ("fletcher-8", "fletcher-16", "fletcher-32"),
    "lrc": ("lrc-8", "xor-8"),
    "sum": ("sum-8", "sum-15", "sum-16", "sum-32"),
}
"""Names by which different algorithms go. Where the catalogue lists the exact spelling as an alias (`CRC-16`, `CRC-64`,
`CRC-16/CCITT`, `CRC-CCITT`) the catalogue is followed; every other spelling of it is refused."""
