from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from formats.archives import members, rewrite, rewrite_h5, write_archive
from formats.guarded import open_all

pytestmark = pytest.mark.slow

Saved = Callable[..., Path]
#: What makes a hostile file at a path, from where Keras saved sound ones.
Make = Callable[[Path, Saved], object]

#: By name: what makes the file, and a pattern for what is said about it.
FILES: dict[str, tuple[Make, str]] = {}


def hostile(said: str) -> Callable[[Make], Make]:
    """Register a file with a pattern of what `maju.load` says of it."""

    def register(make: Make) -> Make:
        FILES[make.__name__.replace("_", " ")] = make, said
        return make

    return register


@pytest.fixture(scope="module")
def outcomes(saved: Saved, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What was said of every file."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "secret").write_bytes(bytes(4000))
    paths = []
    for name, (make, _) in FILES.items():
        paths.append(folder / name.replace(" ", "-"))
        make(paths[-1], saved)
    said = dict(zip(FILES, open_all(paths), strict=True))
    for path in paths:
        path.unlink()
    assert [path.name for path in folder.iterdir()] == ["secret"]
    return said


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_refused_in_little_time_and_memory(name: str, outcomes: dict[str, str]) -> None:
    assert re.fullmatch(FILES[name][1], outcomes[name], re.DOTALL), outcomes[name]
    assert max(map(len, outcomes[name].splitlines())) < 500


# HDF5

HEAD = "layers/dense/vars/0"  # the kernel of the CNN's last layer
FORMAT = "ModelFormatError: [^:]+: "


def in_weights(change: Callable[[Any], None]) -> Make:
    return lambda path, saved: rewrite(saved("cnn"), path, weights=change)


def in_h5(change: Callable[[Any], None]) -> Make:
    return lambda path, saved: rewrite_h5(saved("cnn", ".h5"), path, change)


def instead(file: Any, make: Callable[[Any], object]) -> None:
    """Something in the place of the last kernel."""
    del file[HEAD]
    make(file)


def test_the_place_of_the_kernel(saved: Saved) -> None:
    with h5py.File(io.BytesIO(members(saved("cnn"))["model.weights.h5"])) as file:
        assert file[HEAD].shape == (48, 5)


@hostile("ModelFormatError: layers/dense/vars/0: a link to elsewhere, which no Keras writes")
def an_external_link(path: Path, saved: Saved) -> None:
    link = h5py.ExternalLink("secret", "/x")
    in_weights(lambda file: instead(file, lambda f: f.__setitem__(HEAD, link)))(path, saved)


@hostile("ModelFormatError: layers/dense/vars/0: a link to elsewhere, which no Keras writes")
def a_soft_link(path: Path, saved: Saved) -> None:
    link = h5py.SoftLink("/layers/dense/vars/1")
    in_weights(lambda file: instead(file, lambda f: f.__setitem__(HEAD, link)))(path, saved)


@hostile("ModelFormatError: layers/dense: a link to elsewhere, which no Keras writes")
def a_soft_link_to_itself(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        del file["layers/dense"]
        file["layers/dense"] = h5py.SoftLink("/layers/dense")

    in_weights(change)(path, saved)


@hostile("ModelFormatError: layers: a link to elsewhere, which no Keras writes")
def layers_in_another_file(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        del file["layers"]
        file["layers"] = h5py.ExternalLink("secret", "/")

    in_weights(change)(path, saved)


@hostile("ModelFormatError: model_weights/[a-z0-9_]+: a link to elsewhere, which no Keras writes")
def a_layer_of_an_h5_in_another_file(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        name = file["model_weights"].attrs["layer_names"][-1]
        del file[f"model_weights/{name}"]
        file[f"model_weights/{name}"] = h5py.ExternalLink("secret", "/")

    in_h5(change)(path, saved)


@hostile(FORMAT + "layers/dense/vars/0: its values lie in another file, which no Keras writes")
def values_in_another_file(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, (48, 5), "f4", external=[("secret", 0, 960)])

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + "layers/dense/vars/0: its values lie in another file, which no Keras writes")
def a_virtual_array(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        layout = h5py.VirtualLayout((48, 5), "f4")
        layout[:] = h5py.VirtualSource("secret", "x", (48, 5))
        file.create_virtual_dataset(HEAD, layout)

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: claims 400,000,000,000 bytes, but 0 are stored")
def a_large_shape_and_nothing_stored(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, (10**6, 10**5), "f4", chunks=(100, 100))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: claims 960 bytes, but 0 are stored")
def the_right_shape_and_nothing_stored(path: Path, saved: Saved) -> None:
    in_weights(lambda file: instead(file, lambda f: f.create_dataset(HEAD, (48, 5), "f4")))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: claims 73,786,976,294,838,206,464 bytes, but 0 are stored")
def a_shape_whose_product_overflows(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, (2**32, 2**32), "f4", chunks=(2, 2))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: the file's [\d,]+ bytes would unpack to far too many")
def zeros_that_unpack_to_128_megabytes(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        zeros = np.zeros((2**13, 2**12), np.float32)
        file.create_dataset(HEAD, data=zeros, chunks=(2**9, 2**12), compression="gzip")

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: a piece of it unpacks to more than its size")
def a_piece_that_unpacks_to_700_megabytes(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        array = file.create_dataset(HEAD, (48, 5), "f4", chunks=(48, 5), compression="gzip")
        array.id.write_direct_chunk((0, 0), zlib.compress(bytes(700 << 20), 1))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: the file's [\d,]+ bytes would unpack to far too many")
def a_small_array_in_one_large_piece(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        pieces = {"chunks": (2**13, 2**13), "maxshape": (None, None), "compression": "gzip"}
        file.create_dataset(HEAD, data=np.zeros((48, 5), np.float32), **pieces)

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: cut into more than 65,536 pieces")
def an_array_in_a_million_pieces(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        array = file.create_dataset(HEAD, (1000, 1000), "f4", chunks=(1, 1), compression="gzip")
        array[:90] = 1

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: packed by filters \[6\], which no Keras uses")
def an_array_in_a_rare_packing(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, data=np.zeros((48, 5), "f4"), chunks=(4, 5), scaleoffset=3)

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile("opened")
def arrays_packed_as_h5py_can(path: Path, saved: Saved) -> None:
    def repack(file: Any) -> None:
        for number, packing in enumerate(({"compression": "gzip"}, {"compression": "lzf"})):
            place = f"layers/dense/vars/{number}"
            values = file[place][()]
            del file[place]
            file.create_dataset(place, data=values, shuffle=True, fletcher32=True, **packing)

    in_weights(repack)(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: expected numbers, found \[\('a', '<f4'\), \('b', 'S9'\)\]")
def an_array_of_records(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, data=np.zeros((48, 5), [("a", "f4"), ("b", "S9")]))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: expected numbers, found object")
def an_array_of_arrays(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, (48, 5), h5py.vlen_dtype(np.float32))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: expected numbers, found object")
def an_array_of_places_in_the_file(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file.create_dataset(HEAD, data=np.full((48, 5), file["layers"].ref, h5py.ref_dtype))

    in_weights(lambda file: instead(file, make))(path, saved)


@hostile(FORMAT + r"layers/dense/vars/0: expected an array, found a datatype")
def a_type_in_place_of_an_array(path: Path, saved: Saved) -> None:
    in_weights(lambda file: instead(file, lambda f: f.__setitem__(HEAD, np.dtype("f4"))))(path, saved)


@hostile(FORMAT + r"layer 'conv2d' \(Conv2D\) needs 1 arrays, the file holds 0 there")
def thirty_thousand_groups(path: Path, saved: Saved) -> None:
    weights = io.BytesIO()
    with h5py.File(weights, "w", libver="latest") as file:
        for number in range(30_000):
            file.create_group(f"layers/{number}")
    held = {**members(saved("cnn")), "model.weights.h5": weights.getvalue()}
    write_archive(path, held, zipfile.ZIP_DEFLATED)


@hostile(r"ModelFormatError: layer_names: the file's [\d,]+ bytes would unpack to far too many")
def three_thousand_names_that_are_one_long_text(path: Path, saved: Saved) -> None:
    """A name of any length is 16 bytes that say where the text is, and here they all say the same place."""

    def change(file: Any) -> None:
        holder = file["model_weights"]
        del holder.attrs["layer_names"]
        holder.attrs.create("long", "x" * 10**6, dtype=h5py.string_dtype())
        holder.attrs.create("layer_names", ["y"] * 3000, dtype=h5py.string_dtype())

    in_h5(change)(path, saved)
    content = path.read_bytes()
    place = content.index(struct.pack("<I", 10**6))
    short = rb"(?:\x01\0\0\0.{12}){1000,}"
    path.write_bytes(
        re.sub(
            short, lambda found: content[place : place + 16] * (len(found[0]) // 16), content, flags=re.DOTALL
        )
    )


@hostile(r"ModelFormatError: layer_names\d+: the file's [\d,]+ bytes would unpack to far too many")
def a_list_of_names_in_eight_thousand_parts(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        holder = file["model_weights"]
        del holder.attrs["layer_names"]
        for number in range(8000):
            holder.attrs[f"layer_names{number}"] = [b"n%d" % number]

    in_h5(change)(path, saved)


@hostile(FORMAT + r"layers/dense/vars/x\d+: the file's [\d,]+ bytes would unpack to far too many")
def one_array_linked_a_thousand_times(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        file["layers/dense/vars/x"] = np.random.default_rng(0).random(2**17, np.float32)
        for index in range(1000):
            file[f"layers/dense/vars/x{index}"] = file["layers/dense/vars/x"]

    in_weights(make)(path, saved)


@hostile(FORMAT + r"[a-z_0-9]+/x: the file's [\d,]+ bytes would unpack to far too many")
def one_array_named_ten_thousand_times(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        group = file["model_weights"][file["model_weights"].attrs["layer_names"][-1]]
        group["x"] = np.random.default_rng(0).random(2**17, np.float32)
        group.attrs["weight_names"] = np.array([b"x"] * 10_000)

    in_h5(make)(path, saved)


@hostile(FORMAT + "groups within themselves at layers/dense/[ab], which no Keras writes")
def a_group_within_itself(path: Path, saved: Saved) -> None:
    def make(file: Any) -> None:
        for name in "ab":
            file[f"layers/dense/{name}"] = file["layers/dense"]

    in_weights(make)(path, saved)


@hostile(FORMAT + "groups within themselves at layers/dense/up, which no Keras writes")
def a_group_within_a_group_within_it(path: Path, saved: Saved) -> None:
    in_weights(lambda file: file["layers/dense"].__setitem__("up", file["layers"]))(path, saved)


@hostile(FORMAT + r"groups within themselves at layers/dense/a/a/a/a.{100,300}, which no Keras writes")
def groups_a_thousand_deep(path: Path, saved: Saved) -> None:
    in_weights(lambda file: file["layers/dense"].create_group("/".join("a" * 1000)))(path, saved)


@hostile(FORMAT + r"damaged or truncated HDF5 \(a broken heap of strings at byte [\d,]+\)")
def a_heap_over_which_hdf5_runs_for_ever(path: Path, saved: Saved) -> None:
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{}"
    content = bytearray(path.read_bytes())
    at = content.index(b"GCOL") + 16
    while struct.unpack_from("<H", content, at)[0]:  # to its free space
        at += 16 + -(-struct.unpack_from("<Q", content, at + 8)[0] // 8) * 8
    content[at : at + 16] = bytes(16)
    path.write_bytes(content)


@hostile(FORMAT + r"damaged or truncated HDF5 \(the attribute model_config is no text\)")
def a_config_of_sequences_of_numbers(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        del file.attrs["model_config"]
        numbers = np.empty(1, object)
        numbers[0] = np.arange(3, dtype=np.int32)
        file.attrs.create("model_config", numbers, dtype=h5py.vlen_dtype(np.int32))

    in_h5(change)(path, saved)


@hostile(FORMAT + r"model_config: not valid JSON \(.+\)")
def a_config_of_several_texts(path: Path, saved: Saved) -> None:
    in_h5(lambda file: file.attrs.__setitem__("model_config", ["{", "}"]))(path, saved)


@hostile(FORMAT + r"the weights of layer '3' are missing")
def layer_names_that_are_numbers(path: Path, saved: Saved) -> None:
    in_h5(lambda file: file["model_weights"].attrs.__setitem__("layer_names", np.array([3, 4])))(path, saved)


@hostile(FORMAT + r"the weights of layer '\.\./secret' are missing")
def layer_names_that_lead_elsewhere(path: Path, saved: Saved) -> None:
    names = np.array([b"../secret"])
    in_h5(lambda file: file["model_weights"].attrs.__setitem__("layer_names", names))(path, saved)


@hostile(FORMAT + r"[a-z_0-9]+//?model_weights/[a-z_0-9]+: there is no such array")
def weight_names_that_lead_elsewhere(path: Path, saved: Saved) -> None:
    def change(file: Any) -> None:
        root = file["model_weights"]
        first, last = root.attrs["layer_names"][[0, -1]]
        root[last].attrs["weight_names"] = np.array([f"/model_weights/{first}".encode()])

    in_h5(change)(path, saved)


@hostile(FORMAT + r"damaged or truncated HDF5 \('utf-8' codec can't decode.*\)")
def layer_names_that_are_no_text(path: Path, saved: Saved) -> None:
    names = np.array([b"\xff\xfe\xfd"])
    in_h5(lambda file: file["model_weights"].attrs.__setitem__("layer_names", names))(path, saved)


@hostile(FORMAT + r"no version of Keras: 'nonsense'")
def an_h5_of_no_version(path: Path, saved: Saved) -> None:
    in_h5(lambda file: file.attrs.__setitem__("keras_version", "nonsense"))(path, saved)


# Archives


@hostile(FORMAT + r"config\.json: the file's [\d,]+ bytes would unpack to far too many")
def a_config_that_unpacks_to_128_megabytes(path: Path, saved: Saved) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        with archive.open("config.json", "w", force_zip64=True) as file:
            for _ in range(2**7):
                file.write(b" " * 2**20)


@hostile(FORMAT + r"model\.weights\.h5: the file's [\d,]+ bytes would unpack to far too many")
def weights_that_unpack_to_128_megabytes(path: Path, saved: Saved) -> None:
    write_archive(path, {**members(saved("cnn")), "model.weights.h5": bytes(2**27)}, zipfile.ZIP_DEFLATED)


@hostile(FORMAT + r"layers/dense/vars/0: the file's [\d,]+ bytes would unpack to far too many")
def weights_that_unpack_twice(path: Path, saved: Saved) -> None:
    zeros_that_unpack_to_128_megabytes(path, saved)
    held = members(path)
    write_archive(path, held, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 100_000


@hostile(FORMAT + r"assets/x/vocabulary\.txt: the file's [\d,]+ bytes would unpack to far too many")
def a_vocabulary_that_unpacks_to_128_megabytes(path: Path, saved: Saved) -> None:
    held = {"assets/x/vocabulary.txt": bytes(2**27), **members(saved("texts"))}
    write_archive(path, held, zipfile.ZIP_DEFLATED)


@hostile("opened")
def what_no_model_needs_is_not_unpacked(path: Path, saved: Saved) -> None:
    held = {**members(saved("cnn")), "assets/picture.png": bytes(2**27)}
    write_archive(path, held, zipfile.ZIP_DEFLATED)


@hostile(r"opened|" + FORMAT + r"damaged or truncated archive \(Overlapped entries.*")
def a_packed_size_that_is_a_lie(path: Path, saved: Saved) -> None:
    content = bytearray(saved("cnn").read_bytes())
    entry = content.index(b"PK\x01\x02")
    struct.pack_into("<I", content, entry + 20, 2**30)
    path.write_bytes(content)


def lie_about_size(path: Path, name: bytes, size: int) -> None:
    """Write another size of a file of an archive into both places that say it."""
    content = bytearray(path.read_bytes())
    for mark, held, at in ((b"PK\x03\x04", 30, 22), (b"PK\x01\x02", 46, 24)):
        entry = next(
            found.start()
            for found in re.finditer(mark, content)
            if content[found.start() + held :].startswith(name)
        )
        struct.pack_into("<I", content, entry + at, size)
    path.write_bytes(content)


@hostile(FORMAT + r"damaged or truncated archive \(Bad CRC-32 for file 'config\.json'\)")
def a_config_of_700_megabytes_that_claims_a_hundred_bytes(path: Path, saved: Saved) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("metadata.json", '{"keras_version": "3.8.0"}')
        with archive.open("config.json", "w") as file:
            for _ in range(700):
                file.write(b" " * 2**20)
    lie_about_size(path, b"config.json", 100)


@hostile(FORMAT + r"damaged or truncated archive \('config\.json' is not as long as the archive says\)")
def a_config_that_claims_more_than_it_is(path: Path, saved: Saved) -> None:
    write_archive(path, members(saved("cnn")), zipfile.ZIP_DEFLATED)
    lie_about_size(path, b"config.json", 10**7)


@hostile(FORMAT + r"'config\.json' is neither stored nor deflated; pack it anew")
def a_config_packed_by_bzip2(path: Path, saved: Saved) -> None:
    """Python unpacks all of it at once, whatever it is asked for."""
    held = members(saved("cnn"))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("metadata.json", held["metadata.json"])
        archive.writestr("config.json", held["config.json"], zipfile.ZIP_BZIP2)


@hostile(FORMAT + r"config\.json: 33,5\d\d,\d+ bytes of JSON that hold far too many values")
def a_config_of_eight_million_objects(path: Path, saved: Saved) -> None:
    config = b'{"class_name": "Sequential", "config": [' + b"{}, " * 8_380_000 + b"{}]}"
    write_archive(path, {**members(saved("cnn")), "config.json": config}, zipfile.ZIP_DEFLATED)


@hostile(FORMAT + r"config\.json: not valid JSON \(Exceeds the limit .+\)")
def a_number_of_ten_thousand_digits(path: Path, saved: Saved) -> None:
    write_archive(path, {**members(saved("cnn")), "config.json": b'{"a": ' + b"9" * 10_000 + b"}"})


@hostile(FORMAT + r"the archive holds 'config\.json' twice")
def two_configs(path: Path, saved: Saved) -> None:
    write_archive(path, members(saved("cnn")))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")


@pytest.mark.parametrize("name", ["../evil", "/evil", "assets/../../evil"])
def test_paths_that_lead_out_of_the_archive(name: str, saved: Saved, tmp_path: Path) -> None:
    path = write_archive(tmp_path / "evil.keras", {**members(saved("cnn")), name: b"evil"})
    assert open_all([path]) == [f"ModelFormatError: evil.keras: {name!r} leads out of the archive"]
    assert list(tmp_path.iterdir()) == [path]


@hostile(FORMAT + r"damaged or truncated archive \(File .+ is encrypted, password required for extraction\)")
def an_encrypted_config(path: Path, saved: Saved) -> None:
    content = bytearray(saved("cnn").read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(mark)
        at = content.index(mark, at + 1)  # the second file is config.json
        content[at + flags] |= 1
    path.write_bytes(content)


@hostile(FORMAT + r"no Keras model: it holds no metadata\.json")
def sixty_thousand_files(path: Path, saved: Saved) -> None:
    write_archive(path, {f"f{index}": b"" for index in range(60_000)})


@hostile(FORMAT + r"config\.json: nested too deeply")
def json_a_hundred_thousand_deep(path: Path, saved: Saved) -> None:
    write_archive(path, {**members(saved("cnn")), "config.json": b'{"a":' * 10**5 + b"1" + b"}" * 10**5})


@hostile(FORMAT + r"config\.json: nested too deeply")
def lists_five_hundred_deep(path: Path, saved: Saved) -> None:
    def change(document: Any) -> None:
        deep: list[Any] = []
        for _ in range(500):
            deep = [deep]
        document["config"]["layers"][1]["config"]["scale"] = deep

    rewrite(saved("cnn"), path, config=change)


@hostile("ModelFormatError: a-file-of-deep-json: nested too deeply")
def a_file_of_deep_json(path: Path, saved: Saved) -> None:
    path.write_bytes(b'{"class_name": ' + b"[" * 10**6)


@hostile(FORMAT + r"33,554,433 bytes of JSON; the limit is 33,554,432")
def a_file_of_endless_json(path: Path, saved: Saved) -> None:
    with path.open("wb") as file:
        file.write(b"{")
        file.truncate(2**33)


@hostile(FORMAT + r"damaged or truncated safetensors \(.*\)")
def safetensors_that_claim_a_large_header(path: Path, saved: Saved) -> None:
    path.write_bytes(struct.pack("<Q", 2**40) + b"{" + b" " * 100)


@hostile(FORMAT + r"damaged or truncated safetensors \(.*\)")
def safetensors_that_claim_a_large_array(path: Path, saved: Saved) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(64))


@hostile(FORMAT + r"maju_architecture: nested too deeply")
def safetensors_with_a_deep_architecture(path: Path, saved: Saved) -> None:
    metadata = {"maju_architecture": "[" * 10**5}
    header = json.dumps({"__metadata__": metadata}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)


@hostile(FORMAT + r"damaged or truncated safetensors \(.*\)")
def safetensors_whose_arrays_overlap(path: Path, saved: Saved) -> None:
    header = json.dumps(
        {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in ("a/kernel", "b/kernel")}
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8))


@hostile(FORMAT + r"(damaged or truncated safetensors \(.*\)|weights alone.*)")
def safetensors_of_a_shape_whose_product_overflows(path: Path, saved: Saved) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [0, 2**63, 2**63], "data_offsets": [0, 0]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header)
