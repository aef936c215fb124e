"""The paragraph that describes an analysis: every number of it is in the record, and every quote in the data."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from newsclust.cli import app
from newsclust.defend.methods import REFERENCES, _paragraph, describe
from newsclust.errors import RunError
from newsclust.pipeline import find
from newsclust.run.record import read_record

TOP = Path(__file__).parents[2]
NUMBER = r"(?<![\w.@])\d[\d,]*(?:\.\d+)*(?:%|\b)"


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """A run of 60 headlines of the sample, with the settings of params/quickstart.yaml."""
    folder = tmp_path_factory.mktemp("made")
    rows = pd.read_csv(TOP / "src/newsclust/data/sample.csv", dtype=str).drop(columns="description").head(60)
    rows.loc[0, "title"] = '=HYPERLINK("x") <b>bold</b> {\\LaTeX} "quoted"'
    rows.assign(url=[f"https://example.org/{i}" if i else "javascript:alert(1)" for i in range(60)]).to_csv(
        folder / "mine.csv", index=False
    )
    given = yaml.safe_load((TOP / "params/quickstart.yaml").read_text()) | {"data": str(folder / "mine.csv"), "k": 20}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        find(**given, output=str(folder / "run"))
    return folder / "run"


def numbers_in(value: object) -> set[str]:
    """All numbers of a record as one could write them: rounded, as a share, and those inside of texts."""
    if isinstance(value, dict):
        return set().union(*(numbers_in(one) for item in value.items() for one in item))
    if isinstance(value, list):
        return set().union(*map(numbers_in, value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {f"{value:,}", f"{value:g}", f"{value:.2f}", f"{value:.3f}", f"{value:.1%}"}
    return set(re.findall(NUMBER, str(value)))


def test_every_number_of_the_paragraph_is_in_the_record(run):
    found = describe(run)
    text = re.sub(r"\[@[^\]]*\]", "", found.paragraph)
    record = [json.loads((run / name).read_text()) for name in ("metrics.json", "provenance.json")]
    known, day = numbers_in(record), record[1]["provenance"]["finished"][:10]
    assert day in text
    text = text.replace(day, "")
    numbers = re.findall(NUMBER, text)
    assert len(numbers) > 40 and [number for number in numbers if number not in known] == []
    for said in ("60 rows", "0.2", "HDBSCAN", "AMI", "seed 42", "min_samples", "float32"):
        assert said in text


def test_each_reference_is_cited_and_each_citation_has_its_entry(run):
    found = describe(run)
    cited = set(re.findall(r"@(\w+)", found.paragraph))
    entries = set(re.findall(r"^@\w+{(\w+),", found.bibtex, flags=re.MULTILINE))
    assert cited == entries and {"campello2013", "mcinnes2018", "wang2021milvus", "wang2020minilm"} <= cited
    every = REFERENCES.read_text(encoding="utf-8")
    assert every.count("{") == every.count("}") and every.count("@") == len(re.findall(r"^@", every, re.MULTILINE))


def test_quotes_name_headline_publisher_day_and_address_of_each_story(run):
    quotes, stories = describe(run).tables["quotes"], pd.read_csv(run / "stories.csv")
    assert set(quotes["story"]) == set(stories["cluster"]) and quotes.groupby("story").size().max() <= 3
    rows = pd.read_csv(run / "clusters.csv", dtype=str)
    for quote in quotes.itertuples():
        row = rows[rows["title"].str.strip("'") == quote.headline]
        assert quote.address == "" or row["url"].iloc[0] == quote.address
        assert row["cluster"].iloc[0] == str(quote.story) and row["published_at"].iloc[0][:10] == quote.day
        assert quote.headline in quote.citation and quote.publisher in quote.citation
    assert not quotes["address"].str.startswith("javascript").any()


def test_the_command_writes_files_that_open(run, tmp_path):
    done = CliRunner().invoke(app, ["methods", str(run), "--output", str(tmp_path / "paper")])
    assert done.exit_code == 0 and "Written: " in done.stdout
    assert (tmp_path / "paper/methods.md").read_text(encoding="utf-8").strip() in done.stdout
    for name in ("parameters", "metrics", "versions", "quotes"):
        assert len(pd.read_csv(tmp_path / f"paper/{name}.csv"))
    quotes = (tmp_path / "paper/quotes.csv").read_text(encoding="utf-8-sig")
    assert not re.search(r'(^|,)"?=HYPERLINK', quotes, re.MULTILINE)
    facts = json.loads(CliRunner().invoke(app, ["methods", str(run), "--json"]).stdout)
    assert facts["paragraph"] in done.stdout and facts["quotes"][0]["headline"]


def test_a_record_that_lacks_something_is_a_sentence(run, tmp_path):
    other = Path(shutil.copytree(run, tmp_path / "other"))
    record = json.loads((other / "provenance.json").read_text())
    del record["provenance"]["versions"]
    (other / "provenance.json").write_text(json.dumps(record))
    with pytest.raises(RunError, match="earlier version .*versions.*run it again"):
        describe(other)


def test_the_citation_file_names_authors_title_and_version_and_no_address():
    cited = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors", "version", "license"} <= cited.keys()
    assert f'version = "{cited["version"]}"' in (TOP / "pyproject.toml").read_text(encoding="utf-8")
    assert "://" not in str(cited)


def test_no_more_neighbours_are_said_than_there_are_documents(run):
    record = read_record(run)
    assert f"The {record.parameters['k']} nearest others of each" in " ".join(_paragraph(record))
    record.metrics["n_documents"] = 10
    assert "The 9 nearest others of each" in " ".join(_paragraph(record))
