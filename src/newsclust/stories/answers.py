"""Short answers of a language model, through any endpoint that speaks OpenAI's protocol, each asked for once.

An answer is untrusted text, and no failure ends the run.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from tqdm.auto import tqdm

from .. import cache
from ..environment import settings
from ..errors import ModelError, NewsclustError
from ..wording import count

if TYPE_CHECKING:
    from openai import OpenAI

T = TypeVar("T")
KEY, ADDRESS = "OPENAI_API_KEY", "OPENAI_BASE_URL"
#: Stands for the key of a server that needs none.
NO_KEY = "no-key-needed"
#: Concurrent requests; a local server processes them one by one.
SIDE_BY_SIDE = 4
#: Seconds: how long a server may be silent, and how long all answers may take; a later run asks for the rest.
TIMEOUT, PATIENCE = 60, 600
#: The most retries of a request, after the delay that the server asks for.
RETRIES = 2
#: Give up after this many consecutive failures.
FAILURES = 3
#: Limits of an answer. Models that reason before they answer refuse the first and need more tokens.
_BOUNDS, _BOUNDS_OF_THINKERS = {"max_tokens": 100, "temperature": 0}, {"max_completion_tokens": 2000}
_THOUGHT = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", re.DOTALL | re.IGNORECASE)


def request(model: str, prompt: str, data: dict[str, Any]) -> dict[str, Any]:
    """A chat request. The data are sent as JSON, so that they cannot change its form."""
    user = {"role": "user", "content": json.dumps(data, ensure_ascii=False)}
    return {"model": model, "messages": [{"role": "system", "content": prompt}, user]}


def ask(
    requests: Mapping[T, dict[str, Any]], what: str, understood: Callable[[str], str], named: str
) -> tuple[dict[T, str], list[str]]:
    """Ask each request, `SIDE_BY_SIDE` of them at a time.

    The endpoint and its key are those of the environment or of a file ``.env``: ``OPENAI_BASE_URL``,
    ``OPENAI_API_KEY``; for a server without a key the former is enough. Answers are cached by request, so that a second
    run asks nothing.

    Parameters
    ----------
    requests : dict
        Values from `request`.
    what : str
        One word for what an answer is, such as "title".
    understood : callable
        Extracts the answer from the model's text; "" if there is none.
    named : str
        The parameter that names the model.

    Returns
    -------
    answers : dict
        The usable ones.
    troubles : list of str
        Why the others are missing.
    """
    answers = {of: answer for of, one in requests.items() if (answer := _kept(one, what, understood))}
    missing = {of: one for of, one in requests.items() if of not in answers}
    return (answers, _ask(missing, what, understood, named, answers)) if missing else (answers, [])


def without_thoughts(answer: str) -> str:
    """An answer without the reasoning that some models put before it."""
    return _THOUGHT.sub("", answer)


def host() -> str:
    """The host of the endpoint, without the rest of its address."""
    with _client() as client:
        return client.base_url.host


def _of_endpoint(request: dict[str, Any]) -> dict[str, Any]:
    """What an answer depends on: two servers may give one name to two models."""
    return {**request, "endpoint": settings().get("OPENAI_BASE_URL") or ""}


def _kept(request: dict[str, Any], what: str, understood: Callable[[str], str]) -> str:
    arrays = cache.load(what, _of_endpoint(request)) or {}
    return understood(str(arrays.get(what, "")))


def _ask(
    requests: dict[T, dict[str, Any]],
    what: str,
    understood: Callable[[str], str],
    named: str,
    answers: dict[T, str],
) -> list[str]:
    """Add usable answers to `answers`; return why the others are missing."""
    try:
        client = _client()
    except NewsclustError as error:
        return [str(error).removesuffix(".")]
    failures, in_a_row, unusable = Counter[str](), 0, 0
    pool = ThreadPoolExecutor(SIDE_BY_SIDE)
    asked = {pool.submit(_answer, client, request): of for of, request in requests.items()}
    bar = tqdm(total=len(requests), desc=f"{what.capitalize()}s", unit=what, leave=False, delay=2)
    try:
        for future in as_completed(asked, PATIENCE):
            bar.update()
            if failed := future.exception():
                status = getattr(failed, "status_code", None)
                failures[f"HTTP {status}" if status else type(failed).__name__] += 1
                in_a_row += 1
                if in_a_row == FAILURES:
                    break
                continue
            in_a_row, of, answer = 0, asked[future], understood(without_thoughts(future.result()))
            if answer and client.api_key not in answer:  # a server may answer with what it was sent
                answers[of] = answer
                cache.save(what, _of_endpoint(requests[of]), **{what: np.array(answer)})
            else:
                unusable += 1
    except TimeoutError:
        failures[f"no answer within {PATIENCE} seconds"] += 1
    finally:
        bar.close()
        pool.shutdown(wait=False, cancel_futures=True)
        client.close()  # this ends the requests that are still running
    troubles = []
    if failures:
        advice = "" if answers else f": check {named}, {ADDRESS} and {KEY}, and run again"
        troubles.append(f"the endpoint gave no answer ({', '.join(failures)}){advice}")
    if unusable:
        troubles.append(f"{count(unusable, 'answer')} could not be used as a {what}")
    return troubles


def _client() -> OpenAI:
    try:
        from openai import OpenAI
    except ImportError:
        raise ModelError("the package openai is missing; pip install 'newsclust[titles]' installs it") from None
    given = settings()
    key, address = ((given.get(name) or "").strip() for name in (KEY, ADDRESS))
    if not key and not address:
        raise ModelError(f"there is no {KEY} and no {ADDRESS} in the environment or in a file .env")
    try:
        return OpenAI(api_key=key or NO_KEY, base_url=address or None, timeout=TIMEOUT, max_retries=RETRIES)
    except Exception as error:  # its message may repeat the key, or the address, which may contain one
        raise ModelError(f"the endpoint that {ADDRESS} and {KEY} name can't be used ({type(error).__name__})") from None


def _answer(client: OpenAI, request: dict[str, Any]) -> str:
    """The text of the model's answer; "" if the response has no such text."""
    from openai import BadRequestError

    ask: Callable[..., Any] = client.chat.completions.with_raw_response.create
    try:
        answer = ask(**request, **_BOUNDS)
    except BadRequestError:
        answer = ask(**request, **_BOUNDS_OF_THINKERS)
    try:
        content = json.loads(answer.content)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""
    return content if isinstance(content, str) else ""
