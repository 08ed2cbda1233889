from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from maju.datasets import cifar10_binary, load, nusax_csv, sources

RECORDS = 30


@pytest.fixture(autouse=True)
def cache(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keep the tests away from the data and the cache of whoever runs them."""
    folder = tmp_path / "caches" / "maju"
    if "real_data" not in request.fixturenames:
        monkeypatch.delenv("MAJU_DATA_DIR", raising=False)
        monkeypatch.setattr("pooch.os_cache", lambda project: tmp_path / "caches" / project)
    return folder


@pytest.fixture
def real_data() -> Path:
    folder = os.environ.get("MAJU_DATA_DIR")
    if not folder:
        pytest.skip("not run: MAJU_DATA_DIR is not set, so the real data sets are not here")
    if not (load.is_local("cifar10", data_dir=folder) and load.is_local("nusax", data_dir=folder)):
        pytest.skip(f"not run: MAJU_DATA_DIR is {folder}, which does not hold the real data sets")
    return Path(folder)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Six CIFAR-10 files of 30 random records each, by name, with the reader told to expect 30."""
    monkeypatch.setattr(cifar10_binary, "RECORDS_PER_FILE", RECORDS)
    rng = np.random.default_rng(3)
    files = {}
    for name in cifar10_binary.FILES:
        records = rng.integers(0, 256, (RECORDS, cifar10_binary.RECORD_SIZE), np.uint8)
        records[:, 0] = rng.integers(0, 10, RECORDS)
        files[name] = records.tobytes()
    return files


@pytest.fixture
def cifar10_folder(batches: dict[str, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "cifar-10-batches-bin"
    folder.mkdir(parents=True)
    for name, content in batches.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def archive(batches: dict[str, bytes]) -> bytes:
    """The same six files as an archive of the official layout."""
    extras = {"batches.meta.txt": b"airplane\n", "readme.html": b"<p>Hello</p>\n"}
    return pack({f"cifar-10-batches-bin/{name}": content for name, content in (batches | extras).items()})


def pack(files: dict[str, bytes], *special: tarfile.TarInfo) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for member in special:
            tar.addfile(member)
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return gzip.compress(packed.getvalue(), 1)


@pytest.fixture(name="pack")
def pack_fixture() -> Callable[..., bytes]:
    return pack


@pytest.fixture
def nusax_files() -> dict[str, bytes]:
    """The three files of a language that does not exist, with as many rows as the real ones."""
    files = {}
    for name, rows in nusax_csv.ROWS.items():
        lines = [f'{i},"kalimat {name}, nomor {i}",{nusax_csv.CLASSES[i % 3]}\n' for i in range(rows)]
        files[name] = ("id,text,label\n" + "".join(lines)).encode()
    return files


@pytest.fixture
def nusax_folder(nusax_files: dict[str, bytes], tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "nusax" / "indonesian"
    folder.mkdir(parents=True)
    for name, content in nusax_files.items():
        (folder / name).write_bytes(content)
    return folder


@dataclass
class Reply:
    """What the server sends: `body`, or only its first `cut_at` bytes, and then hangs if `hang`."""

    body: bytes
    status: int = 200
    cut_at: int | None = None
    hang: bool = False


@dataclass
class Site:
    """A web server on this machine, with the replies by path."""

    url: str = ""
    replies: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    hanging: threading.Event = field(default_factory=threading.Event)
    closing: threading.Event = field(default_factory=threading.Event)

    def serve(self, path: str, body: bytes, status: int = 200, cut_at: int | None = None) -> None:
        self.replies[path] = Reply(body, status, cut_at)

    def hang(self, path: str, body: bytes, cut_at: int) -> None:
        self.replies[path] = Reply(body, cut_at=cut_at, hang=True)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            reply = site.replies.get(self.path, Reply(b"no such page", 404))
            self.send_response(reply.status)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body[: reply.cut_at])
            self.wfile.flush()
            if reply.hang:
                site.hanging.set()
                site.closing.wait(60)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/mirror"
    yield site
    site.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def small_cifar10(monkeypatch: pytest.MonkeyPatch, archive: bytes, site: Site) -> sources.Source:
    """CIFAR-10 with the small archive's checksum, at the site's address; nothing is served yet."""
    sha256 = hashlib.sha256(archive).hexdigest()
    source = replace(sources.CIFAR10, address=site.url, files={cifar10_binary.ARCHIVE: sha256})
    monkeypatch.setattr(sources, "CIFAR10", source)
    monkeypatch.setattr(load, "CIFAR10", source)
    return source


@pytest.fixture
def small_nusax(monkeypatch: pytest.MonkeyPatch, nusax_files: dict[str, bytes]) -> sources.Source:
    """NusaX with the checksums of the files made here in the place of the Indonesian ones."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in nusax_files.items()}
    monkeypatch.setitem(sources.NUSAX_SHA256, "indonesian", digests)
    return sources.nusax_source("indonesian")
