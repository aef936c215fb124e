"""From what the user names to files: paths, folders, patterns and lists of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from headline_reader import Piece, ReaderError, read
from headline_reader.source import is_address, shown_source
from reading import TABLE, is_the_table

CSV = TABLE.to_csv(index=False)


def complaint(source: object) -> str:
    with pytest.raises(ReaderError) as error:
        read(source)
    assert "\n" not in str(error.value) and len(str(error.value)) < 300
    return str(error.value)


def test_a_folder_a_pattern_and_a_list_are_one_table_in_the_same_order():
    Path("news/deep").mkdir(parents=True)
    for name in ("a.csv", "b.csv", ".hidden.csv", "_part.csv"):
        Path("news", name).write_text(CSV)
    Path("news/deep/c.csv").write_text("title\nX\n")
    Path("news/README.txt").write_text("What this is\n")
    for source in ("news", Path("news"), "news/*.csv", ["news/a.csv", Path("news/b.csv")]):
        assert read(source).rows["file"].tolist() == ["a.csv"] * 4 + ["b.csv"] * 4
    Path("outer").mkdir()
    Path("news").rename("outer/news")
    assert len(read("outer").rows) == 9  # a folder without tables of its own: those of its subfolders


def test_content_in_memory_is_read_under_the_names_it_is_given():
    headlines = read([Piece("the first", "1", CSV.encode()), Piece("the second", "2", CSV.encode())])
    assert set(headlines.rows["file"]) == {"1", "2"}
    with pytest.raises(ReaderError, match="^the first is empty"):
        read(Piece("the first", "1", b""))


def test_the_caller_says_where_paths_begin_and_what_they_are_called(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "news.csv").write_text(CSV)
    assert is_the_table(read("news.csv", find=lambda path: tmp_path / "elsewhere" / path))
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(ReaderError, match="^EMPTY.CSV is empty"):
        read(tmp_path / "empty.csv", shown=lambda path: path.name.upper())


def test_a_missing_file_is_named_with_its_near_namesakes():
    Path("headlines_2024.csv").write_text(CSV)
    assert complaint("headlines_2042.csv").endswith("did you mean headlines_2024.csv?")
    assert complaint("nowhere/x.csv") == "there is no file nowhere/x.csv: correct the path in source."
    assert complaint("*.tsv") == "there is no file that matches *.tsv: correct the pattern in source."


@pytest.mark.parametrize("source", [None, "", "  ", 3, [], "x" * 5000, "a\0b", "~nobody-of-that-name/x.csv"])
def test_what_cannot_be_a_path_is_refused_in_a_sentence(source):
    assert "source" in complaint(source)


def test_a_folder_without_a_table_and_a_file_that_may_not_be_read_are_reported(tmp_path, monkeypatch):
    assert "is a folder without a table" in complaint(tmp_path)
    Path("news.csv").write_text(CSV)

    def refuse(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert "cannot be read (Permission denied)" in complaint("news.csv")


def test_addresses_are_distinguished_from_paths_and_shown_without_their_secrets():
    assert is_address("https://x.example/a") and is_address(Path("https://x.example/a"))
    assert not is_address("news.csv") and not is_address("C:/news.csv")
    assert shown_source(["https://ada:s3cret@x.example/a?key=1", Path("a.csv")]) == ["https://x.example/a?...", "a.csv"]
