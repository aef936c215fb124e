"""Parameter files: what they request, and the messages about mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsclust.errors import NewsclustError, NewsclustWarning
from newsclust.grid import plan as plans
from newsclust.grid.plan import read_plan

TOP = Path(__file__).parents[2]


def write(text: str, name: str = "mine.yaml") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def test_every_combination_of_the_lists_is_one_run_with_a_readable_name():
    plan = read_plan(write("fixed:\n  k: 20\ngrid:\n  min_samples: [2, 3]\n  distance: [euclidean, squared]\n"))
    assert plan.varied == ["min_samples", "distance"]
    assert [run.name for run in plan.runs] == [
        "min_samples=2,distance=euclidean",
        "min_samples=2,distance=squared",
        "min_samples=3,distance=euclidean",
        "min_samples=3,distance=squared",
    ]
    assert {run.parameters.k for run in plan.runs} == {20}
    assert plan.runs[3].parameters.output == "reports/mine/min_samples=3,distance=squared"
    assert plan.runs[3].report == Path.cwd() / "reports/mine/min_samples=3,distance=squared/report.html"
    assert plan.page == Path.cwd() / "reports/mine/index.html"


def test_rows_are_runs_of_their_own():
    plan = read_plan(write("rows:\n  - {}\n  - {min_samples: 5}\n  - {min_samples: 5, truth: story}\n"))
    assert [run.name for run in plan.runs] == ["fixed", "min_samples=5", "min_samples=5,truth=story"]
    assert plan.varied == ["min_samples", "truth"]


def test_a_file_of_fixed_parameters_is_a_single_run_with_a_report_beside_its_folder():
    plan = read_plan(write("fixed:\n  min_samples: 5\n"))
    assert [run.parameters.min_samples for run in plan.runs] == [5]
    assert plan.page == Path.cwd() / "reports/mine.html" and plan.runs[0].folder == Path.cwd() / "reports/mine"


def test_parameters_alone_are_a_single_run_as_papermill_reads_them():
    plan = read_plan(write("min_samples: 5\ndata: sample\nindex_params: {M: 8}\n"))
    assert plan.varied == [] and [run.parameters.min_samples for run in plan.runs] == [5]
    assert (
        plan.runs[0].parameters == read_plan(write("fixed: {min_samples: 5, index_params: {M: 8}}")).runs[0].parameters
    )


@pytest.mark.parametrize("path", sorted((TOP / "params").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_files_that_come_along_are_valid(path):
    assert read_plan(path).runs


def test_the_grid_that_comes_along_has_a_dozen_runs():
    assert len(read_plan(TOP / "params/grid.yaml").runs) >= 12


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("fixed:\n  k: 5\nfrozen:\n  k: 6\n", "'frozen' is not known here"),
        ("k: 5\nfixed:\n  k: 6\n", "'k' is not known here; parameters go under fixed, grid or rows"),
        ("gird:\n  k: [5, 6]\n", "there is no parameter 'gird'; did you mean 'grid'?"),
        ("k: 5\nmin_sample: 3\n", "there is no parameter 'min_sample'; did you mean 'min_samples'?"),
        ("k: 5\nmin_samples: [2, 3]\n", "min_samples is [2, 3]"),
        ("fixed:\n  k: 5\n  min_sample: 3\n  min_samples: 3\n", "did you mean 'min_samples'?"),
        (
            "fixed:\n  data: sample\n  k: ten\n",
            "k is 'ten'; it should be a whole number, for example 50",
        ),
        ("fixed:\n  k: 5.5\n", "k is 5.5"),
        ("fixed:\n  distance: near\n", "'euclidean' or 'squared'"),
        ("fixed:\n  truth: no\n", "truth is False"),
        ("fixed:\n  output: here\n", "output is chosen by newsclust"),
        ("fixed:\n  k: 5\n  k: 6\n", "line 3: this cannot be read (k is here twice)"),
        (
            "fixed:\n  k: !strange 5\n",
            "line 2: this cannot be read (could not determine a constructor for the tag '!strange')",
        ),
        ("fixed: [k, 5]\n", "fixed should hold name: value pairs"),
        ("fixed:\n  [k]: 5\n", "line 2: this cannot be read (found unhashable key)"),
        ("- k: 5\n", "the file should hold name: value pairs"),
        ("grid:\n  min_samples:\n    - 2\n    - many\n", "min_samples is 'many'"),
        ("grid:\n  min_samples: 3\n", "should be a list such as [3, 5]"),
        ("fixed:\n  k: 20\ngrid:\n  min_samples: [3]\n  min_cluster_size: []\n", "the grid is empty"),
        ("fixed:\n  k: 20\ngrid:\n", "the grid is empty"),
        ("grid: {}\n", "the grid is empty"),
        ("# nothing yet\nrows: []\n", "the grid is empty"),
        ("rows:\n  - k: 20\n  - 21\n", "a row should hold name: value pairs"),
        ("rows:\n  k: 20\n", "rows should be a list"),
        ("grid:\n  k: [5]\nrows:\n  - k: 5\n", "either grid or rows"),
        ("# only a comment\n", "nothing in this file"),
        ("", "nothing in this file"),
        ("fixed:\n  k: 20\ngrid:\n  min_samples: [3, 3]\n", "asked for twice"),
        (
            "rows:\n  - k: 20\n  - min_samples: 4\n  - {min_samples: 4, k: 50}\n",
            "one run is asked for twice, as min_samples=4 and as min_samples=4,k=50",
        ),
        ("fixed:\n  k: 4\ngrid:\n  min_samples: [3, 5]\n", "raise k to at least 5"),
        ("grid:\n  min_samples:\n    - 3\n    - 80\n", "raise k to at least 80"),
        ("fixed:\n  model: nowhere\n", "model 'nowhere' is neither"),
        ("fixed:\n  uri: a.txt\n", "uri 'a.txt'"),
        ("fixed:\n  k: 5\n wrong: [\n", "line 3: this cannot be read"),
        ("fixed: 1\nfixed: 2\n--- \nmore: 1\n", "line 3: this cannot be read"),
        ("5: k\n", "the file should hold name: value pairs"),
        ("fixed:\n  data: 2024-13-01\n", "month must be in 1..12; put quotes around what is a text"),
        (
            "a: &a [1, 2]\nb: *a\n",
            "line 2: this cannot be read (an alias is not allowed here, write out what it means)",
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(text, sentence):
    with pytest.raises(NewsclustError) as error:
        read_plan(write(text))
    assert str(error.value).startswith("mine.yaml") and sentence in str(error.value)
    assert "\n" not in str(error.value) and str(error.value).endswith((".", "?"))


def test_aliases_within_aliases_are_refused_at_once(stopwatch):
    laughs = "".join(f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
    with pytest.raises(NewsclustError, match="line 3: .*an alias is not allowed"):
        read_plan(write(f"index_params:\n  a0: &a0 [lol]\n{laughs}"))
    assert stopwatch() < 5


def test_a_file_that_is_no_text_is_refused_as_such():
    Path("mine.yaml").write_bytes(b"\xff\xfe\x00k")
    with pytest.raises(NewsclustError, match=r"^mine\.yaml is not YAML"):
        read_plan("mine.yaml")
    with pytest.raises(NewsclustError, match="there is no parameter file"):
        read_plan("params/nowhere.yaml")


def test_a_grid_over_the_limit_is_refused_before_its_runs_are_counted_out():
    many = list(range(1, 101))
    text = "".join(f"  {name}: {many}\n" for name in ("k", "min_samples", "min_cluster_size", "n_neighbors", "seed"))
    with pytest.raises(NewsclustError, match=r"^mine.yaml: this grid has 10,000,000,000 runs, more than 500"):
        read_plan(write(f"grid:\n{text}"))
    rows = "".join(f"  - seed: {seed}\n" for seed in range(plans.MAX_RUNS + 1))
    with pytest.raises(NewsclustError, match="501 runs"):
        read_plan(write(f"rows:\n{rows}"))


def test_values_that_make_poor_names_get_folders_of_their_own():
    values = ["../up", "a/b", "story", "Story", "null", "~", '"null"', "x" * 300, "記事" * 60]
    plan = read_plan(write("rows:\n" + "".join(f"  - truth: {value}\n" for value in values if value != "~")))
    names = [run.name.lower() for run in plan.runs]
    assert len(set(names)) == len(values) - 1
    assert all(len(name.encode()) <= 120 and "/" not in name and not name.startswith(".") for name in names)
    assert all(run.folder.parent == plan.folder for run in plan.runs)


def test_a_run_keeps_its_folder_when_rows_are_added_before_it():
    before = read_plan(write("rows:\n  - truth: a b\n")).runs[0].name
    assert read_plan(write("rows:\n  - k: 20\n  - truth: a b\n")).runs[1].name == before


def test_the_quick_start_shows_the_settings_that_stories_yaml_has():
    quick, stories = (read_plan(TOP / f"params/{name}.yaml").runs[0].parameters for name in ("quickstart", "stories"))
    differ = {name for name, value in quick.model_dump().items() if value != getattr(stories, name)}
    assert differ == {"truth", "output"}


def test_a_file_of_headlines_is_one_run_with_the_settings_of_stories(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.csv").write_text("title\nOne storm\nTwo storms\n")
    with pytest.warns(NewsclustWarning, match=r"mine.csv is read as headlines, .* settings of params/stories.yaml"):
        plan = read_plan("mine.csv")
    (run,) = plan.runs
    assert run.parameters.data == "mine.csv" and run.parameters.words == 0.2 and plan.page.name == "mine.html"


def test_a_parameter_on_the_command_line_counts_whatever_the_file_says():
    changed = [("k", "30"), ("columns", "{title: hed}"), ("truth", "*story")]
    (run,) = read_plan(write("fixed: {k: 20, min_samples: 4}"), changed).runs
    assert (run.parameters.k, run.parameters.columns, run.parameters.truth) == (30, {"title": "hed"}, "*story")
    assert run.parameters.min_samples == 4
    Path("mine.csv").write_text("title\nOne storm\nTwo storms\n")
    with pytest.warns(NewsclustWarning, match="read as headlines"):
        (run,) = read_plan("mine.csv", [("words", "0.4")]).runs
    assert run.parameters.data == "mine.csv" and run.parameters.words == 0.4
    slips = {"min_sample": "did you mean 'min_samples'", "k": "k is 'many'", "output": "output is chosen by newsclust"}
    for name, message in slips.items():
        with pytest.raises(NewsclustError, match=message):
            read_plan(write("min_samples: 3"), [(name, "many")])
    with pytest.raises(
        NewsclustError, match=r"k is what the runs of this file differ in: change it there, not with -p"
    ):
        read_plan(write("grid: {k: [20, 30]}"), [("k", "50")])


def test_a_parameter_file_with_a_mistake_in_its_name_is_named(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for slip in ("params/stories.yml", "storys.yaml"):
        with pytest.raises(NewsclustError, match=r"did you mean params/stories\.yaml\?"):
            read_plan(slip)


def test_a_file_of_neither_parameters_nor_runs_says_what_both_look_like(tmp_path):
    path = tmp_path / "news.yaml"
    path.write_text("articles:\n- title: Storm\n- title: Flood\n")
    with pytest.raises(NewsclustError, match=r"'articles' is no parameter\. .* headlines belong in a file such as"):
        read_plan(path)


def test_a_yaml_file_that_is_a_list_of_records_holds_headlines():
    Path("news.yaml").write_text("- title: Storm nears\n  date: 2024-03-01\n- title: Bank raises rates\n")
    with pytest.warns(NewsclustWarning, match="news.yaml is read as headlines"):
        (run,) = read_plan("news.yaml").runs
    assert run.parameters.data == "news.yaml" and run.parameters.words == 0.2


@pytest.mark.parametrize(
    "text", ["title: Storm nears\nby: me\n", "Storm nears\n", "- Storm nears\n", "articles: [{a: b}]\n"]
)
def test_the_error_about_a_yaml_file_that_is_neither_shows_what_both_look_like(text):
    with pytest.raises(
        NewsclustError, match=r"(such as data, k or grid|such as k: 30).* list of records such as - title"
    ):
        read_plan(write(text))
