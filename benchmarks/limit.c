/* The limit: what plain C does with the same bytes. It finds markers, verifies all that the format states, goes on one byte
   behind a failure, and writes where each frame starts and ends. No Python object is made, nothing is kept between calls.

   One function decodes one whole stream: `size_t limit_KIND(data, size, starts, ends)`. Call `limit_prepare` first. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;

#define INLINE static inline __attribute__((always_inline))

/* --- checksums ---------------------------------------------------------------------------------------------------- */

typedef u32 Tables[8][256]; /* [k][b]: the checksum of byte b and k zero bytes behind it */

static Tables xmodem, mcrf4xx, crc24q, crc32;
static uint16_t crc_extra[1 << 16]; /* MAVLink's byte for each message; above 255: no such message */

static void fill_left(Tables table, int width, u32 poly) {
    for (u32 byte = 0; byte < 256; byte++) {
        u32 crc = byte << (width - 8);
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> (width - 1) & 1 ? crc << 1 ^ poly : crc << 1;
        table[0][byte] = crc & (u32)((1ULL << width) - 1);
    }
    for (int k = 1; k < 8; k++)
        for (u32 byte = 0; byte < 256; byte++) {
            u32 crc = table[k - 1][byte];
            table[k][byte] = (crc << 8 ^ table[0][crc >> (width - 8)]) & (u32)((1ULL << width) - 1);
        }
}

