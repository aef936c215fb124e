"""A run's parameters, checked before anything expensive starts."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator, model_validator

from ..corpus.documents import MILVUS, check_columns, shown
from ..errors import InputError, ParameterError, notice
from ..paths import can_write, fallback_dir, find_input, find_output, state_dir
from ..vectors.model_choice import AUTO
from ..vectors.models import MINILM
from ..vectors.own_collection import INSIDE, OwnCollection
from ..vectors.own_rows import KEY, VECTOR
from ..vectors.precision import PRECISIONS
from ..vectors.store import Store
from ..wording import quoted
from .correction_files import gather_corrections
from .names import injected, no_such
from .preflight import find_run, run_folders, try_output, try_store
from .values import understood

#: Upper bound of counts: what fits the C integers of the libraries below.
MOST = 2**31 - 1
Count = Annotated[int, Field(ge=1, le=MOST)]
Text = Annotated[str, Field(min_length=1)]
#: Milvus's indexes for vectors of floats, those of Milvus Lite first.
INDEXES = """FLAT IVF_FLAT IVF_SQ8 HNSW HNSW_SQ AUTOINDEX
IVF_PQ IVF_RABITQ HNSW_PQ HNSW_PRQ SCANN DISKANN GPU_BRUTE_FORCE GPU_CAGRA GPU_IVF_FLAT GPU_IVF_PQ""".split()
LITE_INDEXES = INDEXES[:6]
#: Parameters of these indexes that are whole numbers.
_WHOLE = """M efConstruction ef nlist nprobe m nbits nrq search_list reorder_k
intermediate_graph_degree graph_degree itopk_size""".split()
#: The parts of a parameter file of several runs.
PARTS = {"fixed", "grid", "rows"}
#: Pydantic's kinds of errors -> what a value should be, if pydantic uses a programmer's words.
_SHOULD_BE = {
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "True or False",
    "string_type": "a text",
    "string_too_short": "a text",
    "list_type": "a list of texts",
    "dict_type": "a dict",
    "string_pattern_mismatch": "letters, digits and underscores, a letter first",
}


class Parameters(BaseModel):
    """The parameters of ``notebooks/cluster.ipynb``; the defaults are the tutorial's numbers.

    ``make notebooks`` writes their descriptions into the notebook (`listed`). A value that can mean only one thing is
    understood as that (`newsclust.run.values.understood`): "1e-3" is a number, "hnsw" is HNSW.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)

    data: Text | list[Text] = Field(
        "sample",
        description='"sample", "kaggle", "milvus" (your collection), or a file, folder, pattern or address: CSV, RSS',
    )
    columns: dict[str, str] = Field(
        {},
        description='what is not found by itself, such as {"title": "hed", "published_at": "when"}',
        examples=[{"title": "hed", "published_at": "when"}],
    )
    model: Text = Field(
        AUTO, description='"minilm" reads English, "e5" many languages, "auto" chooses; "BAAI/bge-m3" (2.3 GB)'
    )
    precision: Literal[PRECISIONS] = Field("auto", description='of the model; "auto" is float32 on a processor')  # type: ignore[valid-type]  # one list of them
    uri: Text = Field("milvus.db", description='a file ending in .db, or a server such as "http://localhost:19530"')
    collection: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,199}$")] = Field(
        "news_data", description='the collection\'s name in Milvus begins with this; if data is "milvus", it is this'
    )
    filter: Text | None = Field(
        None,
        description='if data is "milvus": which rows to read, a Milvus expression such as "year > 2023"',
        examples=["year > 2023"],
    )
    k: Count = Field(50, description="neighbours of each headline in the graph")
    search: Literal["auto", "exact", "ivf", "milvus"] = Field(
        "auto", description='"exact" or "ivf" in process, "milvus" by the collection\'s index; "auto" chooses'
    )
    index: Literal[tuple(INDEXES)] = Field(  # type: ignore[valid-type]  # one list of them, see `INDEXES`
        "FLAT", description='the index that "milvus" searches: FLAT, IVF_FLAT, HNSW, DISKANN, AUTOINDEX ...'
    )
    index_params: dict[str, Any] = Field(
        {}, description='that index\'s own parameters, such as {"M": 16, "efConstruction": 200}', examples=[{"M": 16}]
    )
    search_params: dict[str, Any] = Field({}, description='such as {"ef": 128}', examples=[{"ef": 128}])
    words: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="weight of shared words in a distance, 0 to 1; 0.2 helps on headlines"
    )
    days: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="weight of closeness in time, 0 to 1; 0.15 helps on dated headlines"
    )
    day_scale: Annotated[float, Field(ge=0.001, le=36500)] = Field(
        3.0, description="days after which closeness in time has fallen to 37 %"
    )
    shared_neighbors: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="weight of near neighbours in common, 0 to 1; 0.3 parts events of one kind"
    )
    fold_copies: bool = Field(
        False, description="True: a headline and its near-copies (nearly the same words) are clustered as one headline"
    )
    distance_floor: Annotated[float, Field(ge=0, le=4)] = Field(
        0.0, description="headlines nearer than this are clustered as though they were this far apart; 0.8 helps"
    )
    min_samples: Count | Literal["auto"] = Field(
        3, description='density is measured at this neighbour; larger: more noise, rounder stories; "auto" chooses'
    )
    min_cluster_size: Annotated[int, Field(ge=2, le=MOST)] | Literal["auto"] = Field(
        3, description='fewer headlines are no story; "auto" chooses'
    )
    distance: Literal["euclidean", "squared"] = Field("euclidean", description='"squared" reproduces the tutorial')
    cluster_selection_method: Literal["eom", "leaf"] = Field("eom", description='"leaf": more and finer stories')
    # 4 is the largest squared distance of unit vectors.
    cluster_selection_epsilon: Annotated[float, Field(ge=0, le=4)] = Field(
        0.0, description="stories closer than this are not split"
    )
    max_cluster_size: Annotated[int, Field(ge=0, le=MOST)] = Field(0, description="no story is larger; 0: no limit")
    allow_single_cluster: bool = Field(False, description="True: all headlines may be one story")
    assign_noise: bool = Field(False, description="True: noise joins the story of its neighbours")
    least_support: Annotated[float, Field(ge=0, le=2)] = Field(
        0.42, description="noise with less support from its neighbours stays noise"
    )
    at_most_alone: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None,
        description="a share, such as 0.05: least_support is lowered until at most this share is in no story",
        examples=[0.05],
    )
    title_model: Text | None = Field(
        None,
        description='a language model that writes the titles, such as "gpt-4o-mini"; None: titles are headlines',
        examples=["gpt-4o-mini"],
    )
    n_components: Literal[2, 3] = Field(2, description="3 draws the map in 3-D")
    n_neighbors: Annotated[int, Field(ge=2, le=MOST)] = Field(
        80, description="of the map: larger shows more of the whole, smaller more detail"
    )
    min_dist: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1, description="of the map: how closely points may be packed"
    )
    seed: Annotated[int, Field(ge=0, le=2**32 - 1)] | None = Field(
        42, description="of the map; None draws another one each time"
    )
    previous: Text | None = Field(
        None,
        description="an earlier run's folder: stories that continue keep their numbers and colours",
        examples=["reports/yesterday"],
    )
    corrections: Text | None = Field(
        None,
        description="a CSV file of corrections, see docs/files.md; corrections.csv in the output folder counts, too",
        examples=["corrections.csv"],
    )
    truth: Text | None = Field(None, description="a column of known stories to compare with", examples=["story"])
    output: Text | None = Field(None, description="a folder for the results", examples=["out/mine"])
    write_labels: bool | Literal[INSIDE] = Field(  # type: ignore[valid-type]  # one word, see `INSIDE`
        False, description='if data is "milvus": True writes stories to <collection>_stories, "inside" into its rows'
    )

    @model_validator(mode="before")
    @classmethod
    def _understand(cls, values: dict[str, Any]) -> dict[str, Any]:
        kinds = {name: field.annotation for name, field in cls.model_fields.items()}
        return {name: understood(value, kinds[name]) if name in kinds else value for name, value in values.items()}

    @field_validator("index_params", "search_params", mode="before")
    @classmethod
    def _whole_numbers(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        values = {name: understood(value, int if name in _WHOLE else float | bool) for name, value in values.items()}
        for name, value in values.items():
            meant = [known for known in _WHOLE if known.casefold() == str(name).casefold()]
            if meant and name not in _WHOLE:
                raise ValueError(f"{name!r} is not known; did you mean {meant[0]!r}?")
            if meant and (type(value) is not int or value < 1):
                raise ValueError(
                    f"{name} is {value!r}; it should be a whole number of at least 1, for example {{{name!r}: 64}}"
                )
        return values

    @field_validator("columns", mode="before")
    @classmethod
    def _known_roles(cls, columns: Any, info: ValidationInfo) -> dict[str, str]:
        if info.data.get("data") != MILVUS or not isinstance(columns, dict):
            return check_columns(columns)
        fields = {role: str(name) for role, name in columns.items() if role in (VECTOR, KEY)}
        return check_columns({role: name for role, name in columns.items() if role not in fields}) | fields

    @field_validator("uri", "output", "model")
    @classmethod
    def _possible_path(cls, path: str | None, info: ValidationInfo) -> str | None:
        try:
            if path and "://" not in path:
                (find_input if info.field_name == "model" else find_output)(path)
        except InputError as error:
            raise ValueError(str(error)) from None  # which gets the parameter's name
        return path

    @model_validator(mode="after")
    def _fit_together(self) -> Parameters:
        if self.words + self.days >= 1:
            raise ParameterError(
                f"words and days are {self.words:g} and {self.days:g}; together they should be less than 1, because "
                "the rest is the weight of the vectors."
            )
        if self.min_samples != "auto" and self.k < self.min_samples:
            raise ParameterError(
                f"k is {self.k}, but a document's density is measured at neighbour number min_samples = "
                f"{self.min_samples}: raise k to at least {self.min_samples} or lower min_samples."
            )
        if self.at_most_alone is not None and not self.assign_noise:
            raise ParameterError(
                f"at_most_alone is {self.at_most_alone:g}, but assign_noise is False: set it to True, so that "
                "headlines in no story may join one."
            )
        if self.previous and self.output and find_output(self.output) in run_folders(self.previous):
            raise ParameterError(
                f"previous is {self.previous!r}, where this run's own results will be written: give each run a folder, "
                "or a parameter file, of its own."
            )
        if self.data != MILVUS and (unread := [name for name in ("filter", "write_labels") if getattr(self, name)]):
            raise ParameterError(f"{unread[0]} is read where data is 'milvus', but data is {shown(self.data)!r}.")
        if self.data == MILVUS and self.search == "milvus":
            raise ParameterError(
                "search is 'milvus', but neighbours in a collection of your own are searched in process: leave 'auto'."
            )
        if self.search == "milvus" and "://" not in self.uri and self.index not in LITE_INDEXES:
            raise ParameterError(
                f"index is {self.index!r}, which only a server has; for the local file {self.uri} it should be one of "
                f"{', '.join(LITE_INDEXES)}."
            )
        return self

    @property
    def changed(self) -> dict[str, Any]:
        """The parameters that differ from the defaults."""
        return {
            name: value for name, value in self.model_dump().items() if value != type(self).model_fields[name].default
        }

    @property
    def store(self) -> Store:
        """The collection that these parameters name; MiniLM's, until the languages decide the model for "auto"."""
        given = {one: getattr(self, one) for one in "collection precision index index_params search_params".split()}
        given["model"] = MINILM if self.model == AUTO else self.model
        if self.data == MILVUS:
            return OwnCollection(self.uri, **given, columns=self.columns, filter=self.filter)
        return Store(self._uri, **given)

    @property
    def _uri(self) -> str:
        """The database; if none was chosen and none can be made here, as in a read-only checkout, one elsewhere."""
        if self.uri != type(self).model_fields["uri"].default:
            return self.uri
        path = find_output(self.uri)
        if path.exists() or can_write(path):
            return self.uri
        folder = fallback_dir()
        folder.mkdir(parents=True, exist_ok=True)
        return str(folder / path.name)

    def command(self, output: str = "out.ipynb") -> str:
        """The papermill command that repeats the run."""
        words = ["papermill", "notebooks/cluster.ipynb", output]
        if self.changed:
            # YAML rather than -p, which guesses at types.
            changed = yaml.safe_dump(
                self.changed, default_flow_style=True, sort_keys=False, allow_unicode=True, width=10**6
            )
            words += ["-y", changed.strip()]
        return shlex.join(words)


def check_parameters(namespace: dict[str, Any]) -> Parameters:
    """Check a notebook's parameters: their names, types, ranges, that they fit together and that a run can begin.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``, so that a misspelt parameter, which papermill sets as a new variable, is seen.
        A value that was understood as another (the text "1e-3" as the number) is replaced there, because the cells
        below read it.

    Returns
    -------
    Parameters

    Raises
    ------
    NewsclustError
        With one sentence, before anything is read, embedded or opened.
    """
    names = set(Parameters.model_fields)
    check_names(namespace, names)
    for name, value in namespace.items():
        # The notebook's own results are no plain values, so a plain one with nearly a parameter's name is a mistake.
        if name not in names and not name.startswith("_") and isinstance(value, (str, int, float, dict)):
            meant = difflib.get_close_matches(name, names, n=1, cutoff=0.8)
            if meant:
                raise ParameterError(f"there is no parameter {name!r}; did you mean {meant[0]!r}?")
    parameters = make_parameters({name: namespace[name] for name in names if name in namespace})
    store = parameters.store
    try_store(parameters.uri, store.path)
    if store.uri != parameters.uri:
        notice(f"{parameters.uri} can't be kept in {Path.cwd()}, which can't be written: {store.uri} is used instead.")
    state_dir("cache")  # if it can't be written, the notice comes now, and once
    if parameters.previous:
        find_run(parameters.previous)
    if parameters.output:
        try_output(parameters.output, shown(parameters.data))
    gather_corrections(parameters.corrections, parameters.output, parameters.previous)
    namespace.update({name: getattr(parameters, name) for name in names if name in namespace})
    return parameters


def listed() -> str:
    """All parameters as Python, in the model's order: one line for each, with its default and what it does."""
    width = max(len(f"{name} = {_literal(field.default)}") for name, field in Parameters.model_fields.items())
    return "\n".join(
        f"{f'{name} = {_literal(field.default)}':{width}}  # {field.description}"
        for name, field in Parameters.model_fields.items()
    )


def check_names(namespace: dict[str, Any], known: Collection[str] = ()) -> None:
    """Refuse names that papermill set in a notebook and that are not among the notebook's parameters.

    Parameters
    ----------
    namespace : dict
        The notebook's ``globals()``.
    known : collection of str
        Parameters that the notebook takes, beside those that its own cells set.

    Raises
    ------
    ParameterError
        With the name that was probably meant.
    """
    given, own = injected(namespace)
    defaults = {name: field.default for name, field in Parameters.model_fields.items()}
    # `newsclust run` sets all parameters, also those that an older notebook does not have.
    others = given - own - set(known)
    unknown = sorted(name for name in others if name not in defaults or namespace.get(name) != defaults[name])
    if PARTS & set(unknown):
        raise ParameterError(
            f"{' and '.join(unknown)}: this is a parameter file for `newsclust run FILE`, such as newsclust run "
            "params/grid.yaml; papermill takes files of parameters alone."
        )
    if unknown:
        first, *more = [no_such(name, known or own or defaults) for name in unknown]
        raise ParameterError(" ".join([first, *(f"{one[0].upper()}{one[1:]}" for one in more)]))


def make_parameters(values: dict[str, Any]) -> Parameters:
    """`Parameters` of `values`, or a `ParameterError` that says in one sentence what is wrong with them."""
    try:
        parameters = Parameters(**values)
    except ValidationError as error:
        errors = groupby(error.errors(), lambda each: str(each["loc"][0]))
        said = "; ".join(_sentence(name, values[name], list(each)) for name, each in errors)
        raise ParameterError(said if said[-1] in ".?" else f"{said}.") from None
    parameters.store  # noqa: B018  checks model and uri
    return parameters


def _literal(value: Any) -> str:
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _sentence(name: str, value: Any, errors: Sequence[Mapping[str, Any]]) -> str:
    first = errors[0]
    if first["type"] == "extra_forbidden":
        return no_such(name, [*Parameters.model_fields, *PARTS])
    if first["type"] == "value_error":
        return f"{name}: {first['ctx']['error']}"
    should = " or ".join(dict.fromkeys(map(_should_be, errors)))
    field = Parameters.model_fields[name]
    example = field.examples[0] if field.examples else field.default
    return f"{name} is {quoted(value)}; it should be {should}, for example {example!r}"


def _should_be(error: Mapping[str, Any]) -> str:
    if isinstance(error["loc"][-1], int):
        return "a list of texts"
    said = error["msg"].removeprefix("Input should be ")
    said = said.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    return _SHOULD_BE.get(error["type"], said)
