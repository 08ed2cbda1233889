"""The page in a real browser, from opening a model to reading how a value comes about."""

from __future__ import annotations

import base64
import json
import zipfile
from importlib.resources import files as resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from explore.fixtures import Seen, Served, cnn, lstm
from maju.explore.shapes import drawn_shapes

pytestmark = pytest.mark.slow

DESKTOP, PHONE = (1400, 1000), (390, 844)
BOTH_WIDTHS = pytest.mark.parametrize("seen", [DESKTOP, PHONE], ids=["desktop", "phone"], indirect=True)
AXE = (resources("axe_playwright_python") / "axe.min.js").read_text("utf-8")
SENTENCE = "Makanannya enak sekali, tidak mahal"


def choose_lstm(page: Page) -> None:
    page.select_option("#models", "file-1")
    page.wait_for_selector("[data-key=lstm] canvas")


def write(page: Page, text: str) -> None:
    """Write a sentence, and wait until the model has read it."""
    page.fill("#text", text)
    expect(page.locator("#tokens button").first).to_have_text(text.split()[0].lower().strip(","))


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file on the page."""
    page.evaluate(
        """([name, data]) => {
            const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File([bytes], name));
            const options = { dataTransfer, bubbles: true, cancelable: true };
            document.body.dispatchEvent(new DragEvent("dragover", options));
            document.body.dispatchEvent(new DragEvent("drop", options));
        }""",
        [name, base64.b64encode(content).decode()],
    )


def number(text: str) -> float:
    """A number as the English page writes it."""
    return float(text.replace(",", "").replace("−", "-").removesuffix("%"))


def violations(page: Page) -> list[str]:
    """What axe finds."""
    page.evaluate(f"{AXE}; null")
    found: Any = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {node['html'][:200]} {node.get('failureSummary', '')}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


def test_an_image_from_the_list_to_a_single_value(seen: Seen) -> None:
    page = seen.page
    assert page.locator("#layers > li").count() == 7
    page.click(".sample >> nth=2")
    expect(page.locator(".sample >> nth=2")).to_have_attribute("aria-pressed", "true")
    page.click("[data-key=conv] canvas", position={"x": 8, "y": 8})
    page.wait_for_selector("#result")
    at = [int(page.input_value(f"[name=at-{axis}]")) for axis in range(3)]
    assert at[2] == 0
    images, _ = drawn_shapes(12, 12, 10, seed=20)
    y = cnn().activations(images[2:3].astype(np.float32))["conv"][0]
    assert number(page.inner_text("#result")) == pytest.approx(float(y[tuple(at)]), abs=1e-5)
    assert page.locator(".matrix").count() == 6  # of three channels, the window and the kernel
    assert page.locator(".working .line").count() == 3
    page.fill("[name=at-0]", "0")
    page.press("[name=at-0]", "Enter")
    expect(page.locator(".matrix .beyond").first).to_be_visible()
    wanted = float(y[0, at[1], at[2]])
    expect(page.locator(".beside")).to_contain_text(f"{round(wanted, 4)}".rstrip("0")[:5].replace("-", "−"))


def test_a_sentence_the_slider_and_a_gate(seen: Seen) -> None:
    page = seen.page
    choose_lstm(page)
    write(page, SENTENCE)
    expect(page.locator("#tokens button")).to_have_text(["makanannya", "enak", "sekali", "tidak", "mahal"])
    expected = lstm().predict(np.array([SENTENCE]))[0]
    shown = [number(text) for text in page.locator(".classes .amount").all_inner_texts()]
    assert shown == pytest.approx((100 * expected).tolist(), abs=0.06)
    page.click("[data-key=lstm] canvas >> nth=0", position={"x": 20, "y": 6})
    page.wait_for_selector("#result")
    before = page.inner_text("#result")
    assert page.input_value("[name=at-0]") == "0"
    page.focus("#step")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert "sekali" in page.inner_text("#step-word")
    expect(page.locator("[name=at-0]")).to_have_value("2")
    expect(page.locator("#result")).not_to_have_text(before)
    assert page.locator("details.group").count() == 4
    page.click("details.group >> nth=1")
    assert page.locator("details.group >> nth=1").locator(".terms").count() == 2
    page.click("[data-key=lstm] .choice:has-text('forget gate')")
    assert page.get_attribute("[data-key=lstm] .choice:has-text('forget gate')", "aria-pressed") == "true"


def test_a_word_left_out_and_put_back(seen: Seen) -> None:
    page = seen.page
    choose_lstm(page)
    write(page, SENTENCE)
    before = page.locator(".classes .amount").all_inner_texts()
    page.click("#tokens button:has-text('tidak')")
    expect(page.locator(".classes .before").first).to_be_visible()
    shown = [number(text) for text in page.locator(".classes .amount").all_inner_texts()]
    without = lstm().predict(np.array([SENTENCE.replace("tidak ", "")]))[0]
    assert shown == pytest.approx((100 * without).tolist(), abs=0.06)
    page.click("#undo")
    expect(page.locator(".classes .before")).to_have_count(0)
    assert page.locator(".classes .amount").all_inner_texts() == before
    page.check("#colours")
    expect(page.locator("#tokens small").first).to_be_visible()


def test_a_covered_part_and_grad_cam_by_the_keyboard(seen: Seen) -> None:
    page = seen.page
    before = page.locator(".classes .amount").all_inner_texts()
    page.focus("#cover")
    page.keyboard.press("Space")
    expect(page.locator("#patch")).to_be_visible()
    expect(page.locator(".classes .before").first).to_be_visible()
    page.focus("#patch")
    first = page.get_attribute("#patch", "aria-label")
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    assert page.get_attribute("#patch", "aria-label") != first
    page.click("#undo")
    expect(page.locator(".classes .before")).to_have_count(0)
    assert page.locator(".classes .amount").all_inner_texts() == before
    page.check("#cam")
    expect(page.locator("#cam-note")).to_contain_text("conv")


def test_a_layer_by_the_keyboard(seen: Seen) -> None:
    page = seen.page
    page.focus("[data-key=classes] .layer-head")
    page.keyboard.press("Enter")
    expect(page.locator("#inspector-title")).to_be_focused()
    page.fill("[name=at-0]", "2")
    page.press("[name=at-0]", "Tab")
    page.wait_for_selector("#result")
    assert "softmax" in page.inner_text(".working").lower()
    page.keyboard.press("Escape")
    expect(page.locator("#inspector")).to_be_hidden()
    expect(page.locator("[data-key=classes] .layer-head")).to_be_focused()


def test_files_dropped_and_chosen(seen: Seen, served: Served, files: dict[str, Path]) -> None:
    page = seen.page
    drop(page, "kalimat <b>.keras", files["lstm"].read_bytes())
    page.wait_for_selector("[data-key=lstm] canvas")
    assert page.locator("#models option:checked").inner_text() == "kalimat <b>.keras"
    page.set_input_files("#file", files["cnn"])
    page.wait_for_selector("[data-key=conv] canvas")
    assert list(served.folder.iterdir()) == []


def test_an_image_of_the_users_own(seen: Seen, tmp_path: Path) -> None:
    from PIL import Image

    page = seen.page
    Image.new("RGB", (40, 30), (255, 0, 0)).save(tmp_path / "red.png")
    page.set_input_files("#image-file", tmp_path / "red.png")
    expect(page.locator(".sample[aria-pressed=true]")).to_have_count(0)
    x = np.zeros((1, 12, 10, 3), np.float32)
    x[..., 0] = 255
    expected = (100 * cnn().predict(x)[0]).tolist()
    first = "parseFloat(document.querySelector('.classes .amount').textContent)"
    page.wait_for_function(f"(wanted) => Math.abs({first} - wanted) < 0.06", arg=expected[0])
    (tmp_path / "no.png").write_bytes(b"no image")
    page.set_input_files("#image-file", tmp_path / "no.png")
    expect(page.locator("#message")).to_contain_text("cannot be read as an image")


def hostile(files: dict[str, Path], tmp_path: Path) -> bytes:
    """A model with two layers that maju does not have, one of them with a name that would be HTML."""
    with zipfile.ZipFile(files["cnn"]) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    for name, kind in (("dropout", "<img src=x onerror=alert(1)>"), ("pool", "Puller")):
        layer = next(each for each in config["config"]["layers"] if each["config"]["name"] == name)
        layer["class_name"] = kind
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return (tmp_path / "odd.keras").read_bytes()


def test_broken_and_unsupported_files_give_a_message(
    seen: Seen, files: dict[str, Path], tmp_path: Path
) -> None:
    page = seen.page
    drop(page, "broken.keras", b"PK\x03\x04 no model")
    expect(page.locator("#message")).to_contain_text("That did not work")
    assert "Traceback" not in page.inner_text("#message")
    assert page.locator("[data-key=conv] canvas").count() == 1  # the model before is still there
    page.click("#message button")
    expect(page.locator("#message")).to_be_hidden()
    drop(page, "odd.keras", hostile(files, tmp_path))
    expect(page.locator("#message li")).to_have_count(2)
    expect(page.locator("#message")).to_contain_text("Puller")
    expect(page.locator("#message")).to_contain_text("<img src=x onerror=alert(1)>")
    assert page.locator("img").count() == 0
    # What the browser itself notes of answers that say no.
    seen.said = [line for line in seen.said if "the server responded with a status of 422" not in line]


def test_the_language_is_switched_and_remembered(seen: Seen) -> None:
    page = seen.page
    assert page.get_attribute("html", "lang") == "en"
    page.click("[data-key=conv] .layer-head")
    page.wait_for_selector("#inspector-title")
    page.click("[data-language=id]")
    assert page.get_attribute("html", "lang") == "id"
    expect(page.locator("#flow-title")).to_have_text("Propagasi maju")
    expect(page.locator("#inspector")).to_contain_text("Menggeser kernel")
    assert "%" in page.inner_text(".classes .amount >> nth=0")
    page.reload()
    page.wait_for_selector("[data-key=conv] canvas")
    assert page.get_attribute("html", "lang") == "id"
    expect(page.locator("#input-title")).to_have_text("Masukan")


@BOTH_WIDTHS
def test_axe_finds_nothing(seen: Seen) -> None:
    page = seen.page
    page.check("#cover")
    page.check("#cam")
    page.click("[data-key=conv] canvas", position={"x": 8, "y": 8})
    page.wait_for_selector("#result")
    assert violations(page) == []
    page.keyboard.press("Escape")
    choose_lstm(page)
    page.check("#colours")
    page.wait_for_selector("#tokens small")
    assert violations(page) == []
    page.click("[data-key=lstm] canvas >> nth=0", position={"x": 20, "y": 6})
    page.wait_for_selector("details.group")
    for place in range(4):
        page.click(f"details.group >> nth={place} >> summary")
    page.click("[data-part=weights] > summary")
    page.click("[data-part=settings] > summary")
    page.click("[data-language=id]")
    page.wait_for_selector("#result")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


@pytest.mark.parametrize("seen", [PHONE, (320, 640)], ids=["phone", "small-phone"], indirect=True)
def test_nothing_is_wider_than_a_phone(seen: Seen) -> None:
    page = seen.page

    def fits() -> bool:
        return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))

    assert fits()
    page.click("[data-key=conv] .layer-head")
    page.wait_for_selector("#inspector-title")
    page.fill("[name=at-0]", "3")
    page.press("[name=at-0]", "Enter")
    page.wait_for_selector("#result")
    assert fits()
    page.keyboard.press("Escape")
    choose_lstm(page)
    assert fits()


def test_without_chromium_the_way_out_is_named() -> None:
    from explore.conftest import WAY_OUT

    assert "apt-get install chromium" in WAY_OUT
