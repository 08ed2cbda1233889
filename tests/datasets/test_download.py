from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pooch
import pytest

from maju.datasets.cifar10_binary import ARCHIVE
from maju.datasets.download import download
from maju.datasets.sources import CIFAR10, Source, nusax_source
from maju.errors import DataError, MissingExtraError

CONTENT = os.urandom(300_000)


@pytest.fixture
def source() -> Source:
    return replace(CIFAR10, files={ARCHIVE: hashlib.sha256(CONTENT).hexdigest()})


def entries(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_a_file_arrives_whole(source: Source, site: Any, tmp_path: Path) -> None:
    site.serve(f"/mirror/{ARCHIVE}", CONTENT)
    folder = tmp_path / "made" / "on the way"
    location = download(source, folder, site.url, progress=False)
    assert location == folder / ARCHIVE
    assert location.read_bytes() == CONTENT
    assert entries(folder) == [ARCHIVE]


@pytest.mark.parametrize("ending", ["", "/"], ids=["no slash", "slash"])
def test_several_files_arrive_in_their_folder(
    small_nusax: Source, nusax_files: dict[str, bytes], site: Any, tmp_path: Path, ending: str
) -> None:
    for name, content in nusax_files.items():
        site.serve(f"/mirror/indonesian/{name}", content)
    location = download(small_nusax, tmp_path / "cache", site.url + ending, progress=False)
    assert location == tmp_path / "cache" / "nusax" / "indonesian"
    assert {path.name: path.read_bytes() for path in location.iterdir()} == nusax_files
    assert entries(tmp_path / "cache") == [
        "nusax",
        "nusax/indonesian",
        "nusax/indonesian/test.csv",
        "nusax/indonesian/train.csv",
        "nusax/indonesian/valid.csv",
    ]


def test_the_bar_and_the_address_go_to_standard_error(
    source: Source, site: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.serve(f"/mirror/{ARCHIVE}", CONTENT)
    download(source, tmp_path, site.url)
    written = capsys.readouterr()
    assert written.out == ""
    assert f"Downloading {site.url}/{ARCHIVE}" in written.err
    assert "100%" in written.err


def test_no_bar_where_none_is_wanted(
    source: Source, site: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.serve(f"/mirror/{ARCHIVE}", CONTENT)
    download(source, tmp_path, site.url, progress=False)
    assert capsys.readouterr() == ("", "")


def check_refused(source: Source, url: str, folder: Path, failing: str, reason: str) -> None:
    with pytest.raises(DataError) as caught:
        download(source, folder, url, progress=False)
    assert str(caught.value) == (
        f"{source.title} is not on this machine and could not be downloaded from {url}/{failing}: {reason}. "
        f"Do one of these: (1) set MAJU_DATA_DIR to a folder that holds {source.contents}; "
        f"(2) put that into the cache folder {folder}; "
        "(3) connect to the internet and run `maju data`"
    )
    assert entries(folder) == []


def test_no_connection(source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    folder = tmp_path / "cache"
    check_refused(source, f"http://127.0.0.1:{port}", folder, ARCHIVE, "the server cannot be reached")


def test_a_file_that_is_not_there(source: Source, site: Any, tmp_path: Path) -> None:
    check_refused(source, site.url, tmp_path / "cache", ARCHIVE, "the server answered 404 Not Found")


def test_a_wrong_checksum(source: Source, site: Any, tmp_path: Path) -> None:
    page = b"<html>Please log in to this network</html>"
    site.serve(f"/mirror/{ARCHIVE}", page)
    found, wanted = hashlib.sha256(page).hexdigest(), source.files[ARCHIVE]
    reason = f"what came has the SHA-256 {found}, not {wanted}, and was thrown away"
    check_refused(source, site.url, tmp_path / "cache", ARCHIVE, reason)


@pytest.mark.parametrize("cut_at", [0, 150_000, 299_999])
def test_a_connection_that_closes_half_way(source: Source, site: Any, tmp_path: Path, cut_at: int) -> None:
    site.serve(f"/mirror/{ARCHIVE}", CONTENT, cut_at=cut_at)
    check_refused(source, site.url, tmp_path / "cache", ARCHIVE, "the connection broke off half-way")


def test_of_several_files_none_is_kept_unless_all_are_right(
    small_nusax: Source, nusax_files: dict[str, bytes], site: Any, tmp_path: Path
) -> None:
    site.serve("/mirror/indonesian/train.csv", nusax_files["train.csv"])
    site.serve("/mirror/indonesian/valid.csv", nusax_files["valid.csv"])
    reason = "the server answered 404 Not Found"
    check_refused(small_nusax, site.url, tmp_path / "cache", "indonesian/test.csv", reason)


def test_a_full_disk(source: Source, site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(received: object, copy: Any) -> None:
        copy.write(b"a part")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", fill)
    site.serve(f"/mirror/{ARCHIVE}", CONTENT)
    check_refused(source, site.url, tmp_path / "cache", ARCHIVE, "[Errno 28] No space left on device")


def test_a_folder_that_cannot_be_made(source: Source, site: Any, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    with pytest.raises(DataError, match=r"could not be downloaded from .*: .*Not a directory"):
        download(source, tmp_path / "a file" / "cache", site.url, progress=False)
    assert site.asked == []


def test_an_interrupt_leaves_nothing(
    source: Source, site: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.serve(f"/mirror/{ARCHIVE}", CONTENT)
    receive = pooch.HTTPDownloader.__call__

    def interrupted(self: Any, url: str, file: Any, pool: None) -> None:
        receive(self, url, file, pool)
        raise KeyboardInterrupt

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        download(source, tmp_path / "cache", site.url, progress=False)
    assert entries(tmp_path / "cache") == []


KILLED = """
import sys
from dataclasses import replace
from pathlib import Path
from maju.datasets.download import download
from maju.datasets.sources import CIFAR10
folder, url = sys.argv[1:]
download(CIFAR10, Path(folder), url, progress=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signal")
@pytest.mark.parametrize("number", ["SIGKILL", "SIGTERM", "SIGINT"])
def test_a_killed_process_leaves_nothing(site: Any, tmp_path: Path, number: str) -> None:
    site.hang(f"/mirror/{ARCHIVE}", CONTENT, cut_at=200_000)
    folder = tmp_path / "cache"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(folder), site.url], stderr=subprocess.DEVNULL)
    try:
        assert site.hanging.wait(30)
        assert folder.is_dir()
        child.send_signal(getattr(signal, number))
        assert child.wait(30) != 0
    finally:
        child.kill()
        child.wait()
    assert entries(folder) == []


def test_downloads_at_the_same_time_agree(
    small_nusax: Source, nusax_files: dict[str, bytes], site: Any, tmp_path: Path
) -> None:
    for name, content in nusax_files.items():
        site.serve(f"/mirror/indonesian/{name}", content)
    start = threading.Barrier(4)
    found = []

    def run() -> None:
        start.wait()
        found.append(download(small_nusax, tmp_path / "cache", site.url, progress=False))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    location = tmp_path / "cache" / "nusax" / "indonesian"
    assert found == [location] * 4
    assert {path.name: path.read_bytes() for path in location.iterdir()} == nusax_files
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["nusax"]


@pytest.mark.parametrize("package", ["pooch", "tqdm"])
def test_a_missing_extra_is_named(
    source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    message = (
        rf"^downloading http://mirror/{ARCHIVE} needs more than maju's core: pip install 'maju\[data\]'$"
    )
    with pytest.raises(MissingExtraError, match=message):
        download(source, tmp_path, "http://mirror")
    assert entries(tmp_path) == []


def test_the_official_address_is_the_default(
    small_nusax: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def refuse(self: Any, url: str, file: Any, pool: None) -> None:
        asked.append(url)
        raise OSError("not now")

    monkeypatch.setattr(pooch.HTTPDownloader, "__call__", refuse)
    for source in (CIFAR10, nusax_source("javanese")):
        with pytest.raises(DataError, match="not now"):
            download(source, tmp_path, progress=False)
    assert asked == [
        "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
        "https://raw.githubusercontent.com/IndoNLP/nusax/main/datasets/sentiment/javanese/train.csv",
    ]
