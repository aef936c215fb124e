"""Which precision a model computes in: asked for, or what this machine does well."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import ParameterError

PRECISIONS = ("auto", "float32", "bfloat16", "float16")


def choose_precision(asked: str) -> str:
    """The precision for `asked`, one of `PRECISIONS`.

    ``"auto"`` is float32 on a processor, and float16 on a GPU that multiplies it at full speed.

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
    """What to tell who waits: a precision that would be faster on this processor, "" where there is none."""
    flags = _processor_flags()
    if asked != "auto" or has_gpu() or not flags & {"amx_bf16", "avx512_bf16"}:
        return ""
    times = "3 to 4 times" if "amx_bf16" in flags else "about twice"
    return (
        f'precision = "bfloat16" would be {times} as fast on this processor, at a cosine of 0.9999 to these '
        "vectors; it has a collection of its own"
    )


@lru_cache
def _processor_flags() -> frozenset[str]:
    try:
        return frozenset(Path("/proc/cpuinfo").read_text().split("\nflags", 1)[1].split("\n", 1)[0].split())
    except (OSError, IndexError):
        return frozenset()


@lru_cache
def has_gpu() -> bool:
    """Whether PyTorch can compute on a GPU. Without a driver there is none, and PyTorch need not be imported to ask."""
    from shutil import which

    drivers = "/proc/driver/nvidia/version", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg"
    if not any(map(Path.exists, map(Path, drivers))) and which("nvidia-smi") is None:
        return False
    import torch

    return torch.cuda.is_available()


def _halves_are_fast() -> bool:
    import torch

    return torch.cuda.get_device_capability()[0] >= 7  # tensor cores
