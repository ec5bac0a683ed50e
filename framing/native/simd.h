/* What the checksum kernels need of the machine: loads in a fixed byte order, carry-less products, folding, byte sums.
 *
 * Everything here works on plain numbers and trusts its arguments; no function reads outside [data, data + size).
 *
 * Carry-less products come in two forms. The portable one spreads the bits of its operands so that an integer
 * multiplication cannot carry from one into the next. The other is the instruction PCLMULQDQ; with it goes SSSE3, which
 * moves bytes about and adds them up. Both are compiled on x86-64 by gcc and clang, and used where the processor says
 * that it has them. Elsewhere (MSVC, ARM, 32 bits) `framing_has_simd` is 0, and callers must then leave the functions
 * whose names end in `_simd` alone.
 */
#ifndef FRAMING_SIMD_H
#define FRAMING_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_MSC_VER) && !defined(__clang__)
#include <stdlib.h>
#define framing_swapped(value) _byteswap_uint64(value)
#else
#define framing_swapped(value) __builtin_bswap64(value)
#endif

typedef struct {
    uint64_t high, low;
} framing_pair;

/* The first byte is the least significant one, whatever the machine's own order is. */
static inline uint64_t framing_load(const uint8_t *data)
{
    uint64_t value;
    memcpy(&value, data, sizeof value);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    value = framing_swapped(value);
#endif
    return value;
}

/* The same for fewer than 8 bytes; zero bytes fill up. */
static inline uint64_t framing_load_few(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    if (size & 4) {
        value = (uint64_t)data[0] | (uint64_t)data[1] << 8 | (uint64_t)data[2] << 16 | (uint64_t)data[3] << 24;
        data += 4;
    }
    if (size & 2) {
        value |= ((uint64_t)data[0] | (uint64_t)data[1] << 8) << 8 * (size & 4);
        data += 2;
    }
    if (size & 1)
        value |= (uint64_t)data[0] << 8 * (size & 6);
    return value;
}

#if defined(__GNUC__) || defined(__clang__)
#define FRAMING_ALWAYS static inline __attribute__((always_inline))
#else
#define FRAMING_ALWAYS static inline
#endif

/* The state of a CRC eight zero bytes later; `slices` is as in _sums.pxd. A call would cost as much as the work. */
FRAMING_ALWAYS uint64_t framing_after_8(const uint64_t *slices, uint64_t state)
{
    return slices[7 * 256 + (state & 0xFF)] ^ slices[6 * 256 + (state >> 8 & 0xFF)]
         ^ slices[5 * 256 + (state >> 16 & 0xFF)] ^ slices[4 * 256 + (state >> 24 & 0xFF)]
         ^ slices[3 * 256 + (state >> 32 & 0xFF)] ^ slices[2 * 256 + (state >> 40 & 0xFF)]
         ^ slices[1 * 256 + (state >> 48 & 0xFF)] ^ slices[state >> 56];
}

/* Bits three places apart: the up to 8 ones that meet in one place of a product reach no further than those three. */
static inline uint64_t framing_multiply_32(uint64_t a, uint64_t b)
{
    const uint64_t every_4th = 0x1111111111111111u;
    uint64_t a0 = a & every_4th, a1 = a & every_4th << 1, a2 = a & every_4th << 2, a3 = a & every_4th << 3;
    uint64_t b0 = b & every_4th, b1 = b & every_4th << 1, b2 = b & every_4th << 2, b3 = b & every_4th << 3;
    return (((a0 * b0) ^ (a1 * b3) ^ (a2 * b2) ^ (a3 * b1)) & every_4th)
         | (((a0 * b1) ^ (a1 * b0) ^ (a2 * b3) ^ (a3 * b2)) & every_4th << 1)
         | (((a0 * b2) ^ (a1 * b1) ^ (a2 * b0) ^ (a3 * b3)) & every_4th << 2)
         | (((a0 * b3) ^ (a1 * b2) ^ (a2 * b1) ^ (a3 * b0)) & every_4th << 3);
}

