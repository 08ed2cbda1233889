"""The hash functions that TensorFlow gives strings with: FarmHash's fingerprint, SipHash, and how two join.

A fingerprint is a number of 64 bits that is the same on every machine. All arithmetic is modulo 2⁶⁴, as that
of NumPy's uint64 is; texts of one length are hashed together, as the rows of a table of bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from maju.layers.base import Array

__all__ = ["farmhash64", "join", "siphash64"]

FULL = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F


def farmhash64(texts: Sequence[bytes]) -> Array:
    """FarmHash's Fingerprint64 of each text, uint64 (Pike and Alakuijala, 2014: farmhashna::Hash64)."""
    return _by_length(texts, _farmhash)


def siphash64(texts: Sequence[bytes], key: Sequence[int]) -> Array:
    """SipHash-2-4 of each text, uint64, with a key of two numbers (Aumasson and Bernstein, 2012)."""
    return _by_length(texts, lambda rows: _siphash(rows, key))


def join(first: Array, second: Array) -> Array:
    """The fingerprint of each two fingerprints, in this order, as in TensorFlow's crossed features."""
    mul = 0xC6A4A7935BD1E995
    mixed = first ^ mul ^ _mix(second * mul) * mul
    return _mix(_mix(mixed * mul) * mul)


def _by_length(texts: Sequence[bytes], function: Callable[[Array], Array]) -> Array:
    """What the function says of each text; it is given texts of one length at a time, (count, length)."""
    lengths = np.array([len(text) for text in texts], np.int64)
    order = np.argsort(lengths, kind="stable")
    together = np.frombuffer(b"".join([texts[place] for place in order]), np.uint8)
    found = np.empty(len(texts), np.uint64)
    at = done = 0
    for length, count in zip(*np.unique(lengths, return_counts=True), strict=True):
        rows = together[at : at + length * count].reshape(count, length)
        found[order[done : done + count]] = function(rows)
        at, done = at + length * count, done + count
    return found


def _siphash(rows: Array, key: Sequence[int]) -> Array:
    count, length = rows.shape
    k0, k1 = (part & FULL for part in key)
    begin = (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573)
    state: list[Array] = [
        np.full(count, k ^ b, np.uint64) for k, b in zip((k0, k1, k0, k1), begin, strict=True)
    ]
    whole = length // 8 * 8
    words = [_word(rows, at) for at in range(0, whole, 8)]
    words.append(_word(rows, whole, length - whole) | (length & 0xFF) << 56)
    for word in words:
        state[3] = state[3] ^ word
        _sip_rounds(state, 2)
        state[0] = state[0] ^ word
    state[2] = state[2] ^ 0xFF
    _sip_rounds(state, 4)
    return np.asarray(state[0] ^ state[1] ^ state[2] ^ state[3])


def _sip_rounds(state: list[Array], count: int) -> None:
    v0, v1, v2, v3 = state
    for _ in range(count):
        v0, v2 = v0 + v1, v2 + v3
        v1, v3 = _right(v1, 51) ^ v0, _right(v3, 48) ^ v2
        v0 = _right(v0, 32)
        v2, v0 = v2 + v1, v0 + v3
        v1, v3 = _right(v1, 47) ^ v2, _right(v3, 43) ^ v0
        v2 = _right(v2, 32)
    state[:] = [v0, v1, v2, v3]


def _right(value: Array, by: int) -> Array:
    """The bits turned to the right."""
    return np.asarray(value >> by | value << (64 - by))


def _mix(value: Array) -> Array:
    return np.asarray(value ^ value >> 47)


def _word(rows: Array, at: int, size: int = 8) -> Array:
    """The number that some bytes of each text make, the first of them the smallest."""
    padded = np.zeros((len(rows), 8), np.uint8)
    padded[:, :size] = rows[:, at : at + size]
    return padded.view("<u8")[:, 0].astype(np.uint64)


def _of_two(u: Array, v: Array, mul: Array | int) -> Array:
    a = _mix((u ^ v) * mul)
    return _mix((v ^ a) * mul) * mul