static void fill_right(Tables table, u32 reversed_poly) {
    for (u32 byte = 0; byte < 256; byte++) {
        u32 crc = byte;
        for (int bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ reversed_poly : crc >> 1;
        table[0][byte] = crc;
    }
    for (int k = 1; k < 8; k++)
        for (u32 byte = 0; byte < 256; byte++)
            table[k][byte] = table[k - 1][byte] >> 8 ^ table[0][table[k - 1][byte] & 255];
}

INLINE u32 crc_left(const Tables table, u32 crc, const u8 *at, size_t size, int width) {
    for (; size >= 8; at += 8, size -= 8) {
        u32 top = crc << (32 - width); /* the checksum's bytes, first one highest */
        crc = table[7][at[0] ^ top >> 24] ^ table[6][at[1] ^ (top >> 16 & 255)]
            ^ table[5][at[2] ^ (top >> 8 & 255)] ^ table[4][at[3] ^ (top & 255)]
            ^ table[3][at[4]] ^ table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
    }
    for (; size; at++, size--)
        crc = (crc << 8 ^ table[0][(crc >> (width - 8) ^ *at) & 255]) & (u32)((1ULL << width) - 1);
    return crc;
}

INLINE u32 crc_right(const Tables table, u32 crc, const u8 *at, size_t size) {
    for (; size >= 8; at += 8, size -= 8)
        crc = table[7][at[0] ^ (crc & 255)] ^ table[6][at[1] ^ (crc >> 8 & 255)]
            ^ table[5][at[2] ^ (crc >> 16 & 255)] ^ table[4][at[3] ^ crc >> 24]
            ^ table[3][at[4]] ^ table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
    for (; size; at++, size--)
        crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
    return crc;
}

/* Two sums modulo 256: of the bytes, and of the first sum after each byte. */
INLINE u32 fletcher(const u8 *at, size_t size) {
    u32 first = 0, second = 0;
    for (size_t i = 0; i < size; i++) {
        first += at[i];
        second += (u32)(size - i) * at[i]; /* no chain from byte to byte: the compiler takes several at once */
    }
    return (first & 255) | (second & 255) << 8;
}

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define CARRY_LESS 1

#define FOLD __attribute__((target("pclmul,sse4.1")))

FOLD static inline __m128i fold(__m128i state, __m128i by, __m128i next) {
    return _mm_xor_si128(
        _mm_xor_si128(_mm_clmulepi64_si128(state, by, 0x00), _mm_clmulepi64_si128(state, by, 0x11)), next);
}

/* CRC-32 by carry-less multiplication: four lanes of 16 bytes are moved ahead by 64 bytes at a time (multiplied by
   x^(512+64) and x^512 modulo the polynomial), then joined; what is left has 16 bytes and goes through the tables. */
FOLD static u32 crc32_folded(u32 crc, const u8 *at, size_t size) {
    if (size < 64)
        return crc_right(crc32, crc, at, size);
    const __m128i by64 = _mm_set_epi64x(0x1c6e41596, 0x154442bd4), by16 = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    const __m128i *from = (const __m128i *)at;
    __m128i lane[4];
    for (int k = 0; k < 4; k++)
        lane[k] = _mm_loadu_si128(from + k);
    lane[0] = _mm_xor_si128(lane[0], _mm_cvtsi32_si128((int)crc));
    for (from += 4, size -= 64; size >= 64; from += 4, size -= 64)
        for (int k = 0; k < 4; k++)
            lane[k] = fold(lane[k], by64, _mm_loadu_si128(from + k));
    __m128i state = lane[0];
    for (int k = 1; k < 4; k++)
        state = fold(state, by16, lane[k]);
    for (; size >= 16; from++, size -= 16)
        state = fold(state, by16, _mm_loadu_si128(from));
    u8 rest[16];
    _mm_storeu_si128((__m128i *)rest, state);
    return crc_right(crc32, crc_right(crc32, 0, rest, 16), (const u8 *)from, size);
}
#endif

int limit_has_carry_less(void) {
#ifdef CARRY_LESS
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
#else
    return 0;
#endif
}

void limit_prepare(const uint16_t *extra) {
    fill_left(xmodem, 16, 0x1021);
    fill_left(crc24q, 24, 0x864CFB);
    fill_right(mcrf4xx, 0x8408);
    fill_right(crc32, 0xEDB88320);
    memcpy(crc_extra, extra, sizeof crc_extra);
}

/* --- one frame: its size where a valid one begins at `at`, else 0; the first byte of the marker is there ------------ */

INLINE u32 u16le(const u8 *at) { return at[0] | (u32)at[1] << 8; }
INLINE u32 u16be(const u8 *at) { return at[1] | (u32)at[0] << 8; }

INLINE size_t ubx(const u8 *at, size_t left) {
    if (left < 8 || at[1] != 0x62)
        return 0;
    size_t size = 8 + u16le(at + 4);
    return size <= left && fletcher(at + 2, size - 4) == u16le(at + size - 2) ? size : 0;
}

INLINE size_t crc16(const u8 *at, size_t left) {
    if (left < 8 || at[1] != 0x62)
        return 0;
    size_t size = 8 + u16le(at + 4);
    return size <= left && crc_left(xmodem, 0, at + 2, size - 4, 16) == u16le(at + size - 2) ? size : 0;
}

INLINE size_t block(const u8 *at, size_t left, int folded) {
    if (left < 8 || at[1] != 0x5A)
        return 0;
    size_t size = 8 + u16le(at + 2);
    if (size > left)
        return 0;
    u32 crc = 0xFFFFFFFF;
#ifdef CARRY_LESS
    crc = folded ? crc32_folded(crc, at + 2, size - 6) : crc_right(crc32, crc, at + 2, size - 6);
#else
    crc = crc_right(crc32, crc, at + 2, size - 6);
#endif
    return ~crc == (u16le(at + size - 4) | u16le(at + size - 2) << 16) ? size : 0;
}
INLINE size_t block_by_tables(const u8 *at, size_t left) { return block(at, left, 0); }
INLINE size_t block_folded(const u8 *at, size_t left) { return block(at, left, 1); }

INLINE size_t mavlink(const u8 *at, size_t left) {
    if (left < 12 || at[2] > 1)
        return 0;
    size_t checked = 10 + at[1], size = checked + 2 + (at[2] ? 13 : 0);
    u32 message = u16le(at + 7);
    if (size > left || at[9] || crc_extra[message] > 255)
        return 0;
    u32 crc = crc_right(mcrf4xx, 0xFFFF, at + 1, checked - 1);
    crc = crc >> 8 ^ mcrf4xx[0][(crc ^ crc_extra[message]) & 255];
    return crc == u16le(at + checked) ? size : 0;
}

INLINE size_t sbp(const u8 *at, size_t left) {
    if (left < 8)
        return 0;
    size_t size = 8 + at[5];
    return size <= left && crc_left(xmodem, 0, at + 1, size - 3, 16) == u16le(at + size - 2) ? size : 0;
}

INLINE size_t rtcm3(const u8 *at, size_t left) {
    if (left < 6 || at[1] > 3)
        return 0;
    size_t size = 6 + u16be(at + 1);
    return size <= left && crc_left(crc24q, 0, at, size, 24) == 0 ? size : 0;
}

/* 1 may stand in a sentence; 2 starts one. */
static const u8 nmea_class[256] = {[0x20] = 1, [0x22 ... 0x23] = 1, [0x25 ... 0x29] = 1, [0x2B ... 0x7E] = 1, ['$'] = 2, ['!'] = 2};
static const signed char digit[256] = {
    ['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8, ['8'] = 9, ['9'] = 10,
    ['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
    ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16}; /* one more than the value; 0: none */

INLINE size_t nmea(const u8 *at, size_t left) {
    size_t i = 1;
    u32 check = 0;
    size_t most = left < 65536 ? left : 65536;
    for (; i < most && nmea_class[at[i]] == 1; i++)
        check ^= at[i];
    if (i + 4 > most || at[i] != '*' || !digit[at[i + 1]] || !digit[at[i + 2]])
        return 0;
    if (check != (u32)((digit[at[i + 1]] - 1) << 4 | (digit[at[i + 2]] - 1)))
        return 0;
    if (at[i + 3] == '\n')
        return i + 4;
    return i + 5 <= most && at[i + 3] == '\r' && at[i + 4] == '\n' ? i + 5 : 0;
}

/* --- whole streams -------------------------------------------------------------------------------------------------- */

typedef size_t Frame(const u8 *at, size_t left);

INLINE size_t walk(const u8 *data, size_t size, u64 *starts, u64 *ends, u8 marker, Frame frame) {
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        if (data[at] != marker) {
            const u8 *next = memchr(data + at, marker, size - at);
            if (!next)
                break;
            at = (size_t)(next - data);
        }
        size_t length = frame(data + at, size - at);
        if (!length) {
            at++;
            continue;
        }
        starts[count] = at;
        ends[count++] = at += length;
    }
    return count;
}

#define STREAM(name, marker, frame) \
    size_t limit_##name(const u8 *data, size_t size, u64 *starts, u64 *ends) { \
        return walk(data, size, starts, ends, marker, frame); \
    }
STREAM(ubx, 0xB5, ubx)
STREAM(crc16, 0xB5, crc16)
STREAM(crc32, 0xA5, block_by_tables)
STREAM(crc32_carry_less, 0xA5, block_folded)
STREAM(mavlink, 0xFD, mavlink)
STREAM(sbp, 0x55, sbp)
STREAM(rtcm3, 0xD3, rtcm3)

size_t limit_nmea(const u8 *data, size_t size, u64 *starts, u64 *ends) {
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        size_t length = nmea_class[data[at]] == 2 ? nmea(data + at, size - at) : 0;
        if (!length) {
            at++;
            continue;
        }
        starts[count] = at;
        ends[count++] = at += length;
    }
    return count;
}

