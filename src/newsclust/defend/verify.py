"""Repeat a finished run from its record alone, and compare the results with those of the run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..corpus.documents import BUNDLED, MILVUS
from ..corpus.facts import headlines
from ..errors import NewsclustError, RunError, no_notices
from ..paths import find_input
from ..pipeline import find
from ..run.correction_files import CORRECTIONS, recorded_corrections
from ..run.parameters import LITE_INDEXES
from ..run.record import FIGURES
from ..run.results import Run
from ..run.stored import StoredRun, read_results
from ..run.traces import traces
from ..stories.corrections import COLUMNS
from ..stories.settings import AUTO
from ..vectors.models import MINILM
from ..wording import count

#: Numbers that differ by less are equal: clusters.csv has six digits, and a sum's last digits depend on the processor.
NEARLY = 1e-4
#: Vectors that differ by no more than this are from the same model and precision, on another processor or library.
DIGITS = 2e-5
#: Up to this difference, the precision may differ.
PRECISION = 0.05
#: What can make each differ if all before it agree.
CAUSES = {
    "corpus": "another file, or a version that reads it differently",
    "vectors": "another model or precision, or another version of torch",
    "neighbours": "another search, or another version of faiss-cpu or newsclust",
    "clusters": "other settings, or another version of newsclust or scikit-learn",
    "layout": "another seed, another version of umap-learn or numba, or another processor",
    "metrics": "another version of newsclust, scikit-learn or hdbscan",
}
#: The most headlines named.
NAMED = 3


@dataclass(frozen=True)
class Check:
    """Whether one thing agrees (None if unknown), and a sentence about it."""

    name: str
    agrees: bool | None
    said: str


@dataclass(frozen=True)
class Verdict:
    """The result of a repetition.

    Attributes
    ----------
    run : str
    checks : list of Check
        In the order in which data flows.
    elsewhere : list of str
        Differences between here and where the run was made: versions, processor, code.
    """

    run: str
    checks: list[Check]
    elsewhere: list[str]

    @property
    def agrees(self) -> bool:
        return all(check.agrees is not False for check in self.checks)

    @property
    def reason(self) -> str:
        """What can explain the first difference; "" if there is none. Later differences may follow from it alone."""
        names = [check.name for check in self.checks]
        first = next((check.name for check in self.checks if check.agrees is False), None)
        if first is None:
            return ""
        rest = names[names.index(first) + 1 :]
        said = [f"The first difference is in the {first}: {CAUSES[first]} can explain it."]
        if rest:
            said.append(f"What differs in {', '.join(rest)} can follow from it.")
        if self.elsewhere:
            said.append(f"Different here and in the record: {'; '.join(self.elsewhere)}.")
        elif first != "corpus":
            said.append(
                "Versions and processor are those of the record, so one of its files or parameters was changed."
            )
        return " ".join(said)

    def __repr__(self) -> str:
        marks = {True: "agrees", False: "DIFFERS", None: "unknown"}
        lines = [f"{check.name + ':':12}{marks[check.agrees]}. {check.said}" for check in self.checks]
        unknown = [check.name for check in self.checks if check.agrees is None]
        but = f", except for what is unknown: {', '.join(unknown)}" if unknown else ""
        said = f"agrees with its repetition{but}." if self.agrees else f"differs from its repetition. {self.reason}"
        return "\n".join([*lines, f"{self.run} {said}"])


def verify(folder: str | Path, data: str | None = None, trust: bool = False) -> Verdict:
    """Repeat a run from its record, and compare.

    Only the run's folder is read, nothing else that it stored: the headlines are embedded again into a new database,
    without cache, in a temporary folder. The language model of `title_model` is never asked, and no server's token is
    read. Stories are compared by what is in them, not by their numbers or titles.

    Parameters
    ----------
    folder : str or Path
        A run's folder, or its name under ``reports/``.
    data : str, optional
        The headlines, if they are not the bundled sample.
    trust : bool
        Whether the record may name the headlines' file or address, the model, and the earlier run.

    Raises
    ------
    NewsclustError
        If the run can't be repeated; the message says what to do.
    """
    run = read_results(folder)
    name = run.name
    with _damaged(name):
        given = _asked(run, data, trust)
    with (
        no_notices(),
        tempfile.TemporaryDirectory(prefix="newsclust-", ignore_cleanup_errors=True) as alone,
        contextlib.chdir(alone),  # relative paths start here, and the cache is here
    ):
        if len(rows := recorded_corrections(run.folder)):
            rows.to_csv(CORRECTIONS, columns=list(COLUMNS), index=False)
            given["corrections"] = CORRECTIONS
        try:
            repeated = find(**given, uri=str(Path(alone) / "verify.db"))
        except NewsclustError as error:
            raise RunError(f"{name} can't be repeated: {error}") from None
        with _damaged(name):
            return Verdict(name, _checks(run, repeated), _elsewhere(run, repeated))


@contextlib.contextmanager
def _damaged(name: str) -> Iterator[None]:
    """Turn errors from a damaged record into one sentence."""
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RunError(f"the record of {name} is damaged: run it again.") from None


def _asked(run: StoredRun, data: str | None, trust: bool) -> dict[str, Any]:
    """The parameters of the repetition: those of the record, without those that an untrusted record must not set."""
    named, model = run.record.parameters.get("data"), run.record.parameters.get("model")
    if named == MILVUS:
        raise RunError(f"{run.name} is of a collection in Milvus, which may have changed: run it again and compare.")
    named = named if isinstance(named, list) else [named]
    may_data = data is not None or {*map(str, named)} <= set(BUNDLED)
    asked = ("headlines", named, may_data, "give the file with --data, or "), ("model", [model], model == MINILM, "")
    for what, names, may, way in asked:
        if not (may or trust):
            raise RunError(
                f"the record of {run.name} names {', '.join(map(str, names))[:200]!r} as its {what}, and a record may "
                f"come from anyone: {way}give --trust if the run is yours."
            )
    chosen = {"min_samples", "min_cluster_size"} & set(run.record.provenance.get("chosen", ()))
    given = run.parameters.model_dump() | dict.fromkeys(chosen, AUTO)
    on_server, found = "://" in given["uri"], [_absolute(one) for one in (named if data is None else [data])]
    given |= {"data": found if len(found) > 1 else found[0]}
    if find_input(given["model"]).exists():
        given["model"] = str(find_input(given["model"]))
    # The earlier run only gives the stories their numbers; the record has the corrections themselves.
    for name in ("uri", "output", "title_model", "previous", "corrections", "write_labels", "filter"):
        del given[name]
    if on_server or given["search"] == "milvus" and given["index"] not in LITE_INDEXES:
        given |= {"search": "auto", "index": "FLAT", "index_params": {}, "search_params": {}}
    return given


def _absolute(data: str) -> str:
    return data if data in (*BUNDLED, "kaggle") or "://" in data else str(find_input(data))


def _checks(run: StoredRun, repeated: Run) -> list[Check]:
    kept = run.record.traces
    ids = sorted({int(one) for part in kept.values() for one in part["documents"]})
    here = traces(repeated.links.vectors.embeddings, repeated.links.clustered, ids)
    vectors, neighbours = (_traced(name, run, here) for name in ("vectors", "neighbours"))
    corpus = _corpus(run, repeated)
    close = bool(corpus.agrees and vectors.agrees) and "bit for bit" not in vectors.said
    return [
        corpus,
        vectors,
        neighbours,
        _clusters(run, repeated),
        _layout(run, repeated, close),
        _metrics(run, repeated),
    ]


def _corpus(run: StoredRun, repeated: Run) -> Check:
    ids, documents = run.ids, repeated.corpus.documents
    if np.array_equal(ids, documents["id"]):
        return Check("corpus", True, f"The same {count(len(ids), 'document')}.")
    new = documents[~documents["id"].isin(ids)]
    gone = run.points[~np.isin(ids, documents["id"])]
    sides = (len(new), "not in the run", headlines(new)), (len(gone), "of the run not in the data", gone["title"])
    said = [
        f"{count(n, 'document')} {'is' if n == 1 else 'are'} {where}, such as {'; '.join(map(repr, titles[:NAMED]))}"
        for n, where, titles in sides
        if n
    ]
    return Check("corpus", False, f"{', and '.join(said)}. The others are compared below.")


def _vectors(kept: dict[str, Any], here: dict[str, Any]) -> tuple[bool | None, str]:
    common, of = _common(kept, here)
    apart = max(float(np.abs(np.subtract(kept["documents"][i], here["documents"][i])).max()) for i in common)
    if apart <= DIGITS:
        return True, f"Of {of} they are {f'equal to {apart:.0e}, as on another processor' if apart else 'the same'}."
    much = "as with another precision" if apart < PRECISION else "too much for another precision: another model"
    return False, f"In {of} a number differs by up to {apart:.1g}, {much}."


def _neighbours(kept: dict[str, Any], here: dict[str, Any]) -> tuple[bool | None, str]:
    common, of = _common(kept, here)
    same = [len(set(kept["documents"][i]) & set(here["documents"][i])) for i in common]
    share = sum(same) / max(sum(len(kept["documents"][i]) for i in common), 1)
    return share == 1, f"Of {of} {share:.1%} of the nearest neighbours are the same."


def _common(kept: dict[str, Any], here: dict[str, Any]) -> tuple[list[str], str]:
    common = sorted(kept["documents"].keys() & here["documents"].keys())
    return common, f"the {count(len(common), 'document')} that the record keeps"


def _traced(name: str, run: StoredRun, here: dict[str, Any]) -> Check:
    """Vectors or neighbours: by their fingerprint, else by those of some documents that the record has."""
    kept = run.record.traces.get(name)
    if kept is None:
        return Check(name, None, "The record keeps nothing to compare them with: an earlier version made it.")
    if kept["fingerprint"] == here[name]["fingerprint"]:
        return Check(name, True, "The same, bit for bit.")
    if not _common(kept, here[name])[0]:
        return Check(name, None, "None of the documents that the record keeps is there.")
    return Check(name, *{"vectors": _vectors, "neighbours": _neighbours}[name](kept, here[name]))


def _clusters(run: StoredRun, repeated: Run) -> Check:
    """Match each earlier story with the story now that shares most with it, if the reverse is true, too; compare."""
    before, now = pd.Series(run.labels, run.ids), pd.Series(repeated.labels, repeated.corpus.ids)
    both = pd.concat({"before": before, "now": now}, axis=1, join="inner")
    counts = both[(both >= 0).all(axis=1)].value_counts().rename("n").reset_index()
    counts = counts.sort_values(["n", "before", "now"], ascending=[False, True, True])
    answer = counts[~counts["before"].duplicated() & ~counts["now"].duplicated()].set_index("before")["now"]
    moved = int((both["before"].map(answer).where(both["before"] >= 0, -1).fillna(-2) != both["now"]).sum())
    n = both["before"][both["before"] >= 0].nunique()
    if not moved:
        return Check("clusters", True, f"The same {count(n, 'story', 'stories')}, headline by headline.")
    told = f"{count(moved, 'headline')} of {len(both):,} {'is' if moved == 1 else 'are'} in another story, or in none."
    return Check("clusters", False, told)


def _layout(run: StoredRun, repeated: Run, close: bool) -> Check:
    """From vectors that are `close`, but not equal bit for bit, UMAP may draw another map."""
    if run.parameters.seed is None:
        return Check("layout", None, "It was drawn without a seed, so each run draws another one.")
    now = pd.DataFrame(repeated.map.layout.coordinates, index=repeated.corpus.documents["id"].to_numpy())
    common = np.isin(run.ids, now.index)
    before = run.coordinates[common]
    if not len(before):
        return Check("layout", None, "No document is in both runs.")
    wide = max(float(np.ptp(before, axis=0).max()), 1e-9)
    apart = np.abs(before - now.loc[run.ids[common]].to_numpy()).max(axis=1) / wide
    if apart.max() <= NEARLY:
        return Check("layout", True, "Every document is in its place.")
    moved, far = count(int((apart > NEARLY).sum()), "document"), f"{np.median(apart):.1%} of the map"
    said = f"{moved} of {len(before):,} moved, half of them by more than {far}."
    if close:
        return Check("layout", None, f"{said} The last digits of the vectors can cause this.")
    return Check("layout", False, said)


def _metrics(run: StoredRun, repeated: Run) -> Check:
    before, now = run.record.metrics, repeated.record.metrics
    shared = [name for name in FIGURES if name in before and name in now]
    other = [name for name in shared if not _equal(before[name], now[name])]
    if not other:
        return Check("metrics", True, f"The same {len(shared)} numbers.")
    said = [f"{name} {_number(before[name])}, here {_number(now[name])}" for name in other]
    return Check("metrics", False, f"{len(other)} of {len(shared)} differ: {'; '.join(said)}.")


def _equal(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else bool(np.isclose(one, other, rtol=NEARLY, atol=1e-6))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _elsewhere(run: StoredRun, repeated: Run) -> list[str]:
    """The differences between here and the record, in words."""
    made, now = run.record.provenance, repeated.record.provenance
    names = "model precision Python platform commit search settings".split()
    facts = [(name, made.get(name), now[name]) for name in names]
    facts += [(name, was, now["versions"].get(name)) for name, was in made.get("versions", {}).items()]
    return [f"{name} {here}, there {was}" for name, was, here in facts if was is not None and was != here]