/* The carry-less product of two numbers of 64 bits, out of three products of halves (Karatsuba). */
static inline framing_pair framing_multiply(uint64_t a, uint64_t b)
{
    uint64_t high = framing_multiply_32(a >> 32, b >> 32);
    uint64_t low = framing_multiply_32(a & 0xFFFFFFFFu, b & 0xFFFFFFFFu);
    uint64_t middle = framing_multiply_32((a >> 32) ^ (a & 0xFFFFFFFFu), (b >> 32) ^ (b & 0xFFFFFFFFu)) ^ high ^ low;
    framing_pair product = {high ^ middle >> 32, low ^ middle << 32};
    return product;
}

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <tmmintrin.h>
#include <wmmintrin.h>

#define FRAMING_TARGET __attribute__((target("pclmul,ssse3")))
#define FRAMING_INLINE static inline __attribute__((always_inline)) FRAMING_TARGET

static inline int framing_has_simd(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("ssse3");
}

FRAMING_INLINE framing_pair framing_halves(__m128i value)
{
    framing_pair halves = {
        (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(value, value)), (uint64_t)_mm_cvtsi128_si64(value)};
    return halves;
}

/* How bytes move: from `framing_shifts + n` the first n of a block go to its end, from `framing_shifts + 16 + n` all behind
 * them to its front. Zero bytes come in. */
static const uint8_t framing_shifts[48] = {
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128,
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
    128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128, 128};

FRAMING_INLINE __m128i framing_bytes(const uint8_t *data)
{
    return _mm_loadu_si128((const __m128i *)data);
}

FRAMING_INLINE __m128i framing_shifted(__m128i block, size_t by)
{
    return _mm_shuffle_epi8(block, framing_bytes(framing_shifts + by));
}

/* 16 bytes as a polynomial of degree 127: as they are where the lowest bit comes first (reflected), else reversed. */
FRAMING_INLINE __m128i framing_ordered(__m128i block, int reflected)
{
    const __m128i reversed = _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return reflected ? block : _mm_shuffle_epi8(block, reversed);
}

FRAMING_INLINE __m128i framing_block(const uint8_t *data, int reflected)
{
    return framing_ordered(framing_bytes(data), reflected);
}

/* `factors` for `framing_forward` by that many bytes; the earlier half of a block has 8 bytes further to go. */
FRAMING_INLINE __m128i framing_factors(const uint64_t *powers, int size, int reflected)
{
    long long later = (long long)powers[size], earlier = (long long)powers[size + 8];
    return reflected ? _mm_set_epi64x(later, earlier) : _mm_set_epi64x(earlier, later);
}

FRAMING_INLINE __m128i framing_forward(__m128i block, __m128i factors)
{
    return _mm_xor_si128(_mm_clmulepi64_si128(block, factors, 0x00), _mm_clmulepi64_si128(block, factors, 0x11));
}

/* The first bytes that fill no block are one with zero bytes in front; the state then reaches into the next one. */
FRAMING_INLINE __m128i framing_fold(
    const uint64_t *powers, uint64_t state, const uint8_t *data, size_t size, int reflected)
{
    const __m128i by_16 = framing_factors(powers, 16, reflected);
    const __m128i first = _mm_cvtsi64_si128((long long)state);
    const uint8_t *end = data + size;
    const size_t odd = size % 16;
    const __m128i spill = framing_shifted(first, 16 + odd);
    __m128i block = framing_ordered(_mm_xor_si128(framing_bytes(data + odd), spill), reflected);
    if (odd) {
        __m128i head = framing_shifted(_mm_xor_si128(framing_bytes(data), first), odd);
        block = _mm_xor_si128(framing_forward(framing_ordered(head, reflected), by_16), block);
    }
    data += odd + 16;
    if (end - data >= 48) {
        const __m128i by_64 = framing_factors(powers, 64, reflected);
        __m128i second = framing_block(data, reflected);
        __m128i third = framing_block(data + 16, reflected);
        __m128i fourth = framing_block(data + 32, reflected);
        for (data += 48; end - data >= 64; data += 64) {
            block = _mm_xor_si128(framing_forward(block, by_64), framing_block(data, reflected));
            second = _mm_xor_si128(framing_forward(second, by_64), framing_block(data + 16, reflected));
            third = _mm_xor_si128(framing_forward(third, by_64), framing_block(data + 32, reflected));
            fourth = _mm_xor_si128(framing_forward(fourth, by_64), framing_block(data + 48, reflected));
        }
        block = framing_forward(block, framing_factors(powers, 48, reflected));
        second = framing_forward(second, framing_factors(powers, 32, reflected));
        third = framing_forward(third, by_16);
        block = _mm_xor_si128(_mm_xor_si128(block, second), _mm_xor_si128(third, fourth));
    }
    for (; data < end; data += 16)
        block = _mm_xor_si128(framing_forward(block, by_16), framing_block(data, reflected));
    /* Times x^64: the earlier half becomes a product of the whole width, the later one moves to its place. */
    if (reflected)
        block = _mm_xor_si128(_mm_clmulepi64_si128(block, by_16, 0x10), _mm_srli_si128(block, 8));
    else
        block = _mm_xor_si128(_mm_clmulepi64_si128(block, by_16, 0x01), _mm_slli_si128(block, 8));
    return block;
}

