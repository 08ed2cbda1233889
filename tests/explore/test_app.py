"""What the server answers, and whom."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

import maju
from explore.fixtures import cnn, drawn, lstm
from maju import layers
from maju.explore.app import application
from maju.explore.session import Session
from maju.layers.base import Array


def client_of(session: Session, folder: Path, **options: Any) -> TestClient:
    return TestClient(application(session, folder, **options), base_url="http://127.0.0.1:8642")


@pytest.fixture
def client(session: Session, tmp_path: Path) -> Iterator[TestClient]:
    with client_of(session, tmp_path) as found:
        yield found


CNN: dict[str, Any] = {"model": "file-0", "input": {"kind": "sample", "index": 1}}
LSTM: dict[str, Any] = {"model": "file-1", "input": {"kind": "text", "text": "Saya tidak enak, mahal!"}}


def ask(client: TestClient, question: str, asked: Any) -> Any:
    answer = client.post(f"/api/{question}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(client: TestClient, question: str, asked: Any) -> dict[str, Any]:
    answer = client.post(f"/api/{question}", json=asked)
    assert answer.status_code == 422, answer.text
    error: dict[str, Any] = answer.json()["error"]
    return error


def floats(drawn: dict[str, Any]) -> Array:
    return np.frombuffer(base64.b64decode(drawn["data"]), "<f4").reshape(drawn["size"])


def pixels(client: TestClient, index: int) -> Array:
    sample = ask(client, "open", {"model": "file-0"})["samples"][index]
    return np.frombuffer(base64.b64decode(sample["data"]), np.uint8).reshape(1, 12, 10, 3)


# A pass


def test_the_list_of_models(client: TestClient) -> None:
    found = client.get("/api/models").json()
    assert found["first"] == "file-0"
    titles = {each["key"]: (each["title"], each["origin"]) for each in found["models"]}
    assert titles["file-1"] == ("lstm.keras", "file")
    assert titles["tiny-lstm"] == ("tiny-lstm", "tiny")
    assert found["keras"] is False


def test_a_pass_over_an_image_is_what_activations_gives(client: TestClient) -> None:
    found = ask(client, "run", CNN)
    expected = cnn().activations(pixels(client, 1).astype(np.float32))
    assert [each["key"] for each in found["layers"]] == list(expected)
    for each in found["layers"]:
        values, y = floats(each["drawn"]), expected[each["key"]][0]
        assert each["drawn"]["shape"] == list(y.shape)
        assert np.array_equal(values, y if y.ndim == 1 else np.moveaxis(y, -1, 0))
    (output,) = found["outputs"]
    assert output["kind"] == "probabilities"
    assert output["values"] == pytest.approx(expected["classes"][0].tolist())
    assert output["labels"] == ["0", "1", "2", "3"]


def test_a_pass_over_a_text(client: TestClient) -> None:
    found = ask(client, "run", LSTM)
    words = ["saya", "tidak", "enak", "mahal", "", "", "", "", ""]
    assert found["tokens"]["words"] == words
    assert found["steps"]["labels"] == ["saya", "tidak", "enak", "mahal", *["padding"] * 2, "+3 padding"]
    places = found["steps"]["places"]
    expected = lstm().activations(np.array(["Saya tidak enak, mahal!"]))
    cards = {each["key"]: each for each in found["layers"]}
    assert np.array_equal(floats(cards["embedding"]["drawn"]), expected["embedding"][0, places].T)
    tracks = cards["lstm"]["tracks"]["directions"][""]
    assert list(tracks) == [
        "input gate i",
        "forget gate f",
        "output gate o",
        "candidate",
        "memory c",
        "state h",
    ]
    assert floats(tracks["state h"])[:, 3] == pytest.approx(expected["lstm"][0], abs=1e-6)
    assert cards["lstm"]["tracks"]["read"] == [True] * 4 + [False] * 3
    assert cards["lstm"]["masked"] is True


def test_a_sequence_that_is_no_text_has_steps_too(session: Session, tmp_path: Path) -> None:
    model = drawn(maju.Sequential([maju.Input((400, 2)), layers.SimpleRNN(3), layers.Dense(2)]))
    model.save(tmp_path / "sequence.keras")
    with client_of(session, tmp_path) as client:
        key = client.post("/api/models", content=(tmp_path / "sequence.keras").read_bytes()).json()["key"]
        found = ask(client, "run", {"model": key, "input": {"kind": "random", "seed": 1}})
    assert found["tokens"] is None
    assert (found["steps"]["text"], found["steps"]["count"]) == (False, 400)
    assert found["steps"]["places"] == list(range(340))
    tracks = found["layers"][1]["tracks"]
    assert (tracks["count"], tracks["of_text"]) == (400, True)
    assert floats(tracks["directions"][""]["state h"]).shape == (3, 340)


def test_dropped_tokens_make_room_for_padding(client: TestClient) -> None:
    found = ask(client, "run", {**LSTM, "drop": [1, 8]})
    shorter = ask(client, "run", {**LSTM, "input": {"kind": "text", "text": "saya enak mahal"}})
    assert found["outputs"][0]["values"] == shorter["outputs"][0]["values"]
    assert found["tokens"]["words"][1] == "tidak"
    assert found["steps"]["labels"][:4] == ["saya", "enak", "mahal", "padding"]


def test_a_covered_part_is_the_mean_of_the_image(client: TestClient) -> None:
    box = {"top": 2, "left": 3, "height": 4, "width": 5}
    found = ask(client, "run", {**CNN, "occlude": box})
    x = pixels(client, 1).astype(np.float32)
    x[:, 2:6, 3:8] = x.mean(axis=(1, 2), keepdims=True).round()
    assert found["outputs"][0]["values"] == pytest.approx(cnn().predict(x)[0].tolist(), abs=1e-6)


def test_the_names_of_classes(client: TestClient) -> None:
    named = ask(client, "run", {**LSTM, "classes": ["negative", "neutral", "positive"]})
    assert named["outputs"][0]["labels"] == ["negative", "neutral", "positive"]
    other = ask(client, "run", {**LSTM, "classes": ["one", "two"]})
    assert other["outputs"][0]["labels"] == ["0", "1", "2"]


def npy(array: Array) -> str:
    stream = io.BytesIO()
    np.save(stream, array)
    return base64.b64encode(stream.getvalue()).decode()


def test_other_kinds_of_input(client: TestClient, session: Session, tmp_path: Path) -> None:
    x = pixels(client, 2)
    sent = {"kind": "pixels", "data": base64.b64encode(x.tobytes()).decode()}
    by_pixels = ask(client, "run", {**CNN, "input": sent})["outputs"]
    assert by_pixels == ask(client, "run", {**CNN, "input": {"kind": "sample", "index": 2}})["outputs"]
    by_file = ask(client, "run", {**CNN, "input": {"kind": "file", "data": npy(x.astype(np.float32))}})
    assert by_file["outputs"] == by_pixels
    assert ask(client, "run", {**CNN, "input": {"kind": "random", "seed": 3}})["outputs"]
    ids = drawn(maju.Sequential([maju.Input((6,)), layers.Embedding(9, 4), layers.GRU(3)]))
    ids.save(tmp_path / "ids.keras")
    opened = client.post("/api/models", content=(tmp_path / "ids.keras").read_bytes()).json()
    assert opened["takes"]["kind"] == "ids"
    assert opened["takes"]["table"] == 9
    found = ask(client, "run", {"model": opened["key"], "input": {"kind": "ids", "ids": [3, 1, 8]}})
    assert found["outputs"][0]["values"] == pytest.approx(ids.predict([[3, 1, 8, 0, 0, 0]])[0].tolist())
    assert found["steps"]["padding"] == [False] * 3 + [True] * 3


BAD_INPUTS: dict[str, tuple[dict[str, Any], str]] = {
    "none": ({}, "no input was given"),
    "kind": ({"input": {"kind": "film"}}, "takes image, and not 'film'"),
    "sample": ({"input": {"kind": "sample", "index": 99}}, "there is no sample 99"),
    "size": ({"input": {"kind": "pixels", "data": "AAAA"}}, "expected 12 × 10 pixels"),
    "base64": ({"input": {"kind": "pixels", "data": "é"}}, "not in base64"),
    "scale": ({"input": {"kind": "sample", "index": 0, "scale": "2"}}, "scale '2'"),
    "file": ({"input": {"kind": "file", "data": "AAAA"}}, "neither .npy nor .npz"),
    "box": ({**CNN, "occlude": {"top": 1}}, "expected top, left, height and width"),
    "drop": ({**CNN, "drop": "all"}, "expected places of tokens"),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_inputs_that_do_not_fit(client: TestClient, name: str) -> None:
    asked, expected = BAD_INPUTS[name]
    assert expected in refused(client, "run", {"model": "file-0", **asked})["message"]


def test_a_model_that_takes_too_much(session: Session, tmp_path: Path) -> None:
    model = maju.Sequential([maju.Input((40_000, 40_000, 1)), layers.GlobalMaxPooling2D()])
    model.save(tmp_path / "wide.keras")
    with client_of(session, tmp_path) as client:
        opened = client.post("/api/models", content=(tmp_path / "wide.keras").read_bytes()).json()
        assert opened["samples"] == []
        asked = {"model": opened["key"], "input": {"kind": "random"}}
        assert "too large to draw at random" in refused(client, "run", asked)["message"]


def test_arrays_that_lie_about_their_size_or_hold_code(client: TestClient) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
    np.lib.format.write_array_header_1_0(stream, header)
    for data in (stream.getvalue(), base64.b64decode(npy(np.array([{}], dtype=object)))):
        sent = {"kind": "file", "data": base64.b64encode(data).decode()}
        assert "neither .npy nor .npz" in refused(client, "run", {**CNN, "input": sent})["message"]


# A layer, a value, and what is laid over


def test_a_layer(client: TestClient) -> None:
    found = ask(client, "layer", {**CNN, "layer": "conv"})
    assert "Σ" in found["formula"]
    assert set(found["words"]) == {"en", "id"}
    assert (found["given"], found["gives"]) == ([[12, 10, 3]], [[12, 10, 5]])
    assert ["padding", "same"] in found["settings"]
    kernel, bias = found["weights"]
    assert (kernel["name"], kernel["shape"], bias["shape"]) == ("kernel", [3, 3, 3, 5], [5])
    own = cnn()["conv"].kernel
    assert kernel["mean"] == pytest.approx(float(own.mean()))
    most = np.abs(own[..., 1]).sum(axis=(0, 1)).argmax()
    assert np.array_equal(floats(kernel["drawn"])[1], own[:, :, most, 1])
    assert "no layer 'nowhere'" in refused(client, "layer", {**CNN, "layer": "nowhere"})["message"]


def test_a_value(client: TestClient) -> None:
    found = ask(client, "value", {**CNN, "layer": "conv", "at": [0, 9, 2]})
    expected = cnn().activations(pixels(client, 1).astype(np.float32))["conv"]
    assert found["given"] == float(expected[0, 0, 9, 2])
    assert found["value"] == pytest.approx(found["given"], abs=1e-6)
    assert [part["kind"] for part in found["parts"]] == ["window", "line", "line"]
    assert found["parts"][0]["grids"][0]["x"][0] == [None, None, None]
    state = ask(client, "value", {**LSTM, "layer": "lstm", "at": [2], "step": 1, "direction": ""})
    assert [part.get("title") for part in state["parts"][1:5]] == [
        "input_gate",
        "forget_gate",
        "candidate",
        "output_gate",
    ]
    assert state["value"] == pytest.approx(state["given"], abs=1e-6)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"layer": "conv", "at": [0, 0, 5]}, "no place [0, 0, 5]"),
        ({"layer": "conv", "at": [0]}, "no place [0]"),
        ({"layer": "conv", "at": [-1, 0, 0]}, "expected a place"),
        ({"layer": "conv", "at": [0, 0, 0], "step": 1}, "has no states"),
        ({"layer": "conv"}, "expected a place"),
    ],
    ids=["beyond", "too-few", "negative", "no-steps", "none"],
)
def test_places_that_are_not_there(client: TestClient, asked: dict[str, Any], expected: str) -> None:
    assert expected in refused(client, "value", {**CNN, **asked})["message"]


def test_what_is_laid_over_is_what_visualize_computes(client: TestClient) -> None:
    from maju import visualize

    x = pixels(client, 1).astype(np.float32)
    cam = visualize.grad_cam(cnn(), x, target=2).map
    found = ask(client, "grad-cam", {**CNN, "target": 2})
    assert found["layer"] == "conv"
    assert floats(found) == pytest.approx((cam / (cam.max() or 1)).astype(np.float32))
    texts = [LSTM["input"]["text"]]
    added = visualize.token_contributions(lstm(), texts, method="leave_out", target=1).values
    values = ask(client, "contributions", {**LSTM, "target": 1})["values"]
    assert values == pytest.approx(np.nan_to_num(added).tolist())


# Files


def test_a_dropped_file_is_opened_and_not_kept(
    session: Session, files: dict[str, Path], tmp_path: Path
) -> None:
    with client_of(session, tmp_path) as client:
        data = files["lstm"].read_bytes()
        opened = client.post("/api/models", content=data, headers={"x-file-name": "sa%20ya.keras"}).json()
        assert opened["title"] == "sa ya.keras"
        assert ask(client, "run", {**LSTM, "model": opened["key"]})["outputs"]
        assert list(tmp_path.iterdir()) == []
        for _ in range(4):
            client.post("/api/models", content=data)
        gone = refused(client, "open", {"model": opened["key"]})
        assert "no longer open" in gone["message"]


def test_a_broken_file_says_what_is_wrong(client: TestClient, files: dict[str, Path]) -> None:
    data = files["cnn"].read_bytes()
    for content in (b"", b"no model", data[: len(data) // 2], b"PK\x03\x04" + b"\0" * 100):
        answer = client.post("/api/models", content=content)
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["kind"] == "ModelFormatError"
        assert error["message"]
        assert "Traceback" not in answer.text


def test_every_problem_of_an_unsupported_model_is_told(client: TestClient, tmp_path: Path) -> None:
    import json
    import zipfile

    model = cnn()
    model.save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    for name, kind in (("dropout", "Dropper"), ("pool", "Puller")):
        layer = next(each for each in config["config"]["layers"] if each["config"]["name"] == name)
        layer["class_name"] = kind
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    answer = client.post("/api/models", content=(tmp_path / "odd.keras").read_bytes())
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["kind"] == "UnsupportedModelError"
    assert [("Puller" in each, "Dropper" in each) for each in error["problems"]] == [
        (True, False),
        (False, True),
    ]


def test_files_that_are_too_large(session: Session, tmp_path: Path) -> None:
    with client_of(session, tmp_path, most_uploaded=1000) as client:
        assert client.post("/api/models", content=b"x" * 1001).status_code == 413

        def endless() -> Iterator[bytes]:
            for _ in range(100):
                yield b"x" * 100

        assert client.post("/api/models", content=endless()).status_code == 413
        assert list(tmp_path.iterdir()) == []


# Whom it answers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example:8642"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "10.0.0.1"}, 421),
        ({"host": "LocalHost:9000"}, 200),
        ({"host": "[::1]:9000"}, 200),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1:9999"}, 403),
        ({"origin": "http://127.0.0.1:8642"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin"}, 200),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else str(value),
)
def test_only_the_page_itself_is_answered(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.get("/api/models", headers=headers).status_code == status


def test_the_page_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "http" not in policy
    assert client.get("/assets/page.js").headers["content-type"].startswith("text/javascript")
    assert client.get("/assets/../app.py").status_code == 404
    assert client.get("/assets/%2e%2e/app.py").status_code == 404


def test_a_token_is_needed_where_others_can_reach_the_server(session: Session, tmp_path: Path) -> None:
    with client_of(session, tmp_path, token="secret") as client:
        for path in ("/", "/api/models", "/assets/page.js", "/?token=wrong", "/api/models?token=secret"):
            assert client.get(path).status_code == 401
        assert client.post("/api/models", content=b"x").status_code == 401
        assert client.get("/?token=secret", follow_redirects=False).status_code == 303
        assert client.get("/api/models").status_code == 200
        assert client.get("/api/models", headers={"host": "192.168.1.2"}).status_code == 200
        assert client.get("/api/models", headers={"host": "evil.example"}).status_code == 421
        client.cookies.set("maju_explore", "other")


def test_questions_that_are_none(client: TestClient) -> None:
    assert client.post("/api/nothing", json={}).status_code == 404
    assert client.post("/api/run", content=b"{").json()["error"]["message"] == "the question is not JSON"
    assert client.post("/api/run", content=b"[1]").json()["error"]["message"] == "the question is no object"
    assert "no longer open" in refused(client, "run", {"model": "other"})["message"]
    assert "not installed" in refused(client, "keras", CNN)["message"]
