"""A run's parameters, checked before anything expensive starts."""

from __future__ import annotations

import difflib
import html
import shlex
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from ..errors import NewsclustError
from ..vectors.store import Store

Count = Annotated[int, Field(ge=1)]


class Parameters(BaseModel):
    """The parameters of ``notebooks/cluster.ipynb``; the defaults are the tutorial's numbers.

    The comments in the notebook's first cell say what each of them does.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    data: Annotated[str, Field(min_length=1)] = "sample"
    model: Annotated[str, Field(min_length=1)] = "minilm"
    uri: Annotated[str, Field(min_length=1)] = "milvus.db"
    collection: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")] = "news_data"
    k: Count = 50
    search: Literal["auto", "exact", "ivf", "milvus"] = "auto"
    index: Annotated[str, Field(pattern=r"^[A-Z0-9_]+$")] = "FLAT"
    index_params: dict[str, Any] = {}
    search_params: dict[str, Any] = {}
    min_samples: Count = 3
    min_cluster_size: Annotated[int, Field(ge=2)] = 3
    distance: Literal["euclidean", "squared"] = "euclidean"
    cluster_selection_method: Literal["eom", "leaf"] = "eom"
    cluster_selection_epsilon: Annotated[float, Field(ge=0)] = 0.0
    max_cluster_size: Annotated[int, Field(ge=0)] = 0
    allow_single_cluster: bool = False
    assign_noise: bool = False
    n_components: Literal[2, 3] = 2
    n_neighbors: Annotated[int, Field(ge=2)] = 80
    min_dist: Annotated[float, Field(ge=0, le=1)] = 0.1
    seed: Annotated[int, Field(ge=0, lt=2**32)] | None = 42
    truth: Annotated[str, Field(min_length=1)] | None = None
    output: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _enough_neighbors(self) -> Parameters:
        if self.k < self.min_samples:
            raise ValueError(
                f"k is {self.k}, but a document's density is measured at neighbour number min_samples = "
                f"{self.min_samples}: raise k to at least {self.min_samples} or lower min_samples"
            )
        return self

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from the defaults."""
        return {
            name: value for name, value in self.model_dump().items() if value != type(self).model_fields[name].default
        }

    @property
    def hdbscan(self) -> dict[str, Any]:
        """The arguments of `newsclust.clusters.clustering.cluster`."""
        names = """min_samples min_cluster_size distance cluster_selection_method cluster_selection_epsilon
        max_cluster_size allow_single_cluster"""
        return {name: getattr(self, name) for name in names.split()}

    @property
    def store(self) -> Store:
        """The collection these parameters name."""
        return Store(self.uri, self.collection, self.model, self.index, self.index_params, self.search_params)

    def command(self, output: str = "out.ipynb") -> str:
        """The papermill command that repeats the run."""
        words = ["papermill", "notebooks/cluster.ipynb", output]
        for name, value in self.changed.items():
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                words += ["-r" if _looks_like_no_text(value) else "-p", name, str(value)]
            else:
                words += ["-y", yaml.safe_dump({name: value}, default_flow_style=True).strip()]
        return shlex.join(words)

    def _repr_html_(self) -> str:
        cells = [
            f"<tr><td><code>{name}</code></td><td>{html.escape(str(value))}</td>"
            f"<td>{'' if name in self.changed else 'default'}</td></tr>"
            for name, value in self.model_dump().items()
        ]
        head = "<tr><th>parameter</th><th>value</th><th></th></tr>"
        return f"<table><thead>{head}</thead><tbody>{''.join(cells)}</tbody></table>"


def check_parameters(namespace: dict[str, Any]) -> Parameters:
    """Check a notebook's parameters: their names, types, ranges, and that they fit together.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``, so that a misspelt parameter, which papermill sets as a new variable, is seen.

    Returns
    -------
    Parameters

    Raises
    ------
    NewsclustError
        In one sentence, before anything is read, embedded or opened.
    """
    names = set(Parameters.model_fields)
    for name, value in namespace.items():
        # The notebook's own results are no plain values, so whatever is plain and nearly a parameter is a slip.
        if name not in names and not name.startswith("_") and isinstance(value, (str, int, float, dict)):
            meant = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
            if meant:
                raise NewsclustError(f"there is no parameter {name!r}; did you mean {meant[0]!r}?")
    return make_parameters({name: namespace[name] for name in names if name in namespace})


def make_parameters(values: dict[str, Any]) -> Parameters:
    """`Parameters` of `values`, or a `NewsclustError` that says in one sentence what is wrong with them."""
    try:
        parameters = Parameters(**values)
    except ValidationError as error:
        raise NewsclustError("; ".join(dict.fromkeys(map(_sentence, error.errors())))) from None
    parameters.store  # noqa: B018  checks model and uri
    return parameters


def _looks_like_no_text(value: Any) -> bool:
    """Whether papermill's -p would make something else of this text."""
    if not isinstance(value, str):
        return False
    try:
        float(value)
    except ValueError:
        return value in ("True", "False", "None")
    return True


def _sentence(error: dict[str, Any]) -> str:
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    name = str(error["loc"][0])
    if error["type"] == "extra_forbidden":
        meant = difflib.get_close_matches(name, Parameters.model_fields, n=1)
        return f"there is no parameter {name!r}" + (f"; did you mean {meant[0]!r}?" if meant else "")
    if name == "collection":
        return f"collection is {error['input']!r}; it should be letters, digits and underscores, a letter first"
    message = error["msg"].replace("Input should be", "it should be").replace("String should", "it should")
    return f"{name} is {error['input']!r}; {message}"
