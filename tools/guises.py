"""Compute as older processors would, and say whether the stories stay the same: `make guises`.

Takes ten minutes, and is no part of the tests. Each guise takes instructions or threads from a library, by the
library's own setting. The stories of the sample have to stay; last bits of vectors may change, and with them the map.
Then the tests of what computes run in all guises at once.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

TOP = Path(__file__).parent.parent
#: If a name has two values, the later one is the older processor's.
GUISES = """ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell OPENBLAS_L2_SIZE=262144
    ONEDNN_MAX_CPU_ISA=SSE41 ATEN_CPU_CAPABILITY=default OPENBLAS_CORETYPE=Prescott NUMBA_CPU_NAME=generic
    FAISS_OPT_LEVEL=generic NPY_DISABLE_CPU_FEATURES=X86_V3 OMP_NUM_THREADS=1""".split()
MODULES = """golden spanning_tree hierarchy clustering differential space shared neighbors blend layout settings packing
    reproducible newcomers embedding print_map run_page""".split()


def stories(**guise: str) -> pd.DataFrame:
    """The story of each row of the sample, as `make run` finds it, and HDBSCAN's own before noise is assigned."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "newsclust", "run", str(TOP / "params/quickstart.yaml")]
        subprocess.run(command, cwd=folder, env=os.environ | guise, stdout=subprocess.DEVNULL, check=True)
        return pd.read_csv(next(Path(folder).rglob("clusters.csv")))[["cluster", "hdbscan_cluster"]]


if __name__ == "__main__":
    here = stories()
    for guise in GUISES:
        others = (stories(**dict([guise.split("=")])) != here).any(axis=1).sum()
        print(f"{guise:36} {f'{others} rows in OTHER STORIES' if others else 'the same stories'}", flush=True)
    tests = [str(next(TOP.glob(f"tests/**/test_{name}.py"))) for name in MODULES]
    oldest = os.environ | dict(guise.split("=") for guise in GUISES)
    del oldest["OPENBLAS_L2_SIZE"]  # with Prescott's kernels and this value, products in OpenBLAS 0.3 never end
    sys.exit(subprocess.run([sys.executable, "-m", "pytest", "-q", *tests], cwd=TOP, env=oldest).returncode)