/* The state that 128 bits are congruent to (Barrett): the quotient by the product with floor(x^128 / P), then what is left.
 * `barrett` has that and P, both without their highest term. A product of reflected numbers stands one place too low. */
FRAMING_INLINE uint64_t framing_remainder(const uint64_t *barrett, __m128i block, int reflected)
{
    const __m128i by = framing_bytes((const uint8_t *)barrett);
    __m128i product;
    if (reflected) {
        product = _mm_xor_si128(block, _mm_slli_epi64(_mm_clmulepi64_si128(block, by, 0x00), 1));
        product = _mm_clmulepi64_si128(product, by, 0x10);
        product = _mm_xor_si128(_mm_slli_epi64(product, 1), _mm_slli_si128(_mm_srli_epi64(product, 63), 8));
        block = _mm_xor_si128(block, product);
        return (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(block, block));
    }
    product = _mm_xor_si128(block, _mm_clmulepi64_si128(block, by, 0x01));
    product = _mm_clmulepi64_si128(product, by, 0x11);
    return framing_swapped((uint64_t)_mm_cvtsi128_si64(_mm_xor_si128(block, product)));
}

/* The state of a CRC whose number is `number`, as many zero bytes later as `factor` stands for. */
static FRAMING_TARGET uint64_t framing_times_simd(const uint64_t *barrett, uint64_t number, uint64_t factor, int reflected)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((long long)number), _mm_cvtsi64_si128((long long)factor), 0);
    return reflected ? framing_remainder(barrett, product, 1) : framing_remainder(barrett, product, 0);
}

/* The state after 16 or more bytes. `powers` and `barrett` are as in _sums.pxd; of the powers the first 73 are used. */
static FRAMING_TARGET uint64_t framing_crc_simd(
    const uint64_t *powers, const uint64_t *barrett, uint64_t state, const uint8_t *data, size_t size, int reflected)
{
    return reflected ? framing_remainder(barrett, framing_fold(powers, state, data, size, 1), 1)
                     : framing_remainder(barrett, framing_fold(powers, state, data, size, 0), 0);
}

/* Whether each of 16 or more bytes is in a set. Of a byte, the low half picks one of `rows`, 16 for bytes below 80 hexadecimal
 * and 16 for those above; the high half, without its first bit, picks the bit in that row which tells. */
