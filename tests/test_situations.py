"""The main job where people run it: another user's container, a read-only folder, behind a proxy, on a full disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest
from numba.core.caching import _CacheLocator

import newsclust

TOP = Path(__file__).parent.parent
ROOT = hasattr(os, "getuid") and os.getuid() == 0
STRANGER = 12345  # a user id without a name, and with it without a home

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="users, mounts and locales are tried on Linux")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own, with 27 headlines and room for results."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for made in ("work", "results", "home"):
            (folder / made).mkdir()
            (folder / made).chmod(0o777)
        rows = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str)
        stories = rows["story"].value_counts().drop("one-off").index[:5]
        rows[rows["story"].isin(stories)].head(27).to_csv(folder / "work/mine.csv", index=False)
        yield folder


def run(
    place: Path,
    *command: str,
    work: str | Path = "work",
    before: str = "",
    stranger: bool = False,
    **environment: str,
) -> subprocess.CompletedProcess:
    """A module of Python, run in the folder `work`; as another user where `stranger`.

    What has to be mounted for that, or by the shell command `before`, is seen by this process alone.
    """
    words = [sys.executable, "-m", *command]
    script = [_opened(place), f"cd '{place / work}'", before]
    if before or (stranger and ROOT):
        drop = f"setpriv --reuid {STRANGER} --regid {STRANGER} --clear-groups" if stranger else ""
        words = ["unshare", "--mount", "sh", "-ec", "\n".join([*script, f'exec {drop} "$@"']), "sh", *words]
    plain = {name: os.environ[name] for name in ("PATH", "LANG", "OMP_WAIT_POLICY") if name in os.environ}
    source = {"HOME": str(place / "home"), "PYTHONPATH": str(Path(newsclust.__file__).parents[1])}
    return subprocess.run(
        words,
        cwd=place / work,
        env=plain | source | environment,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=300,
    )


def _opened(place: Path) -> str:
    """Shell commands that let every user reach Python and this checkout, where they lie in one user's home."""
    commands = [f"mkdir '{place}/kept'"]
    for number, path in enumerate([Path(sys.base_prefix), Path(sys.prefix), TOP]):
        closed = [parent for parent in (path, *path.parents) if not parent.stat().st_mode & 0o001]
        if closed:
            kept = f"'{place}/kept/{number}'"
            commands += [f"mkdir {kept}", f"mount --bind '{path}' {kept}"]
            commands += [f"mountpoint -q '{closed[-1]}' || mount -t tmpfs -o mode=755 tmpfs '{closed[-1]}'"]
            commands += [f"mkdir -p '{path}'", f"mount --bind {kept} '{path}'"]
    return "\n".join(commands)


def cluster(place: Path, *arguments: str, **how) -> subprocess.CompletedProcess:
    """The notebook, run by papermill."""
    notebooks = [str(TOP / "notebooks/cluster.ipynb"), str(place / "results/out.ipynb")]
    given = ["-p", "data", "mine.csv", "-p", "output", str(place / "results/out"), *arguments]
    return run(place, "papermill", "--no-progress-bar", *notebooks, *given, **how)


def check(place: Path, done: subprocess.CompletedProcess, output: str = "") -> None:
    """See that all results are there."""
    assert done.returncode == 0, done.stderr[-3000:]
    rows = pd.read_csv(place / (output or "results/out") / "clusters.csv")
    assert len(rows) == 27 and rows["cluster"].notna().all() and rows["x"].notna().all()
    metrics = json.loads((place / (output or "results/out") / "metrics.json").read_text())
    assert metrics["n_clusters"] >= 2


def told(place: Path) -> str:
    """What the notebook told on its standard error."""
    notebook = json.loads((place / "results/out.ipynb").read_text(encoding="utf-8"))
    outputs = [output for cell in notebook["cells"] for output in cell.get("outputs", [])]
    return "".join("".join(output["text"]) for output in outputs if output.get("name") == "stderr")


def need_mounts() -> None:
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        pytest.skip("needs root, to mount and to become another user")


