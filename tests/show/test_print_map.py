from __future__ import annotations

import warnings
import xml.etree.ElementTree as ET

import pytest

import newsclust as nc
from newsclust.errors import NewsclustError
from test_map_figure import forty_stories, make_points


def texts(path) -> list[str]:
    return ["".join(one.itertext()).strip() for one in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(("name", "start"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("b/a.PDF", b"%PDF")])
def test_one_call_writes_the_map_for_print_the_same_bytes_each_time(tmp_path, name, start):
    points = forty_stories()[::3].assign(assigned=lambda rows: (rows.index % 7 == 0) & (rows["cluster"] >= 0))
    path = nc.show.save_map(points, tmp_path / name)
    written = path.read_bytes()
    assert path == tmp_path / name and written.startswith(start)
    assert nc.show.save_map(points, tmp_path / name).read_bytes() == written


def test_the_printed_map_says_what_it_shows_and_names_the_largest_stories(tmp_path):
    points = make_points([0] * 6 + [1] * 4 + [-1] * 2).assign(assigned=[True] + [False] * 11)
    points["story"] = ["Costs from $5 to $6 <b>million</b>"] * 6 + ["Short"] * 4 + [""] * 2
    found = texts(nc.show.save_map(points, tmp_path / "map.svg"))
    assert "Short" in found and any("$5 to $6" in text for text in found)
    assert " ".join(found[-2:]) == repr(nc.show.map(points))


def test_a_map_in_space_an_empty_one_and_letters_the_font_has_not_are_printed_too(tmp_path):
    nc.show.save_map(forty_stories(dimensions=3), tmp_path / "space.png")
    nc.show.save_map(make_points([]), tmp_path / "empty.svg")
    nc.show.save_map(make_points([-1, -1]), tmp_path / "noise.pdf")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        nc.show.save_map(make_points([0, 0, 0]).assign(story="𐎠𐎡𐎢"), tmp_path / "old.png")
    assert len(told) == 1 and ".svg" in str(told[0].message)


@pytest.mark.parametrize("name", ["map", "map.jpg", "map.svg.gz"])
def test_an_unknown_kind_of_file_is_refused_in_one_sentence(tmp_path, name):
    with pytest.raises(NewsclustError, match=r"\.png, \.svg, \.pdf") as error:
        nc.show.save_map(forty_stories(), tmp_path / name)
    assert "\n" not in str(error.value) and not (tmp_path / name).exists()
