from __future__ import annotations

import gzip
import io
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from maju.datasets import cifar10_binary
from maju.datasets.cifar10_binary import FILES, parse_records, read_cifar10
from maju.errors import DataError


def record(label: int, image: np.ndarray) -> bytes:
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    return bytes([label]) + red.tobytes() + green.tobytes() + blue.tobytes()


def test_a_record_is_a_label_and_three_planes() -> None:
    image = np.zeros((32, 32, 3), np.uint8)
    image[0, 1] = (10, 20, 30)  # the second pixel of the first row
    image[31, 0] = (40, 50, 60)
    data = bytearray(1 + 3072)
    data[0] = 7
    data[1 + 1], data[1 + 1024 + 1], data[1 + 2048 + 1] = 10, 20, 30
    data[1 + 992], data[1 + 1024 + 992], data[1 + 2048 + 992] = 40, 50, 60
    x, y = parse_records(bytes(data), "file")
    np.testing.assert_array_equal(x, image[None])
    assert y.tolist() == [7]
    assert x.dtype == np.uint8
    assert y.dtype == np.int64
    assert x.flags.c_contiguous


@given(st.lists(st.integers(0, 9), max_size=5), st.integers(0, 2**32))
def test_records_round_trip(labels: list[int], seed: int) -> None:
    images = np.random.default_rng(seed).integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    data = b"".join(record(label, image) for label, image in zip(labels, images, strict=True))
    x, y = parse_records(data, "file")
    np.testing.assert_array_equal(x, images)
    assert y.tolist() == labels


@given(st.integers(0, 4), st.integers(10, 255))
def test_a_label_above_9_is_refused_by_its_record(position: int, label: int) -> None:
    data = bytearray(5 * 3073)
    data[position * 3073] = label
    message = f"here.bin: record {position} has the label {label}; labels are 0 to 9"
    with pytest.raises(DataError, match=f"^{message}$"):
        parse_records(bytes(data), "here.bin")


def check_contents(location: Path, batches: dict[str, bytes]) -> None:
    train, test = read_cifar10(location)
    for split, names in ((train, FILES[:5]), (test, FILES[5:])):
        expected = parse_records(b"".join(batches[name] for name in names), "expected")
        np.testing.assert_array_equal(split.x, expected.x)
        np.testing.assert_array_equal(split.y, expected.y)
    assert len(train.y) == 150
    assert len(test.y) == 30


def test_a_folder_is_read_in_the_order_of_its_files(cifar10_folder: Path, batches: dict[str, bytes]) -> None:
    check_contents(cifar10_folder, batches)


