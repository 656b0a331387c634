"""Look at many bytes at once: the few machine-wide loads that the scanner is built on.

Each function has two bodies. The plain one below is what Python runs (and what CI runs with
``NUMBA_DISABLE_JIT=1``); it checks its bounds. Inside a kernel the same name stands for a few
vector instructions that check nothing: the caller sees to it that `WIDTH` bytes can be read.
A little-endian machine is taken for granted, as numba does.

Kernels hand `pointer(array)` to their helpers, not the array: every array argument is a
reference counted up and down by atomic instructions, and 1240 ns a record became 160 without.
"""

from collections.abc import Callable
from typing import Any, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped, unused-ignore]
from numba import types
from numba.extending import intrinsic, overload
from numpy.typing import NDArray

WIDTH = 32
"""How many bytes a vector function reads from `at` on."""

TEXT = types.Array(types.uint8, 1, "C", readonly=True)
"""The type of a buffer in a kernel's signature; writable ones are taken too."""

# Numba's own annotations give an intrinsic the arguments of its compiler, not those of its callers.
_intrinsic: Callable[[Callable[..., Any]], Any] = cast("Any", intrinsic)
_overload: Callable[[Callable[..., int]], Callable[[Callable[..., Any]], Any]] = cast("Any", overload)
_pointer_to: Any = types.CPointer
_VECTOR = ir.VectorType(ir.IntType(8), WIDTH)
_WORD = ir.IntType(64)
Emit = Callable[..., Any]


def pointer(array: NDArray[Any]) -> NDArray[Any]:
    """Return what a kernel's helpers index in place of a flat array that the kernel was given.

    In a kernel it is an address: no bounds, no negative indices, and the array must outlive it.
    """
    return array


def _taken(text: NDArray[np.uint8], at: int, width: int) -> bytes:
    """Return `width` bytes from `at`; IndexError if they are not all there."""
    if at < 0 or at + width > text.size:
        raise IndexError(f"bytes {at} to {at + width} asked of a buffer of {text.size}")
    return text[at : at + width].tobytes()


def _bits(flags: list[bool]) -> int:
    return sum(1 << lane for lane, flag in enumerate(flags) if flag)


def _run(flags: list[bool]) -> int:
    return flags.index(False) if False in flags else len(flags)


def word(text: NDArray[np.uint8], at: int) -> int:
    """Return the eight bytes from `at` as a signed integer, the first byte lowest."""
    return int.from_bytes(_taken(text, at, 8), "little", signed=True)


def ordinary_run(text: NDArray[np.uint8], at: int) -> int:
    """Return how many of the next 32 bytes, before the first other one, can stand in a plain string.

    That is printable ASCII but for the quote and the backslash.
    """
    return _run([0x20 <= byte <= 0x7E and byte not in b'"\\' for byte in _taken(text, at, WIDTH)])


def digit_run(text: NDArray[np.uint8], at: int) -> int:
    """Return how many of the next 32 bytes, before the first other one, are digits."""
    return _run([0x30 <= byte <= 0x39 for byte in _taken(text, at, WIDTH)])


def digit_mask(text: NDArray[np.uint8], at: int) -> int:
    """Return 32 bits, the lowest for the first byte, set where a digit stands."""
    return _bits([0x30 <= byte <= 0x39 for byte in _taken(text, at, WIDTH)])


def newline_mask(text: NDArray[np.uint8], at: int) -> int:
    """Return 32 bits, the lowest for the first byte, set where a newline stands."""
    return _bits([byte == 0x0A for byte in _taken(text, at, WIDTH)])


def newline_count(text: NDArray[np.uint8], at: int) -> int:
    """Return how many of the next 32 bytes are newlines."""
    return _taken(text, at, WIDTH).count(b"\n")


def equal_mask(text: NDArray[np.uint8], one: int, other: int) -> int:
    """Return 32 bits, the lowest for the first byte, set where the bytes at two places agree."""
    pairs = zip(_taken(text, one, WIDTH), _taken(text, other, WIDTH), strict=True)
    return _bits([a == b for a, b in pairs])


def lowest_bit(mask: int) -> int:
    """Return the number of the lowest bit that is set in `mask`, which must not be 0."""
    return (int(mask) & -int(mask)).bit_length() - 1


