"""Connect to Milvus, a local file or a server, and explain failures."""

from __future__ import annotations

import logging
import os
import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # there, and not documented

from ..cache import turn
from ..environment import settings
from ..errors import StoreError, notice, shortage
from .servers import is_known, remember

if TYPE_CHECKING:
    from pymilvus import MilvusClient

#: Seconds in which a server must answer.
TIMEOUT = 10
_UNREACHED = 2  # pymilvus.client.types.Status.CONNECT_FAILED
#: What Milvus Lite raises for unreadable files, besides its own errors.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, EOFError, struct.error, zlib.error)
#: For an https address: the setting that names a file -> pymilvus's argument. All except the first are for servers that
#: also check their clients.
CERTIFICATES = {
    "MILVUS_SERVER_PEM": "server_pem_path",
    "MILVUS_CA_PEM": "ca_pem_path",
    "MILVUS_CLIENT_PEM": "client_pem_path",
    "MILVUS_CLIENT_KEY": "client_key_path",
}
#: The variables from which gRPC reads a proxy; the first one set counts. It ignores names in capitals.
PROXIES = "grpc_proxy", "https_proxy", "http_proxy"


def check_uri(uri: str, path: Path | None) -> None:
    """Refuse what is neither a local database's path nor a server's address.

    Raises
    ------
    StoreError
    """
    if "@" in uri and not (path and path.suffix == ".db"):
        raise StoreError("uri contains a user or password: put it into the environment variable MILVUS_TOKEN instead.")
    if path is None:
        return
    if path.suffix != ".db":
        raise StoreError(
            f"uri {uri!r} is neither a file whose name ends in .db nor a server's address such as http://localhost:19530."
        )
    if path.is_file():
        raise StoreError(
            f"uri {uri!r} is a file of Milvus Lite 2, which Milvus Lite 3 can't read: give another name, "
            "and the headlines are embedded again."
        )
    if not path.parent.is_dir():
        raise StoreError(f"uri {uri!r}: there is no folder {path.parent}; create it first.")


@contextmanager
def connect(uri: str, path: Path | None, where: str, given: bool = True) -> Iterator[MilvusClient]:
    """A client for the block; a local file is closed again after it.

    Parameters
    ----------
    uri : str
    path : Path or None
        Of the local database; None for a server.
    where : str
        The collection in words, for messages about what Milvus refuses within the block.
    given : bool
        Whether the user gave the address. An address that only a run's record names gets no token, unless it is known.

    Raises
    ------
    StoreError
        If Milvus can't be opened or reached, or refuses something.
    """
    token = os.environ.get("MILVUS_TOKEN", "") if path else _token()
    if token and not (path or given or is_known(uri)):
        raise StoreError(
            f"{where}: MILVUS_TOKEN is not sent to {urlsplit(uri).netloc}, because only the run's record names this "
            f"server: if you trust it, put MILVUS_URI={uri} into the environment or into .env, and run again."
        )
    _, refusals = _import_milvus()
    # Milvus Lite lets one process at a time open a file.
    alone = turn(Path(f"{path}.lock"), f"using {path.name}") if path else nullcontext()
    with alone, _failures() as failures:
        client = _client(uri, path, token, failures)
        if given and not path:
            remember(uri)
        try:
            yield client
        except refusals as error:
            # It answered before, but no longer does; or it checks tokens only now.
            if is_unreached(error) or (not path and _is_of_token(error)):
                raise StoreError(_no_answer(path, error) if path else _cannot_reach(uri, error)) from None
            answer = getattr(error, "message", None) or error.details()  # type: ignore[attr-defined]  # gRPC's have it
            answer = answer.replace(token, "***") if token else answer
            raise StoreError(f"{where}: Milvus refused, saying {answer!r}.{_advice(path, answer)}") from None
        finally:
            client.close()
            _release(path)


def _client(uri: str, path: Path | None, token: str, failures: list[BaseException], again: bool = True) -> MilvusClient:
    """A client whose server has answered; a local file's silent server is started `again`, at another port."""
    MilvusClient, _ = _import_milvus()
    options: dict[str, Any] = {"grpc_options": _grpc_options(uri, path), **_certificates(uri)}
    try:
        return MilvusClient(str(path or uri), token=token, timeout=TIMEOUT, dedicated=True, **options)
    except Exception as error:
        # The library's own message is left out, because it can contain the token.
        reason = failures[-1] if failures else error
        _release(path)
        if path and again and is_unreached(reason):
            return _client(uri, path, token, failures, again=False)
        raise StoreError(_cannot_open(path, reason) if path else _cannot_reach(uri, reason)) from None


def _release(path: Path | None) -> None:
    """Stop a local file's server: `MilvusClient.close` alone keeps the file locked."""
    if path:
        from milvus_lite.server_manager import server_manager_instance

        server_manager_instance.release_server(str(path))


def let_go() -> None:
    """Return Milvus Lite's memory, three times the vectors, to the system. It takes a tenth of a second."""
    import gc

    from pyarrow import default_memory_pool

    gc.collect()
    default_memory_pool().release_unused()


def is_unreached(error: BaseException) -> bool:
    """Whether no server answered, which says nothing about the stored data."""
    code = getattr(error, "code", None)
    code = code() if callable(code) else code
    return code == _UNREACHED or getattr(code, "name", "") == "UNAVAILABLE"


def damaged(path: Path, why: str) -> str:
    """What to do with a damaged database."""
    return f"{path} is damaged ({why}): delete this folder, and the headlines are embedded again."