def test_the_archive_gives_the_same_and_is_not_unpacked(
    archive: bytes, batches: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(archive)
    check_contents(path, batches)
    assert [entry.name for entry in tmp_path.iterdir()] == ["cifar-10-binary.tar.gz"]


def test_files_of_the_real_size(tmp_path: Path) -> None:
    for name in FILES:
        with (tmp_path / name).open("wb") as file:
            file.truncate(30_730_000)
    train, test = read_cifar10(tmp_path)
    assert (train.x.shape, train.y.shape) == ((50_000, 32, 32, 3), (50_000,))
    assert (test.x.shape, test.y.shape) == ((10_000, 32, 32, 3), (10_000,))


def test_missing_files_are_named(cifar10_folder: Path) -> None:
    (cifar10_folder / "data_batch_2.bin").unlink()
    (cifar10_folder / "test_batch.bin").unlink()
    with pytest.raises(DataError, match=r"cifar-10-batches-bin lacks data_batch_2\.bin, test_batch\.bin$"):
        read_cifar10(cifar10_folder)


@pytest.mark.parametrize("change", [-3073, -1, 1], ids=["a record short", "a byte short", "a byte long"])
def test_a_file_of_another_size_is_refused(cifar10_folder: Path, change: int) -> None:
    content = (cifar10_folder / "data_batch_3.bin").read_bytes()
    (cifar10_folder / "data_batch_3.bin").write_bytes((content + b"\0")[: len(content) + change])
    size = f"{92_190 + change:,}"
    message = rf"data_batch_3\.bin has {size} bytes, not 92,190 \(30 records of 3,073\)$"
    with pytest.raises(DataError, match=message):
        read_cifar10(cifar10_folder)


def test_an_empty_file_is_refused(cifar10_folder: Path) -> None:
    (cifar10_folder / "test_batch.bin").write_bytes(b"")
    with pytest.raises(DataError, match=r"test_batch\.bin has 0 bytes, not 92,190"):
        read_cifar10(cifar10_folder)


def test_a_bad_label_names_the_file(cifar10_folder: Path) -> None:
    content = bytearray((cifar10_folder / "data_batch_5.bin").read_bytes())
    content[4 * 3073] = 77
    (cifar10_folder / "data_batch_5.bin").write_bytes(content)
    with pytest.raises(DataError, match=r"data_batch_5\.bin: record 4 has the label 77; labels are 0 to 9$"):
        read_cifar10(cifar10_folder)


def check_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "cifar-10-binary.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message) as caught:
        read_cifar10(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kept", [0, 1, 100, 0.5, -1])
def test_a_truncated_archive_is_refused(archive: bytes, tmp_path: Path, kept: float) -> None:
    end = int(kept * len(archive)) if isinstance(kept, float) else kept
    check_refused(tmp_path, archive[:end], r"is not a whole \.tar\.gz archive")


def test_a_changed_byte_in_the_archive_is_refused(archive: bytes, tmp_path: Path) -> None:
    damaged = bytearray(archive)
    damaged[-6] ^= 1  # in the checksum that ends every gzip file
    check_refused(tmp_path, bytes(damaged), r"is not a whole \.tar\.gz archive \(CRC check failed")


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    page = b"<html>Please log in to this network</html>"
    check_refused(tmp_path, page, r"is not a whole \.tar\.gz archive \(Not a gzipped file")


def in_folder(batches: dict[str, bytes]) -> dict[str, bytes]:
    return {f"cifar-10-batches-bin/{name}": content for name, content in batches.items()}


def test_an_archive_that_lacks_a_file(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    del batches["data_batch_4.bin"]
    message = r"holds cifar-10-batches-bin/data_batch_4\.bin 0 times, not once$"
    check_refused(tmp_path, pack(in_folder(batches)), message)


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(tarfile.SYMTYPE, id="symbolic link"),
        pytest.param(tarfile.LNKTYPE, id="hard link"),
        pytest.param(tarfile.CHRTYPE, id="device"),
        pytest.param(tarfile.FIFOTYPE, id="pipe"),
        pytest.param(tarfile.DIRTYPE, id="folder"),
        pytest.param(tarfile.GNUTYPE_SPARSE, id="sparse file"),
    ],
)
def test_a_link_or_device_in_the_place_of_a_file(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path, kind: bytes
) -> None:
    del batches["test_batch.bin"]
    member = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    member.type = kind
    member.linkname = "/dev/zero"
    message = r"test_batch\.bin is a link or another special entry, not a plain file$"
    check_refused(tmp_path, pack(in_folder(batches), member), message)


def test_a_file_that_is_there_twice(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    again = tarfile.TarInfo("cifar-10-batches-bin/test_batch.bin")
    message = r"holds cifar-10-batches-bin/test_batch\.bin 2 times, not once$"
    check_refused(tmp_path, pack(in_folder(batches), again), message)


def test_a_file_of_another_size_in_the_archive(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    batches["data_batch_1.bin"] += b"\0"
    message = r"data_batch_1\.bin has 92,191 bytes, not 92,190 \(30 records of 3,073\)$"
    check_refused(tmp_path, pack(in_folder(batches)), message)


def test_an_archive_that_unpacks_to_far_more(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    bomb = pack({"bomb": bytes(50_000_000)} | in_folder(batches))
    assert len(bomb) < 3_000_000
    tracemalloc.start()
    check_refused(tmp_path, bomb, r"unpacks to more than 1,601,716 bytes; the official archive does not$")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 20_000_000


def test_other_members_are_never_written(
    batches: dict[str, bytes], pack: Callable[..., bytes], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    path = home / "cifar-10-binary.tar.gz"
    path.write_bytes(pack({"../escaped": b"x", str(tmp_path / "absolute"): b"x"} | in_folder(batches)))
    check_contents(path, batches)
    assert [entry.name for entry in tmp_path.iterdir()] == ["home"]
    assert [entry.name for entry in home.iterdir()] == ["cifar-10-binary.tar.gz"]


SMALL_TAR = io.BytesIO()
with tarfile.open(fileobj=SMALL_TAR, mode="w", format=tarfile.GNU_FORMAT) as tar:
    for name in FILES:
        member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
        member.size = cifar10_binary.RECORD_SIZE
        tar.addfile(member, io.BytesIO(bytes(member.size)))


@given(
    file=st.integers(0, 5), changes=st.lists(st.tuples(st.integers(0, 511), st.integers(0, 255)), max_size=4)
)
@example(file=0, changes=[(124, 0xFF), (156, ord("S"))])
@example(file=1, changes=[(124, 0x80), (125, 0xFF), (126, 0xFF)])
@example(file=2, changes=[(156, ord("x"))])
@example(file=3, changes=[(156, ord("L"))])
def test_a_changed_header_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, file: int, changes: list[tuple[int, int]]
) -> None:
    content = bytearray(SMALL_TAR.getvalue())
    header = memoryview(content)[file * (512 + 7 * 512) :][:512]
    assert bytes(header[:20]) == b"cifar-10-batches-bin"
    for position, value in changes:
        header[position] = value
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)  # the header's own checksum, or nothing behind it is looked at
    path = tmp_path_factory.mktemp("headers") / "cifar-10-binary.tar.gz"
    path.write_bytes(gzip.compress(content, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cifar10_binary, "RECORDS_PER_FILE", 1)
        try:
            train, test = read_cifar10(path)
        except DataError as error:
            assert str(path) in str(error)  # noqa: PT017 - either outcome is right
        else:
            assert (len(train.y), len(test.y)) == (5, 1)
