"""How long `maju explore` takes to answer an interaction on models: python benchmarks/explore.py MODEL...

Through the whole server, as the page asks it: a forward pass over inputs that it has not seen, a layer, the
working of a value of each kind of layer, and what is laid over.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from maju.explore.app import application
from maju.explore.session import Session
from maju.explore.shelf import Shelf

TIMES = 9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("models", nargs="+", type=Path)
    models = parser.parse_args().models
    with tempfile.TemporaryDirectory() as folder:
        app = application(Session(Shelf(models)), Path(folder))
        with TestClient(app, base_url="http://localhost") as client:
            for place, path in enumerate(models):
                print(f"{path.name}")
                for name, seconds in timed(client, f"file-{place}").items():
                    slowest = 1000 * max(seconds)
                    print(
                        f"  {name:24} {1000 * statistics.median(seconds):6.0f} ms, at most {slowest:6.0f} ms"
                    )


def timed(client: TestClient, key: str) -> dict[str, list[float]]:
    """The seconds of each kind of interaction."""
    found: dict[str, list[float]] = {}

    def ask(name: str, question: str, asked: dict[str, Any]) -> Any:
        began = time.perf_counter()
        answer = client.post(f"/api/{question}", content=json.dumps(asked))
        found.setdefault(name, []).append(time.perf_counter() - began)
        assert answer.status_code == 200, answer.text
        return answer.json()

    opened = ask("open", "open", {"model": key})
    count = len(opened["samples"])
    asked: dict[str, Any] = {}
    for turn in range(TIMES):
        asked = {
            "model": key,
            "input": {"kind": "sample", "index": turn % count} if count else {"kind": "random"},
        }
        passed = ask("another input", "run", asked)
        if passed["tokens"]:
            asked["drop"] = [turn % 3]
        elif opened["takes"]["kind"] == "image":
            asked["occlude"] = {"top": turn, "left": turn, "height": 8, "width": 8}
        ask("a change to it", "run", asked)
        for each in passed["layers"]:
            ask("look into a layer", "layer", {**asked, "layer": each["key"]})
            if each["drawn"]["form"] != "none":
                at = [0 for _ in each["drawn"]["shape"]]
                ask("work out a value", "value", {**asked, "layer": each["key"], "at": at})
            if each["tracks"]:
                direction = next(iter(each["tracks"]["directions"]))
                state = {"at": [0], "step": each["tracks"]["places"][-1], "direction": direction}
                ask("move the slider", "value", {**asked, "layer": each["key"], **state})
        if opened["grad_cam"]:
            ask("Grad-CAM", "grad-cam", asked)
        if passed["tokens"]:
            ask("colour the words", "contributions", {**asked, "drop": []})
    return found


if __name__ == "__main__":
    main()
