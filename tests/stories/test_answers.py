"""Short answers of a language model. `test_titles` has servers that do other things than answer."""

from __future__ import annotations

import json

import pytest

from endpoint import KEY, answer
from newsclust.stories.answers import ask, host, request, without_thoughts


@pytest.fixture
def asked(endpoint, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.address)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return endpoint


def understood(text: str) -> str:
    return text.strip() if len(text) < 40 else ""


def test_each_request_is_answered_once_and_kept(asked):
    requests = {story: request("small", "Name it.", {"headlines": [f"Storm {story}"]}) for story in (4, 9)}
    asked.respond = lambda handler, got: handler.send(200, answer(f"<think>hm</think> Title of {told(got)} "))
    expected = {4: "Title of Storm 4", 9: "Title of Storm 9"}
    assert ask(requests, "title", understood, "title_model") == (expected, [])
    assert ask(requests, "title", understood, "title_model") == (expected, []) and len(asked.asked) == 2
    assert host() == "127.0.0.1"


def told(got: dict) -> str:
    assert got["model"] == "small" and got["messages"][0] == {"role": "system", "content": "Name it."}
    return json.loads(got["messages"][1]["content"])["headlines"][0]


def test_an_answer_that_is_too_long_or_contains_the_key_is_counted_and_not_used(asked):
    texts = iter(["x" * 50, f"key {KEY}"])
    asked.respond = lambda handler, got: handler.send(200, answer(next(texts)))
    requests = {n: request("small", "Name it.", {"n": n}) for n in range(2)}
    assert ask(requests, "title", understood, "title_model") == ({}, ["2 answers could not be used as a title"])


@pytest.mark.parametrize(
    "text, last", [("<think>a\nb</think>Storm", "Storm"), ("<THINKING>never ends", ""), ("Storm", "Storm")]
)
def test_what_a_model_thinks_aloud_is_no_answer(text, last):
    assert without_thoughts(text) == last
