"""Memory asked for ahead of its use, in machine code."""

from __future__ import annotations

from llvmlite import ir
from numba import njit
from numba.core import types
from numba.extending import intrinsic

LINE = 64  # bytes that come from memory at once

FLAG = ir.IntType(32)
#: What `llvm.prefetch` is told (LLVM Language Reference Manual): it is for reading, to be kept in all caches, and data.
READ, KEEP, DATA = FLAG(0), FLAG(3), FLAG(1)


@intrinsic
def ask_for(typingctx, array, place):
    """Have the memory around `array[place]`, of one dimension, brought into the cache, and wait for nothing.

    A loop that knows where it is going to read asks some steps before, and does not stand still when it gets there.
    """

    def generate(context, builder, signature, arguments):
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        takes = ir.FunctionType(ir.VoidType(), [address.type, FLAG, FLAG, FLAG])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [address.type], takes)
        builder.call(prefetch, [address, READ, KEEP, DATA])
        return context.get_dummy_value()

    return types.void(array, types.intp), generate


@njit(nogil=True, inline="always")
def ask_for_some(array, start, end):
    """`ask_for` what is in `array` from `start` to `end`, and never less than one line."""
    for place in range(start, end, LINE // array.itemsize):
        ask_for(array, place)
    ask_for(array, end - 1)  # which begins where no line does