def compiled(place: Path) -> Path:
    """A copy of what numba has compiled for this user, which another one may write in: it takes half a minute."""
    libraries = [Path(spec.origin).parent for spec in map(find_spec, ("umap", "pynndescent")) if spec and spec.origin]
    for folder in [*(TOP / "src").rglob("__pycache__"), *(library / "__pycache__" for library in libraries)]:
        there = place / "numba" / _CacheLocator.get_suitable_cache_subpath(folder.with_name("any.py"))
        there.mkdir(parents=True, exist_ok=True)
        there.chmod(0o777)
        for file in folder.glob("*.nb[ci]"):
            shutil.copyfile(file, there / file.name)
    return place / "numba"


def test_a_user_without_name_home_or_a_folder_to_write_in_gets_results_elsewhere(place):
    """As in a container that was started with another user's id, on a checkout that is part of its image.

    The folder's name is in other scripts, the locale is the plainest, and a proxy answers nobody: none of them may lead
    away from a local file.
    """
    if ROOT:  # who may write anywhere
        need_mounts()
    proxies = dict.fromkeys([f"{kind}_proxy" for kind in ("http", "https", "grpc", "all")], "http://127.0.0.1:9")
    proxies |= {name.upper(): address for name, address in proxies.items()}
    work = place / "my news/أخبار/新闻 {k}"
    work.parent.mkdir(parents=True)
    shutil.move(place / "work", work)
    rows = pd.read_csv(work / "mine.csv", dtype=str)
    rows["title"] = "“" + rows["title"] + "” – 新闻 خبر"
    rows.to_csv(work / "أخبار 新闻.csv", index=False)
    work.chmod(0o555)
    output = str(place / "results/نتائج 结果")
    given = ["-p", "data", "أخبار 新闻.csv", "-p", "output", output]
    plain = {"HOME": "/", "TMPDIR": str(place / "home"), "LC_ALL": "C"} | proxies
    plain["NUMBA_CACHE_DIR"] = str(compiled(place))
    check(place, cluster(place, *given, work=work, stranger=True, **plain), output)
    work.chmod(0o755)
    assert "milvus.db can't be kept in" in told(place) and "instead" in told(place)
    assert {path.name for path in work.iterdir()} == {"mine.csv", "أخبار 新闻.csv"}
    assert "新闻 خبر" in Path(output, "clusters.csv").read_text(encoding="utf-8")


def test_numba_has_a_folder_also_where_a_user_may_write_neither_beside_the_code_nor_in_a_home(place):
    if ROOT:
        need_mounts()
    code = """
        from newsclust.paths import give_numba_a_folder
        give_numba_a_folder()
        from numba import njit
        print(njit(cache=True)(lambda x: 2 * x)(21))
    """
    (place / "work/double.py").write_text(textwrap.dedent(code))
    (place / "work").chmod(0o555)
    done = run(place, "double", stranger=True, HOME="/", TMPDIR=str(place / "home"))
    (place / "work").chmod(0o755)
    assert done.stdout == "42\n", done.stderr
    assert list((place / "home").rglob("double*.nbi"))


def test_newsclust_run_says_where_it_cannot_write(place):
    if ROOT:
        need_mounts()
    (place / "work/mine.yaml").write_text("data: mine.csv\n")
    (place / "work").chmod(0o555)
    done = run(place, "newsclust", "run", "mine.yaml", stranger=True)
    (place / "work").chmod(0o755)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "reports/mine can't be written (Permission denied): check its permissions" in done.stderr


def test_a_full_disk_costs_no_results_that_fit_elsewhere(place):
    need_mounts()
    (place / "small").mkdir()
    code = f"import newsclust\nnewsclust.find('mine.csv', output={str(place / 'results/out')!r})\n"
    (place / "work/find.py").write_text(code)
    mounted = "mount -t tmpfs -o size=200k tmpfs ../small; cp mine.csv find.py ../small; cd ../small"
    check(place, run(place, "find", before=f"{mounted}; head -c 40k /dev/zero > fill"))
