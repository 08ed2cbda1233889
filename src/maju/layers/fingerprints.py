"""The hash functions that TensorFlow gives strings with: FarmHash's fingerprint, SipHash, and how two join.

A fingerprint is a number of 64 bits that is the same on every machine. All arithmetic is modulo 2⁶⁴.
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["farmhash64", "join", "siphash64"]

FULL = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def farmhash64(text: bytes) -> int:
    """FarmHash's Fingerprint64 of a text (Pike and Alakuijala, 2014: farmhashna::Hash64)."""
    length = len(text)
    if length <= 16:
        return _up_to_16(text)
    if length <= 32:
        return _up_to_32(text)
    if length <= 64:
        return _up_to_64(text)
    return _longer(text)


def siphash64(text: bytes, key: Sequence[int]) -> int:
    """SipHash-2-4 of a text with a key of two numbers of 64 bits (Aumasson and Bernstein, 2012)."""
    k0, k1 = (part & FULL for part in key)
    state = [
        k0 ^ 0x736F6D6570736575,
        k1 ^ 0x646F72616E646F6D,
        k0 ^ 0x6C7967656E657261,
        k1 ^ 0x7465646279746573,
    ]
    whole = len(text) // 8 * 8
    words = [_word(text, at) for at in range(0, whole, 8)]
    words.append((len(text) & 0xFF) << 56 | int.from_bytes(text[whole:], "little"))
    for word in words:
        state[3] ^= word
        _sip_rounds(state, 2)
        state[0] ^= word
    state[2] ^= 0xFF
    _sip_rounds(state, 4)
    return state[0] ^ state[1] ^ state[2] ^ state[3]


def join(first: int, second: int) -> int:
    """The fingerprint of two fingerprints, in this order, as in TensorFlow's crossed features."""
    mul = 0xC6A4A7935BD1E995
    mixed = (first ^ mul ^ _mix(second * mul & FULL) * mul) & FULL
    return _mix(_mix(mixed * mul & FULL) * mul & FULL)


def _sip_rounds(state: list[int], count: int) -> None:
    v0, v1, v2, v3 = state
    for _ in range(count):
        v0, v2 = (v0 + v1) & FULL, (v2 + v3) & FULL
        v1, v3 = _left(v1, 13) ^ v0, _left(v3, 16) ^ v2
        v0 = _left(v0, 32)
        v2, v0 = (v2 + v1) & FULL, (v0 + v3) & FULL
        v1, v3 = _left(v1, 17) ^ v2, _left(v3, 21) ^ v0
        v2 = _left(v2, 32)
    state[:] = [v0, v1, v2, v3]


def _left(value: int, by: int) -> int:
    return (value << by | value >> (64 - by)) & FULL


def _right(value: int, by: int) -> int:
    value &= FULL
    return (value >> by | value << (64 - by)) & FULL


def _mix(value: int) -> int:
    return value ^ value >> 47


def _word(text: bytes, at: int, size: int = 8) -> int:
    return int.from_bytes(text[at : at + size], "little")


def _of_two(u: int, v: int, mul: int) -> int:
    a = _mix((u ^ v) * mul & FULL)
    return _mix((v ^ a) * mul & FULL) * mul & FULL


def _up_to_16(text: bytes) -> int:
    length = len(text)
    mul = (K2 + length * 2) & FULL
    if length >= 8:
        a, b = (_word(text, 0) + K2) & FULL, _word(text, length - 8)
        c = (_right(b, 37) * mul + a) & FULL
        return _of_two(c, (_right(a, 25) + b) * mul & FULL, mul)
    if length >= 4:
        return _of_two(length + (_word(text, 0, 4) << 3), _word(text, length - 4, 4), mul)
    if length:
        y = text[0] + (text[length >> 1] << 8)
        z = length + (text[-1] << 2)
        return _mix((y * K2 ^ z * K0) & FULL) * K2 & FULL
    return K2


def _up_to_32(text: bytes) -> int:
    length = len(text)
    mul = (K2 + length * 2) & FULL
    a, b = _word(text, 0) * K1 & FULL, _word(text, 8)
    c, d = _word(text, length - 8) * mul & FULL, _word(text, length - 16) * K2 & FULL
    u = (_right(a + b, 43) + _right(c, 30) + d) & FULL
    return _of_two(u, (a + _right(b + K2, 18) + c) & FULL, mul)


def _up_to_64(text: bytes) -> int:
    length = len(text)
    mul = (K2 + length * 2) & FULL
    a, b = _word(text, 0) * K2 & FULL, _word(text, 8)
    c, d = _word(text, length - 8) * mul & FULL, _word(text, length - 16) * K2 & FULL
    y = (_right(a + b, 43) + _right(c, 30) + d) & FULL
    z = _of_two(y, (a + _right(b + K2, 18) + c) & FULL, mul)
    e, f = _word(text, 16) * mul & FULL, _word(text, 24)
    g, h = (y + _word(text, length - 32)) * mul & FULL, (z + _word(text, length - 24)) * mul & FULL
    u = (_right(e + f, 43) + _right(g, 30) + h) & FULL
    return _of_two(u, (e + _right(f + a, 18) + g) & FULL, mul)


def _seeded(text: bytes, at: int, a: int, b: int) -> tuple[int, int]:
    """Two numbers of 32 bytes and two seeds."""
    w, x, y, z = (_word(text, at + 8 * place) for place in range(4))
    a = (a + w) & FULL
    b = _right(b + a + z, 21)
    c = a
    a = (a + x + y) & FULL
    return (a + z) & FULL, (b + _right(a, 44) + c) & FULL


def _longer(text: bytes) -> int:
    length = len(text)
    x, y = 81, (81 * K1 + 113) & FULL
    z = _mix((y * K2 + 113) & FULL) * K2 & FULL
    v, w = (0, 0), (0, 0)
    x = (x * K2 + _word(text, 0)) & FULL
    end = (length - 1) // 64 * 64
    for start in range(0, end + 64, 64):
        at, mul, times = start, K1, 1
        if start == end:  # the last 64 bytes, some of them once more
            at = length - 64
            mul, times = (K1 + ((z & 0xFF) << 1)) & FULL, 9
            w = ((w[0] + ((length - 1) & 63)) & FULL, w[1])
            v = ((v[0] + w[0]) & FULL, v[1])
            w = ((w[0] + v[0]) & FULL, w[1])
        x = _right(x + y + v[0] + _word(text, at + 8), 37) * mul & FULL
        y = _right(y + v[1] + _word(text, at + 48), 42) * mul & FULL
        x ^= w[1] * times & FULL
        y = (y + v[0] * times + _word(text, at + 40)) & FULL
        z = _right(z + w[0], 33) * mul & FULL
        v = _seeded(text, at, v[1] * mul & FULL, (x + w[0]) & FULL)
        w = _seeded(text, at + 32, (z + w[1]) & FULL, (y + _word(text, at + 16)) & FULL)
        z, x = x, z
    u = (_of_two(v[0], w[0], mul) + _mix(y) * K0 + z) & FULL
    return _of_two(u, (_of_two(v[1], w[1], mul) + x) & FULL, mul)
