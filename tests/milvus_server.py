"""A Milvus server that tests start: one for all modules that need one."""

from __future__ import annotations

import platform
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

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


@pytest.fixture(scope="session")
def server(tmp_path_factory) -> Iterator[Server]:
    """Milvus 2.3.5 standalone; one more may run on the same machine."""
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        pytest.skip("the package milvus==2.3.5 brings a server for Linux on x86-64 only")
    from milvus import MilvusServer, MilvusServerConfig
    from pymilvus import MilvusClient

    folder = tmp_path_factory.mktemp("server")
    port, etcd, etcd_peer = free_ports(3)
    (folder / "etcd.yaml").write_text(
        f"listen-client-urls: http://127.0.0.1:{etcd}\nadvertise-client-urls: http://127.0.0.1:{etcd}\n"
        f"listen-peer-urls: http://127.0.0.1:{etcd_peer}\ninitial-advertise-peer-urls: http://127.0.0.1:{etcd_peer}\n"
        f"initial-cluster: default=http://127.0.0.1:{etcd_peer}\n"
    )
    config = MilvusServerConfig(data_dir=str(folder / "milvus"), proxy_port=port, etcd_port=etcd)
    # Milvus 2.3 has no setting to listen on the loopback interface alone: a password keeps others out.
    config.set("common.security.authorizationEnabled", True)
    # Below so many documents it would compare all pairs, whatever the index.
    config.set("indexCoord.segment.minSegmentNumRowsToEnableIndex", 16)
    running = MilvusServer(config)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETCD_CONFIG_PATH", str(folder / "etcd.yaml"))
        running.start()
    try:
        uri, password = f"http://127.0.0.1:{port}", secrets.token_urlsafe(12)
        client = MilvusClient(uri, token="root:Milvus", timeout=10)
        client.update_password("root", "Milvus", password)
        client.close()
        yield Server(uri, f"root:{password}")
    finally:
        running.stop()
        running.cleanup()
