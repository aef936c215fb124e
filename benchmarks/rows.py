"""The comparisons of the benchmarks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from operator import ge, gt, le

#: A row's field, how it compares, and the number it is compared with.
Target = tuple[str, str, float]
COMPARE = {">": gt, ">=": ge, "<=": le}

#: Milvus, then FAISS: newsclust's own limit is two and a half times their time.
NEAR_THE_FLOOR: Target = ("ratio", ">=", 0.4)


@dataclass(frozen=True)
class Comparison:
    """One pipeline of newsclust beside baselines, each of which makes a row.

    Attributes
    ----------
    input : str
        A name in `inputs.INPUTS`.
    task : str
        What both sides do, in words.
    pipeline : str
        A function of `pipelines`.
    baselines : dict
        Functions of `baselines`, and the targets of their rows.
    repeats : int
    grows_from : str
        A smaller input: how newsclust's time grows from it to this one is measured too.
    quick : bool
        Whether ``--quick`` runs it.
    """

    input: str
    task: str
    pipeline: str
    baselines: dict[str, list[Target]]
    repeats: int = 3
    grows_from: str = ""
    quick: bool = False

    def row_name(self, baseline: str) -> str:
        return f"{self.input}: {self.task} / {NAMES[baseline]}"

    def with_baselines(self, baselines: dict[str, list[Target]]) -> Comparison:
        return replace(self, baselines=baselines)


NAMES = {
    "tutorial_to_map": "tutorial",
    "tutorial_to_labels": "tutorial",
    "stream_and_flat": "Milvus read + FAISS flat",
    "hdbscan_on_vectors": "hdbscan",
    "fast_hdbscan_on_graph": "fast_hdbscan",
    "evoc_on_vectors": "EVoC",
    "bertopic_recipe": "BERTopic's recipe",
    "graph_to_labels": "newsclust's graph to labels",
    "tf_idf_of_scikit_learn": "scikit-learn's TfidfVectorizer",
}

TO_MAP = "documents to labels and map", "documents_to_map"
TO_LABELS = "stored vectors to labels", "stored_to_labels"
TO_LABELS_IVF = "stored vectors to labels, ivf", "stored_to_labels_ivf"
FROM_VECTORS = "vectors to labels", "vectors_to_labels"
FROM_GRAPH = "graph to labels", "graph_to_labels"
#: Compared with the time of the graph: the first may take 40 % of it, the second ten times as much.
BLEND = "words and days blended in, and vote", "graph_to_blend_and_vote"
SETTINGS = "settings chosen", "graph_to_settings"
WORDS = "texts to weighed words", "texts_to_words"
#: Compiling takes minutes, once: too long for --quick.
COMPILED: dict[str, list[Target]] = {"evoc_on_vectors": [], "bertopic_recipe": []}

COMPARISONS = [
    Comparison("sample", *TO_MAP, {"tutorial_to_map": []}, quick=True),
    Comparison("sample", *TO_LABELS, {"tutorial_to_labels": [], "stream_and_flat": []}, quick=True),
    Comparison("sample", *FROM_VECTORS, {"hdbscan_on_vectors": []}, quick=True),
    Comparison("sample", *FROM_VECTORS, COMPILED),
    Comparison("stories", *FROM_VECTORS, {"hdbscan_on_vectors": []} | COMPILED),
    Comparison("agnews", *TO_MAP, {"tutorial_to_map": [("ratio", ">=", 8)]}),
    Comparison(
        "agnews",
        *TO_LABELS,
        {"tutorial_to_labels": [("ratio", ">=", 30)], "stream_and_flat": [NEAR_THE_FLOOR]},
    ),
    Comparison("synthetic-10k", *TO_LABELS, {"stream_and_flat": []}, quick=True),
    Comparison("synthetic-10k", *TO_LABELS, {"tutorial_to_labels": []}, repeats=1),
    Comparison("synthetic-10k", *FROM_VECTORS, {"hdbscan_on_vectors": []}, repeats=1),
    Comparison("synthetic-10k", *FROM_VECTORS, COMPILED),
    Comparison("graph-100k", *FROM_GRAPH, {"fast_hdbscan_on_graph": [("ratio", ">", 1)]}),
    Comparison(
        "graph-1m",
        *FROM_GRAPH,
        {"fast_hdbscan_on_graph": [("ratio", ">", 1), ("newsclust_mib", "<=", 2048), ("growth_exponent", "<=", 1.15)]},
        grows_from="graph-100k",
    ),
    # In the first one or two runs the system still allocates huge pages.
    Comparison("graph-1m-texts", *BLEND, {"graph_to_labels": [("ratio", ">=", 2.5)]}, repeats=5),
    Comparison("graph-1m-texts", *SETTINGS, {"graph_to_labels": [("ratio", ">=", 0.1)]}, repeats=1),
    Comparison("graph-1m-texts", *WORDS, {"tf_idf_of_scikit_learn": []}, repeats=1),
    Comparison(
        "synthetic-100k",
        *TO_LABELS,
        {"stream_and_flat": [("newsclust_s", "<=", 360), ("newsclust_mib", "<=", 4096)]},
        repeats=1,
    ),
    Comparison(
        "synthetic-100k",
        *TO_LABELS_IVF,
        {
            "stream_and_flat": [
                ("newsclust_s", "<=", 120),
                ("newsclust_recall", ">=", 0.95),
                ("newsclust_mib", "<=", 4096),
            ]
        },
        repeats=1,
    ),
]
