"""A Milvus server that tests start: one for all modules that need one."""

from __future__ import annotations

import platform
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest


def free_ports(n: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(n)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@dataclass(frozen=True)
class Server:
    uri: str
    token: str


@contextmanager
def started(folder: Path, **settings: object) -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of Milvus 2.3.5 standalone, which runs as long as the block lasts, and what kills and restarts it."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the package milvus==2.3.5 brings a server for Linux on x86-64 only")
    from milvus import MilvusServer, MilvusServerConfig

    port, etcd, etcd_peer = free_ports(3)
    (folder / "etcd.yaml").write_text(
        f"listen-client-urls: http://127.0.0.1:{etcd}\nadvertise-client-urls: http://127.0.0.1:{etcd}\n"
        f"listen-peer-urls: http://127.0.0.1:{etcd_peer}\ninitial-advertise-peer-urls: http://127.0.0.1:{etcd_peer}\n"
        f"initial-cluster: default=http://127.0.0.1:{etcd_peer}\n"
    )
    config = MilvusServerConfig(data_dir=str(folder / "milvus"), proxy_port=port, etcd_port=etcd)
    # Below so many documents it would compare all pairs, whatever the index.
    settings = {"indexCoord.segment.minSegmentNumRowsToEnableIndex": 16, **settings}
    for name, value in settings.items():
        config.set(name, value)
    running = MilvusServer(config)

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETCD_CONFIG_PATH", str(folder / "etcd.yaml"))
        running.start()

    def kill_and_start() -> None:
        one = psutil.Process(running.server_proc.pid)
        command, how = one.cmdline(), {"env": one.environ(), "cwd": one.cwd()}
        one.kill()
        one.wait()
        running.server_proc = subprocess.Popen(command, **how, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    try:
        yield f"http://127.0.0.1:{port}", kill_and_start
    finally:
        running.server_proc.kill()
        running.server_proc.wait(60)  # beside other tests it takes longer to end than `stop` waits for it
        running.stop()
        running.cleanup()


#: The server of the session, while it runs.
running = ExitStack()


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """Milvus 2.3 has no setting to listen on the loopback interface alone: a password keeps others out.

    It takes a twentieth of a core also where nobody asks it: `conftest` closes `running` after the last test.
    """
    from pymilvus import MilvusClient

    with running:
        settings = {"common.security.authorizationEnabled": True}
        uri, _ = running.enter_context(started(tmp_path_factory.mktemp("server"), **settings))
        password = secrets.token_urlsafe(12)
        client = MilvusClient(uri, token="root:Milvus", timeout=10)
        client.update_password("root", "Milvus", password)
        client.close()
        yield Server(uri, f"root:{password}")
