"""The precision in which a model computes: as requested, or one that is fast on this machine."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import ParameterError

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def choose_precision(asked: str) -> str:
    """The precision for `asked`, one of `PRECISIONS`.

    ``"auto"`` is float32 on a CPU, and float16 on a GPU that multiplies it at full speed.

    Raises
    ------
    ParameterError
    """
    if asked not in PRECISIONS:
        raise ParameterError(f"precision is {asked!r}; it can be {', '.join(map(repr, PRECISIONS))}.")
    if asked != "auto":
        return asked
    return "float16" if has_gpu() and _halves_are_fast() else "float32"


def faster_precision(asked: str) -> str:
    """A sentence about a precision that would be faster on this processor, "" if there is none."""
    flags = _processor_flags()
    if asked != "auto" or has_gpu() or not flags & {"amx_bf16", "avx512_bf16"}:
        return ""
    times = "3 to 4 times" if "amx_bf16" in flags else "about twice"
    return (
        f'precision = "bfloat16" would be {times} as fast on this processor, with a cosine of 0.9999 to these '
        "vectors, in a separate collection"
    )


@lru_cache
def _processor_flags() -> frozenset[str]:
    try:
        return frozenset(Path("/proc/cpuinfo").read_text().split("\nflags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return frozenset()


@lru_cache
def has_gpu() -> bool:
    """Whether PyTorch can compute on a GPU. Without a driver there is none, and PyTorch is not imported."""
    from shutil import which

    drivers = "/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"
    if not any(map(Path.exists, map(Path, drivers))) and which("nvidia-smi") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _halves_are_fast() -> bool:
    import torch

    return torch.cuda.get_device_capability()[0] >= 7  # tensor cores