static FRAMING_TARGET int framing_all_in_set_simd(const uint8_t *rows, const uint8_t *data, size_t size)
{
    const __m128i below = framing_bytes(rows), above = framing_bytes(rows + 16);
    const __m128i bits = _mm_set_epi8(-128, 64, 32, 16, 8, 4, 2, 1, -128, 64, 32, 16, 8, 4, 2, 1);
    const __m128i low = _mm_set1_epi8((char)0x8F), high = _mm_set1_epi8(0x0F), top = _mm_set1_epi8((char)0x80);
    const __m128i zero = _mm_setzero_si128();
    __m128i missing = zero, block, picked, bit;
    size_t at = 0;
    for (;;) {
        block = framing_bytes(data + at);
        picked = _mm_and_si128(block, low); /* a set top bit gives zero */
        picked = _mm_or_si128(_mm_shuffle_epi8(below, picked), _mm_shuffle_epi8(above, _mm_xor_si128(picked, top)));
        bit = _mm_shuffle_epi8(bits, _mm_and_si128(_mm_srli_epi16(block, 4), high));
        missing = _mm_or_si128(missing, _mm_cmpeq_epi8(_mm_and_si128(picked, bit), zero));
        if (at + 16 == size)
            return _mm_movemask_epi8(missing) == 0;
        at = at + 32 <= size ? at + 16 : size - 16; /* the last block may have bytes a second time */
    }
}

/* The last `size` of 16 bytes, zero bytes in front; fewer than 16 are there to be read. */
FRAMING_INLINE __m128i framing_few_bytes(const uint8_t *data, size_t size)
{
    if (size < 8)
        return _mm_set_epi64x((long long)(framing_load_few(data, size) << (64 - 8 * size)), 0);
    return _mm_set_epi64x(
        (long long)framing_load(data + size - 8), size == 8 ? 0 : (long long)(framing_load(data) << (128 - 8 * size)));
}

FRAMING_INLINE uint64_t framing_lanes_total(__m128i lanes)
{
    return (uint64_t)_mm_cvtsi128_si64(_mm_add_epi64(lanes, _mm_unpackhi_epi64(lanes, lanes)));
}

/* Fletcher sums over up to 2^20 bytes. 16 bytes x0 … x15 add 16a + 16x0 + 15x1 + … + x15 to b. The first bytes that fill
 * no block are one with zero bytes in front. These add nothing: the sums begin with 0, and `size * a` is added apart. */
static FRAMING_TARGET void framing_fletcher_simd(uint64_t *a, uint64_t *b, const uint8_t *data, size_t size)
{
    const __m128i zero = _mm_setzero_si128(), ones = _mm_set1_epi16(1);
    const __m128i weights = _mm_set_epi8(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    const size_t odd = size % 16;
    const uint8_t *end = data + size;
    __m128i block, sums = zero, before = zero, weighted = zero;
    if (odd) {
        block = size < 16 ? framing_few_bytes(data, size) : framing_shifted(framing_bytes(data), odd);
        sums = _mm_sad_epu8(block, zero);
        weighted = _mm_madd_epi16(_mm_maddubs_epi16(block, weights), ones);
    }
    for (data += odd; data < end; data += 16) {
        block = framing_bytes(data);
        before = _mm_add_epi64(before, sums);
        sums = _mm_add_epi64(sums, _mm_sad_epu8(block, zero));
        weighted = _mm_add_epi32(weighted, _mm_madd_epi16(_mm_maddubs_epi16(block, weights), ones));
    }
    weighted = _mm_add_epi64(_mm_unpacklo_epi32(weighted, zero), _mm_unpackhi_epi32(weighted, zero));
    *b += size * *a + framing_lanes_total(_mm_add_epi64(_mm_slli_epi64(before, 4), weighted));
    *a += framing_lanes_total(sums);
}

#else

static inline int framing_has_simd(void)
{
    return 0;
}

/* Never called: they stand in so that callers compile. */
static inline uint64_t framing_times_simd(const uint64_t *barrett, uint64_t number, uint64_t factor, int reflected)
{
    (void)barrett, (void)factor, (void)reflected;
    return number;
}

static inline uint64_t framing_crc_simd(
    const uint64_t *powers, const uint64_t *barrett, uint64_t state, const uint8_t *data, size_t size, int reflected)
{
    (void)powers, (void)barrett, (void)data, (void)size, (void)reflected;
    return state;
}

static inline int framing_all_in_set_simd(const uint8_t *rows, const uint8_t *data, size_t size)
{
    (void)rows, (void)data, (void)size;
    return 0;
}

static inline void framing_fletcher_simd(uint64_t *a, uint64_t *b, const uint8_t *data, size_t size)
{
    (void)a, (void)b, (void)data, (void)size;
}

#endif
#endif