#define LOGICAL_MOST 65536

/* The bytes between two delimiters, unstuffed: how many, or -1. */
typedef ptrdiff_t Unstuff(const u8 *at, size_t size, u8 *out);
typedef int Valid(const u8 *at, size_t size);

INLINE size_t split(const u8 *data, size_t size, u64 *starts, u64 *ends, u8 delimiter, Unstuff unstuff, Valid valid) {
    static u8 out[LOGICAL_MOST + 256];
    size_t count = 0;
    for (size_t at = 0; at < size;) {
        const u8 *next = memchr(data + at, delimiter, size - at);
        if (!next)
            break;
        size_t end = (size_t)(next - data), length = end - at;
        ptrdiff_t logical = length && length < LOGICAL_MOST ? unstuff(data + at, length, out) : -1;
        if (logical >= 0 && valid(out, (size_t)logical)) {
            starts[count] = at;
            ends[count++] = end + 1;
        }
        at = end + 1;
    }
    return count;
}

INLINE ptrdiff_t uncobs(const u8 *at, size_t size, u8 *out) {
    u8 *to = out;
    for (size_t i = 0; i < size;) {
        size_t run = at[i];
        if (i + run > size)
            return -1;
        memcpy(to, at + i + 1, run - 1);
        to += run - 1;
        i += run;
        if (run < 255 && i < size)
            *to++ = 0;
    }
    return to - out;
}

INLINE int cobs_valid(const u8 *at, size_t size) { return size >= 2 && crc_left(xmodem, 0xFFFF, at, size, 16) == 0; }

INLINE ptrdiff_t unescape(const u8 *at, size_t size, u8 *out) {
    u8 *to = out;
    const u8 *end = at + size;
    while (at < end) {
        const u8 *next = memchr(at, 0x7D, (size_t)(end - at));
        size_t run = (size_t)((next ? next : end) - at);
        memcpy(to, at, run);
        to += run;
        at += run;
        if (!next)
            break;
        if (at + 1 == end || (at[1] != 0x5D && at[1] != 0x5E))
            return -1;
        *to++ = at[1] ^ 0x20;
        at += 2;
    }
    return to - out;
}

INLINE int hdlc_valid(const u8 *at, size_t size) {
    return size >= 4 && at[0] == 0xFF && crc_right(mcrf4xx, 0xFFFF, at, size) == 0xF0B8;
}

size_t limit_cobs(const u8 *data, size_t size, u64 *starts, u64 *ends) {
    return split(data, size, starts, ends, 0, uncobs, cobs_valid);
}

size_t limit_hdlc(const u8 *data, size_t size, u64 *starts, u64 *ends) {
    return split(data, size, starts, ends, 0x7E, unescape, hdlc_valid);
}