def _farmhash(rows: Array) -> Array:
    length = rows.shape[1]
    if length <= 16:
        return _up_to_16(rows)
    if length <= 32:
        return _up_to_32(rows)
    return _up_to_64(rows) if length <= 64 else _longer(rows)


def _up_to_16(rows: Array) -> Array:
    count, length = rows.shape
    mul = (K2 + length * 2) & FULL
    if length >= 8:
        a, b = _word(rows, 0) + K2, _word(rows, length - 8)
        c = _right(b, 37) * mul + a
        return _of_two(c, (_right(a, 25) + b) * mul, mul)
    if length >= 4:
        return _of_two((_word(rows, 0, 4) << 3) + length, _word(rows, length - 4, 4), mul)
    if length:
        first, middle, last = (rows[:, at].astype(np.uint64) for at in (0, length >> 1, -1))
        return _mix((first + (middle << 8)) * K2 ^ ((last << 2) + length) * K0) * K2
    return np.full(count, K2, np.uint64)


def _up_to_32(rows: Array) -> Array:
    length = rows.shape[1]
    mul = (K2 + length * 2) & FULL
    a, b = _word(rows, 0) * K1, _word(rows, 8)
    c, d = _word(rows, length - 8) * mul, _word(rows, length - 16) * K2
    u = _right(a + b, 43) + _right(c, 30) + d
    return _of_two(u, a + _right(b + K2, 18) + c, mul)


def _up_to_64(rows: Array) -> Array:
    length = rows.shape[1]
    mul = (K2 + length * 2) & FULL
    a, b = _word(rows, 0) * K2, _word(rows, 8)
    c, d = _word(rows, length - 8) * mul, _word(rows, length - 16) * K2
    y = _right(a + b, 43) + _right(c, 30) + d
    z = _of_two(y, a + _right(b + K2, 18) + c, mul)
    e, f = _word(rows, 16) * mul, _word(rows, 24)
    g, h = (y + _word(rows, length - 32)) * mul, (z + _word(rows, length - 24)) * mul
    u = _right(e + f, 43) + _right(g, 30) + h
    return _of_two(u, e + _right(f + a, 18) + g, mul)


def _seeded(rows: Array, at: int, a: Array, b: Array) -> tuple[Array, Array]:
    """Two numbers of 32 bytes and two seeds."""
    w, x, y, z = (_word(rows, at + 8 * place) for place in range(4))
    a = a + w
    b = _right(b + a + z, 21)
    c = a
    a = a + x + y
    return a + z, b + _right(a, 44) + c


def _longer(rows: Array) -> Array:
    count, length = rows.shape
    zero: Array = np.zeros(count, np.uint64)
    y = zero + ((81 * K1 + 113) & FULL)
    z = _mix(y * K2 + 113) * K2
    v, w = (zero, zero), (zero, zero)
    x = _word(rows, 0) + (81 * K2 & FULL)
    end = (length - 1) // 64 * 64
    for start in range(0, end + 64, 64):
        at, mul, times = start, zero + K1, 1
        if start == end:  # the last 64 bytes, some of them once more
            at = length - 64
            mul, times = ((z & 0xFF) << 1) + K1, 9
            w = (w[0] + ((length - 1) & 63), w[1])
            v = (v[0] + w[0], v[1])
            w = (w[0] + v[0], w[1])
        x = _right(x + y + v[0] + _word(rows, at + 8), 37) * mul
        y = _right(y + v[1] + _word(rows, at + 48), 42) * mul
        x = x ^ w[1] * times
        y = y + v[0] * times + _word(rows, at + 40)
        z = _right(z + w[0], 33) * mul
        v = _seeded(rows, at, v[1] * mul, x + w[0])
        w = _seeded(rows, at + 32, z + w[1], y + _word(rows, at + 16))
        z, x = x, z
    u = _of_two(v[0], w[0], mul) + _mix(y) * K0 + z
    return _of_two(u, _of_two(v[1], w[1], mul) + x, mul)
