"""Downloads that leave either a whole, checked data set or nothing."""

from __future__ import annotations

import hashlib
import shutil
import sys
from contextlib import ExitStack
from io import BufferedRandom
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import TYPE_CHECKING

from maju.datasets.sources import Source
from maju.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    import requests

__all__ = ["download"]


def download(source: Source, folder: Path, base_url: str | None = None, progress: bool = True) -> Path:
    """Download a data set into a folder, and return the file or folder there that holds it.

    Args:
        source: what to download.
        folder: where to; made where it is missing.
        base_url: the address to take the place of the official one.
        progress: whether to draw a bar on standard error.
    """
    url = base = (base_url or source.address).rstrip("/")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as received:
            files = {}
            for name, sha256 in source.files.items():
                # A file without a name: whatever ends the process, the system takes the file back.
                files[name] = received.enter_context(TemporaryFile(dir=folder))
                url = f"{base}/{name}"
                _receive(url, sha256, files[name], progress)
            return _publish(source, files, folder)
    except OSError as error:
        raise DataError(
            f"{source.title} is not on this machine and could not be downloaded from {url}: "
            f"{error}. Do one of these: "
            f"(1) set MAJU_DATA_DIR to a folder that holds {source.contents}; "
            f"(2) put that into the cache folder {folder}; "
            f"(3) connect to the internet and run `maju data`"
        ) from error


def _receive(url: str, sha256: str, file: BufferedRandom, progress: bool) -> None:
    try:
        import pooch
        import requests
        import tqdm
    except ImportError as error:
        raise MissingExtraError(f"downloading {url}", "data") from error
    if progress:
        tqdm.tqdm.write(f"Downloading {url}", file=sys.stderr)
    # Unencoded, the length that the server states is the file's own, and a .gz file arrives as it is.
    receive = pooch.HTTPDownloader(progress, chunk_size=2**16, headers={"Accept-Encoding": "identity"})
    try:
        receive(url, file, None)
    except requests.RequestException as error:
        if error.response is not None:
            error.response.close()  # pooch leaves it open
        raise OSError(_reason(error)) from error
    file.seek(0)
    found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise OSError(f"what came has the SHA-256 {found}, not {sha256}, and was thrown away")


def _publish(source: Source, files: dict[str, BufferedRandom], folder: Path) -> Path:
    entry = source.entries[-1]
    published = folder / entry
    with TemporaryDirectory(dir=folder, prefix=".maju-") as staging:
        for name, file in files.items():
            copy = Path(staging, source.home, name)
            copy.parent.mkdir(parents=True, exist_ok=True)
            file.seek(0)
            with copy.open("wb") as target:
                shutil.copyfileobj(file, target)
        published.parent.mkdir(parents=True, exist_ok=True)
        try:
            Path(staging, entry).replace(published)
        except OSError:
            if not published.exists():  # else another process was first, with the same bytes
                raise
    return published


def _reason(error: requests.RequestException) -> str:
    import requests

    if error.response is not None:
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off half-way"
    return "the server cannot be reached"
