"""What is kept between runs, and that a damaged file never becomes a wrong result."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from newsclust import cache
from newsclust.errors import NewsclustWarning
from newsclust.stages import stage

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


@pytest.mark.parametrize("order", ["C", "F"])
def test_what_is_too_large_for_memory_comes_back_in_a_file_that_nobody_has_to_delete(monkeypatch, order):
    monkeypatch.setattr(cache, "IN_FILE", 40)
    monkeypatch.setattr(cache, "BLOCK", 16)
    many = np.asarray(np.random.default_rng(0).normal(size=(7, 3)), order=order)
    cache.save("things", {}, many=many, few=np.arange(2))
    found = cache.load("things", {})
    assert np.array_equal(found["many"], many) and np.array_equal(found["few"], [0, 1])
    assert type(found["many"]) is np.ndarray
    found["many"][:] = 0  # and what is kept stays as it is
    assert np.array_equal(cache.load("things", {})["many"], many)
    assert len(list(Path(".newsclust/cache").iterdir())) == 1


def test_a_large_array_leaves_memory_when_a_stage_begins_and_is_as_it_was(monkeypatch):
    monkeypatch.setattr(cache, "IN_FILE", 2**20)
    large = cache.zeros((1000, 2000), np.float32)
    large[:] = np.arange(2000)
    before = resident()
    with stage("search"):
        assert resident() < before - 7000  # KiB of 7,813
        assert np.array_equal(large, np.tile(np.arange(2000), (1000, 1)))
    del large
    with stage("cluster"):  # a file that is closed is left alone
        pass


def resident() -> int:
    """KiB of files in this process's memory."""
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux says what is in memory")
    return int(Path("/proc/self/status").read_text().split("RssFile:")[1].split()[0])


def test_a_disk_without_room_for_a_large_array_leaves_it_in_memory(monkeypatch):
    def is_full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache, "IN_FILE", 40)
    monkeypatch.setattr(os, "posix_fallocate", is_full, raising=False)
    found = cache.zeros((7, 3), np.float32)
    assert found.shape == (7, 3) and found.dtype == np.float32 and not found.any()


def test_a_later_save_replaces_the_earlier():
    cache.save("things", {}, indices=np.zeros(1))
    cache.save("things", {}, **ARRAYS)
    assert same(cache.load("things", {}))


@pytest.mark.parametrize("in_file", [cache.IN_FILE, 0])
def test_no_damaged_byte_goes_unnoticed(recwarn, monkeypatch, in_file):
    monkeypatch.setattr(cache, "IN_FILE", in_file)
    cache.save("things", {}, **ARRAYS)
    path = entry()
    whole = path.read_bytes()
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x11]) + whole[place + 1 :])
        found = cache.load("things", {})
        assert found is None or same(found), f"byte {place} was changed and so was the result"
        assert found is not None or not path.exists()
    assert "damaged and will be computed again" in str(recwarn.pop(NewsclustWarning).message)


@pytest.mark.parametrize("left", [0, 1, 100, -1])
def test_a_cut_off_file_is_noticed_and_removed(left, recwarn):
    cache.save("things", {}, **ARRAYS)
    path = entry()
    path.write_bytes(path.read_bytes()[:left])
    assert cache.load("things", {}) is None
    assert not path.exists()
    assert str(recwarn.pop(NewsclustWarning).message).startswith("The cached things in things-")


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


def test_of_several_processes_one_computes_and_the_others_read(tmp_path):
    code = """
        import time, numpy as np
        from pathlib import Path
        from newsclust import cache
        def compute():
            with Path("computed").open("a") as log: log.write("x")
            time.sleep(1)
            return {"a": np.arange(3)}
        arrays, computed = cache.once("things", {"k": 1}, compute)
        print(arrays["a"].tolist(), computed)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = sorted(process.communicate(timeout=300)[0].strip() for process in running)
    assert said == ["[0, 1, 2] False", "[0, 1, 2] False", "[0, 1, 2] True"]
    assert Path("computed").read_text() == "x"


def test_what_is_kept_but_will_not_do_is_computed_again():
    cache.once("things", {}, lambda: {"a": np.arange(3)})
    arrays, computed = cache.once("things", {}, lambda: {"a": np.arange(5)}, lambda kept: len(kept["a"]) >= 5)
    assert computed
    assert len(arrays["a"]) == 5
    assert len(cache.load("things", {})["a"]) == 5


def test_a_failed_computation_leaves_no_lock():
    with pytest.raises(ZeroDivisionError):
        cache.once("things", {}, lambda: {"a": np.array(1 / 0)})
    assert cache.once("things", {}, lambda: {"a": np.arange(3)})[1]


@pytest.mark.parametrize("fails", ["open", "mkdir", "full"])
def test_without_a_cache_the_run_continues_with_one_notice(monkeypatch, recwarn, fails):
    def refuse(*args, **kwargs):
        raise OSError(errno.ENOSPC if fails == "full" else errno.EACCES, "No room" if fails == "full" else "No right")

    monkeypatch.setattr(cache, "_complained", False)
    if fails == "full":
        monkeypatch.setattr(np, "savez", refuse)
    else:
        monkeypatch.setattr(*((Path, "open") if fails == "open" else (cache, "state_dir")), refuse)
    for _ in range(3):
        arrays, computed = cache.once("things", {}, lambda: {"a": np.arange(3)})
        assert computed
        assert arrays["a"].tolist() == [0, 1, 2]
    said = [str(warning.message) for warning in recwarn.list if warning.category is NewsclustWarning]
    assert len(said) == 1
    assert said[0].startswith(f"The cache can't be used (No {'room' if fails == 'full' else 'right'}")
    monkeypatch.undo()


def test_another_users_entry_is_neither_called_damaged_nor_deleted(monkeypatch, recwarn):
    cache.save("things", {}, **ARRAYS)
    path, opened = entry(), Path.open

    def refuse(self, mode="r", *args, **kwargs):
        if self.name == path.name and mode == "rb":
            raise PermissionError(errno.EACCES, "Permission denied", str(self))
        return opened(self, mode, *args, **kwargs)

    monkeypatch.setattr(cache, "_complained", False)
    monkeypatch.setattr(Path, "open", refuse)
    assert cache.load("things", {}) is None
    assert path.exists()
    assert "damaged" not in str(recwarn.pop(NewsclustWarning).message)


def test_entries_can_be_read_by_whom_the_umask_allows():
    before = os.umask(0o027)
    try:
        cache.save("things", {}, **ARRAYS)
    finally:
        os.umask(before)
    assert stat.S_IMODE(entry().stat().st_mode) == 0o640
