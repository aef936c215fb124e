"""Packed files: their members, however often they are packed, and no more of them than memory holds."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile

import pytest

from headline_reader import unpacking
from headline_reader.unpacking import tables_among, unpacked
from reading import TABLE, is_the_table, read_file, refusal

CSV = TABLE.to_csv(index=False)


def zipped(members: dict[str, str]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return memory.getvalue()


def tarred(members: dict[str, str]) -> bytes:
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    return memory.getvalue()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda c: gzip.compress(bz2.compress(c))])
def test_a_packed_file_is_known_by_its_content_not_its_name(pack):
    assert is_the_table(read_file(pack(CSV.encode()), "news.txt"))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_of_an_archive_its_tables_are_read_and_nothing_beside_them(pack):
    members = {"a/one.csv": CSV, "readme.txt": "x", "__MACOSX/one.csv": "x", "a/.hidden.csv": "x", "photo.png": "x"}
    assert is_the_table(read_file(pack(members)))
    several = read_file(pack({"one.csv": CSV, "two.csv": CSV}))
    assert several.rows["file"].value_counts().to_dict() == {"one.csv": 4, "two.csv": 4}


def test_of_kaggles_archive_only_the_file_without_repeats_is_read():
    assert is_the_table(read_file(zipped({"news_data.csv": "title\nX\n", "data/news_data_dedup.csv": CSV})))


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_without_a_table_lists_what_it_holds(pack):
    assert "without a table, it holds 'a.png', 'b.png'" in refusal(pack({"a.png": "", "b.png": ""}))


def test_damaged_and_locked_archives_are_called_so():
    whole = zipped({"news.csv": CSV * 50})
    assert "damaged or incomplete zip" in refusal(whole[: len(whole) // 2])
    assert "damaged or incomplete gzip" in refusal(gzip.compress(CSV.encode())[:-20])
    locked = bytearray(whole)
    locked[6] |= 1  # the flag for encryption, in the file's own header
    locked[locked.index(b"PK\x01\x02") + 8] |= 1  # and in the directory
    assert "cannot be unpacked here" in refusal(bytes(locked))


@pytest.mark.parametrize("pack", [lambda c: gzip.compress(c.encode()), lambda c: zipped({"a.csv": c})])
def test_what_unpacks_to_more_than_its_bound_is_refused(pack, monkeypatch):
    monkeypatch.setattr(unpacking, "most_bytes", lambda packed: 50_000)
    assert len(read_file(pack("title\n" + "Storm nears\n" * 4_000)).rows) == 4_000
    assert "unpacks to more than" in refusal(pack("title\n" + "Storm nears\n" * 5_000))


def test_members_are_bounded_together_and_so_is_their_depth(monkeypatch):
    monkeypatch.setattr(unpacking, "most_bytes", lambda packed: 50_000)
    half = "title\n" + "Storm nears\n" * 3_000
    for pack in (zipped, tarred):
        assert "unpack it and give the file with the headlines" in refusal(pack({"a.csv": half, "b.csv": half}))
    content = CSV.encode()
    for _ in range(6):
        content = gzip.compress(content)
    assert "is packed more than 4 times" in refusal(content)


def sparse(claimed: int) -> bytes:
    """A tar of GNU's old kind whose member is a line of text behind a hole."""
    head = bytearray(512)
    head[:8], head[100:108], head[124:136] = b"news.csv", b"0000644\0", b"%011o\0" % 512
    head[108:116] = head[116:124] = b"0000000\0"
    head[136:148], head[156:157], head[257:265] = b"%011o\0" % 0, b"S", b"ustar  \0"
    head[386:398], head[398:410] = b"%011o\0" % (claimed - 512), b"%011o\0" % 512  # the only piece that is no hole
    head[483:495] = b"%011o\0" % claimed
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head) + b"title\n".ljust(512, b"x") + bytes(9 * 1024)


def test_an_archive_that_claims_gigabytes_is_refused_before_they_fill_memory(monkeypatch):
    import tracemalloc

    monkeypatch.setattr(unpacking, "most_bytes", lambda packed: 8 << 20)
    tracemalloc.start()
    said = refusal(sparse(4 << 30))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "unpacks to more than 8 MB" in said and peak < 32 << 20


def test_archives_within_an_archive_are_bounded_together(monkeypatch):
    monkeypatch.setattr(unpacking, "most_bytes", lambda packed: 200_000)
    inner = zipped({"a.csv": "title\n" + "Storm nears\n" * 3_000}).decode("latin-1")
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for number in range(9):
            archive.writestr(f"{number}.zip", inner.encode("latin-1"))
    assert "unpacks to more than" in refusal(memory.getvalue())


def test_tables_come_before_texts_and_both_before_comments_on_them():
    assert tables_among(["a.csv", "b.txt", "README.txt", "c.png"]) == ["a.csv"]
    assert tables_among(["b.txt", "README.txt"]) == ["b.txt"]
    assert tables_among(["README.txt"]) == ["README.txt"] and tables_among(["c.png"]) == []


def test_a_piece_has_the_name_of_its_member_and_of_the_archive():
    (piece,) = unpacked(zipped({"a.csv": CSV}), "folder/news.zip")
    assert (piece.name, piece.label) == ("a.csv in folder/news.zip", "news.zip")