def _import_milvus() -> tuple[type[MilvusClient], tuple[type[Exception], ...]]:
    # pymilvus reads .env when it is imported, and fails if that is not UTF-8.
    before = os.environ.get("PYTHON_DOTENV_DISABLED")
    os.environ["PYTHON_DOTENV_DISABLED"] = "1"
    try:
        from grpc import RpcError
        from pymilvus import MilvusClient, MilvusException
    finally:
        os.environ.pop("PYTHON_DOTENV_DISABLED")
        if before is not None:
            os.environ["PYTHON_DOTENV_DISABLED"] = before
    logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # newsclust's own message names what goes wrong
    return MilvusClient, (MilvusException, RpcError)


def _token() -> str:
    """The token, from the environment, else from a file .env."""
    try:
        return settings().get("MILVUS_TOKEN") or ""
    except StoreError as error:
        notice(str(error))
        return os.environ.get("MILVUS_TOKEN", "")


def _certificates(uri: str) -> dict[str, str]:
    """The files that encryption needs if the machine's own certificates are not enough."""
    given = settings() if uri.startswith("https:") else {}
    files = {argument: file for name, argument in CERTIFICATES.items() if (file := given.get(name))}
    for name, argument in CERTIFICATES.items():
        if argument in files and not Path(files[argument]).is_file():
            raise StoreError(f"{name} is {files[argument]!r}, and there is no such file: check the path.")
    return files


def _grpc_options(uri: str, path: Path | None) -> dict[str, int]:
    """No proxy for a local file, which is a server of this process, nor for hosts in no_proxy."""
    address = urlsplit(uri).netloc
    direct = path is not None or any(proxy_bypass_environment(host) for host in {address, address.rsplit(":", 1)[0]})
    return {"grpc.enable_http_proxy": 0} if direct else {}


@contextmanager
def _failures() -> Iterator[list[BaseException]]:
    """The errors that Milvus Lite logs, but does not raise, when it can't start."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.exc_info and record.exc_info[1]:
                found.append(record.exc_info[1])

    found: list[BaseException] = []
    logger, handler = logging.getLogger("milvus_lite.server_manager"), Keep()
    before = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.propagate = before


def _cannot_open(path: Path, error: BaseException) -> str:
    if type(error).__name__ == "DataDirLockedError":
        return (
            f"{path} is in use by {_holder(path / 'LOCK') or 'another program'}: close that, or restart its kernel if "
            "it is a notebook; otherwise give another uri."
        )
    if lacking := shortage(error):
        return f"{path} can't be opened, because {lacking} What is stored is as it was."
    if isinstance(error, OSError) and error.strerror:
        advice = "permissions" if isinstance(error, PermissionError) else "disk"
        return f"{error.filename or path} can't be opened ({error.strerror}): check its {advice}, or give another uri."
    if is_unreached(error):
        return _no_answer(path, error)
    if isinstance(error, UNREADABLE) or "Corrupted" in type(error).__name__:
        return damaged(path, type(error).__name__)
    return (
        f"{path} can't be opened by Milvus Lite ({type(error).__name__}: {error}): run this once more, or give another "
        "uri. What is stored is as it was."
    )


def _no_answer(path: Path, error: BaseException) -> str:
    return (
        f"Milvus Lite has opened {path} but does not answer ({type(error).__name__}): run this once more, or "
        "restart the kernel if it is a notebook. What is stored is as it was."
    )


def _holder(lock: Path) -> str:
    """The process that has locked a file, if the system shows it."""
    with suppress(OSError, ValueError):
        inode = lock.stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            fields = line.split()
            if "FLOCK" in fields and fields[5].rsplit(":", 1)[1] == str(inode):
                name = Path(f"/proc/{fields[4]}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                return f"process {fields[4]} ({name.strip()[:80]})"
    return ""


def _is_of_token(error: BaseException) -> bool:
    text = f"{error} {error.__cause__ or error.__context__}".casefold()  # pymilvus's message says only that it failed
    return any(word in text for word in ("unauthenticated", "auth check", "username and password"))


def _cannot_reach(uri: str, error: BaseException) -> str:
    if _is_of_token(error):
        return (
            f"The Milvus server at {uri} refused MILVUS_TOKEN: it should be user:password, or the API key of Zilliz "
            "Cloud, in the environment or in .env; correct it and run again."
        )
    said = f"No Milvus server answered at {uri} ({type(error).__name__})"
    proxy = next((name for name in PROXIES if os.environ.get(name)), None)
    if proxy and not _grpc_options(uri, None):
        host = urlsplit(uri).hostname
        proxied = urlsplit(os.environ[proxy]).hostname
        return (
            f"{said} through the proxy {proxied}, which the environment variable {proxy} names: if no proxy leads "
            f"there, add {host} to the variable no_proxy; else check the address, that the server runs and that "
            "MILVUS_TOKEN is right."
        )
    certificate = ", MILVUS_SERVER_PEM, if its certificate is its own," if uri.startswith("https:") else ""
    return (
        f"{said}: check the address, that the server runs and that MILVUS_TOKEN{certificate} is right, or set uri to "
        "'milvus.db' to work in a local file."
    )


def _advice(path: Path | None, answer: str) -> str:
    if re.search(r"database\b.*\bnot found", answer):
        return " Create it on the server, or leave its name out of the address."
    if path is None:
        return ""
    if lacking := shortage(answer):
        return f" The reason is that {lacking} What is stored is as it was."
    if "No space left" in answer:
        return f" Make room on the disk of {path}, and run again."
    if "Permission denied" in answer or "Read-only file system" in answer:
        return f" Check the permissions of {path}."
    return ""
