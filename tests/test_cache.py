"""What is kept between runs, and that a damaged file never becomes a wrong result."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from newsclust import cache, stages

ARRAYS = {"indices": np.arange(12, dtype=np.int32).reshape(4, 3), "distances": np.linspace(0, 1, 12, dtype=np.float32)}


def entry() -> Path:
    (path,) = Path(".newsclust/cache").iterdir()
    return path


def same(found: dict[str, np.ndarray] | None) -> bool:
    return found is not None and all(
        found[name].dtype == array.dtype and np.array_equal(found[name], array) for name, array in ARRAYS.items()
    )


def test_what_was_saved_comes_back():
    cache.save("things", {"k": 3}, **ARRAYS)
    assert same(cache.load("things", {"k": 3}))


def test_another_key_or_kind_is_not_found():
    cache.save("things", {"k": 3}, **ARRAYS)
    assert cache.load("things", {"k": 4}) is None
    assert cache.load("others", {"k": 3}) is None


def test_a_later_save_replaces_the_earlier():
    cache.save("things", {}, indices=np.zeros(1))
    cache.save("things", {}, **ARRAYS)
    assert same(cache.load("things", {}))


def test_no_damaged_byte_goes_unnoticed(capsys):
    cache.save("things", {}, **ARRAYS)
    path = entry()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        found = cache.load("things", {})
        assert found is None or same(found), f"byte {place} was changed and so was the result"
        assert found is not None or not path.exists()
    assert "damaged and will be computed again" in capsys.readouterr().out


@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_a_cut_off_file_is_noticed_and_removed(left, capsys):
    cache.save("things", {}, **ARRAYS)
    path = entry()
    path.write_bytes(path.read_bytes()[:left])
    assert cache.load("things", {}) is None
    assert not path.exists()
    assert capsys.readouterr().out.startswith("The cached things in things-")


def test_no_pickle_is_ever_read(tmp_path):
    class Trap:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "sprung"),)

    cache.save("things", {}, **ARRAYS)
    path = entry()
    np.savez(path, indices=np.array([Trap()], dtype=object))
    assert cache.load("things", {}) is None
    assert not (tmp_path / "sprung").exists()


def test_an_interrupted_save_leaves_nothing(monkeypatch):
    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        cache.save("things", {}, **ARRAYS)
    assert not list(Path(".newsclust/cache").iterdir())
    assert cache.load("things", {}) is None


def test_fingerprints_tell_apart_what_differs():
    zeros = np.zeros(6, dtype=np.float32)
    parts = [zeros, zeros.reshape(2, 3), zeros.view(np.int32), zeros[:5], b"ab", "ab", {"a": 1}, {"a": "1"}, 1, None]
    prints = [cache.fingerprint(part) for part in parts]
    assert len(set(prints)) == len(parts)
    assert cache.fingerprint("ab", "c") != cache.fingerprint("a", "bc")
    assert all(len(p) == 16 and int(p, 16) >= 0 for p in prints)


def test_fingerprints_do_not_depend_on_memory_layout_or_key_order():
    array = np.arange(12, dtype=np.int32).reshape(3, 4)
    assert cache.fingerprint(array) == cache.fingerprint(np.asfortranarray(array))
    assert cache.fingerprint({"a": 1, "b": 2}) == cache.fingerprint({"b": 2, "a": 1})
    assert cache.fingerprint(np.zeros((0, 3))) == cache.fingerprint(np.zeros((0, 3)))


def test_a_stage_is_timed_and_a_nested_one_belongs_to_it(monkeypatch):
    monkeypatch.setattr(stages, "ledger", {})
    with stages.stage("outer") as outer:
        with stages.stage("inner"):
            pass
        outer.computed = False
    assert list(stages.ledger) == ["outer"]
    assert stages.ledger["outer"].seconds > 0
    assert stages.ledger["outer"].peak_mib > 1
    assert not stages.ledger["outer"].computed


def test_a_failed_stage_leaves_the_next_one_whole(monkeypatch):
    monkeypatch.setattr(stages, "ledger", {})
    with pytest.raises(ValueError), stages.stage("bad"):
        raise ValueError
    with stages.stage("good"):
        pass
    assert list(stages.ledger)[-1] == "good"