# Below, the same in machine terms.


def _load(builder: Any, text: Any, at: Any, kind: Any) -> Any:
    place = builder.bitcast(builder.gep(text, [at]), kind.as_pointer())
    return builder.load(place, align=1)


def _same(value: int) -> Any:
    return ir.Constant(_VECTOR, [value] * WIDTH)


def _ordinary(builder: Any, lanes: Any) -> Any:
    printable = builder.icmp_unsigned("<", builder.sub(lanes, _same(0x20)), _same(0x5F))
    not_quote = builder.icmp_unsigned("!=", lanes, _same(0x22))
    not_backslash = builder.icmp_unsigned("!=", lanes, _same(0x5C))
    return builder.and_(printable, builder.and_(not_quote, not_backslash))


def _digit(builder: Any, lanes: Any) -> Any:
    return builder.icmp_unsigned("<", builder.sub(lanes, _same(0x30)), _same(10))


def _newline(builder: Any, lanes: Any) -> Any:
    return builder.icmp_unsigned("==", lanes, _same(0x0A))


def _to_mask(builder: Any, flags: Any) -> Any:
    return builder.zext(builder.bitcast(flags, ir.IntType(WIDTH)), _WORD)


def _to_run(builder: Any, flags: Any) -> Any:
    others = builder.xor(_to_mask(builder, flags), ir.Constant(_WORD, (1 << WIDTH) - 1))
    return builder.cttz(builder.or_(others, ir.Constant(_WORD, 1 << WIDTH)), ir.Constant(ir.IntType(1), 1))


def _to_count(builder: Any, flags: Any) -> Any:
    return builder.ctpop(_to_mask(builder, flags))


def _vector_function(plain: Callable[..., int], test: Emit, result: Emit) -> None:
    """Let kernels read `plain(text, at)` as: load a vector, `test` its lanes, hand back a `result`."""

    @_intrinsic
    def emitted(typing: Any, text: Any, at: Any) -> Any:
        def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            lanes = _load(builder, args[0], args[1], _VECTOR)
            return result(builder, test(builder, lanes))

        return types.int64(text, types.int64), emit

    @_overload(plain)
    def in_kernels(text: Any, at: Any) -> Any:
        def body(text: Any, at: Any) -> Any:
            return emitted(text, at)

        return body


_vector_function(ordinary_run, _ordinary, _to_run)
_vector_function(digit_run, _digit, _to_run)
_vector_function(digit_mask, _digit, _to_mask)
_vector_function(newline_mask, _newline, _to_mask)
_vector_function(newline_count, _newline, _to_count)


@_intrinsic
def _emitted_pointer(typing: Any, array: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.make_array(signature.args[0])(context, builder, args[0]).data

    return _pointer_to(array.dtype)(array), emit


@_overload(cast("Any", pointer))
def _pointer(array: Any) -> Any:
    def body(array: Any) -> Any:
        return _emitted_pointer(array)

    return body


@_intrinsic
def _emitted_word(typing: Any, text: Any, at: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _load(builder, args[0], args[1], _WORD)

    return types.int64(text, types.int64), emit


@_intrinsic
def _emitted_equal(typing: Any, text: Any, one: Any, other: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        here = _load(builder, args[0], args[1], _VECTOR)
        there = _load(builder, args[0], args[2], _VECTOR)
        return _to_mask(builder, builder.icmp_unsigned("==", here, there))

    return types.int64(text, types.int64, types.int64), emit


@_intrinsic
def _emitted_lowest(typing: Any, mask: Any) -> Any:
    def emit(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), emit


@_overload(word)
def _word(text: Any, at: Any) -> Any:
    def body(text: Any, at: Any) -> Any:
        return _emitted_word(text, at)

    return body


@_overload(equal_mask)
def _equal_mask(text: Any, one: Any, other: Any) -> Any:
    def body(text: Any, one: Any, other: Any) -> Any:
        return _emitted_equal(text, one, other)

    return body


@_overload(lowest_bit)
def _lowest_bit(mask: Any) -> Any:
    def body(mask: Any) -> Any:
        return _emitted_lowest(mask)

    return body
