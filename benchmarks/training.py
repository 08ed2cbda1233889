"""Seconds for an epoch of training, and memory: maju beside Keras, for the models of the study.

Both sides start from the same weights and train on the same rows, each in a process of its own, by turns: a
round is an epoch of Keras and an epoch of maju. The first round of each side, in which Keras compiles, does
not count. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np

SIDES = ("keras", "maju")
WORDS, TOKENS, TEXTS = 10_000, 100, 500
IMAGES = 512

#: Each text model: the recurrent layers, whether they read both ways, and whether padding is masked.
TEXT_MODELS = {
    f"{name}{', masked' if masked else ''}": (kind, both_ways, masked)
    for masked in (False, True)
    for name, kind, both_ways in (
        ("SimpleRNN", "SimpleRNN", False),
        ("LSTM", "LSTM", False),
        ("Bidirectional LSTM", "LSTM", True),
    )
}
#: Each CNN: how many blocks of convolution and pooling, and how many convolutions in each.
CNNS = {"CNN of 2 layers": (2, 1), "CNN of 4 layers": (2, 2), "CNN of 6 layers": (3, 2)}


def text_model(kind, both_ways, masked):
    from keras import Input, Sequential, layers

    stack = [Input((TOKENS,), dtype="int32"), layers.Embedding(WORDS, 128, mask_zero=masked)]
    for sequences in (True, False):
        layer = getattr(layers, kind)(64, return_sequences=sequences)
        stack += [layers.Bidirectional(layer) if both_ways else layer, layers.Dropout(0.3)]
    stack += [layers.Dense(32, activation="relu"), layers.Dropout(0.5), layers.Dense(3, activation="softmax")]
    return Sequential(stack)


def cnn(blocks, in_block):
    from keras import Input, Sequential, layers

    stack = [Input((32, 32, 3))]
    for filters in (32, 64, 128)[:blocks]:
        stack += [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(in_block)]
        stack.append(layers.MaxPooling2D())
    stack += [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    return Sequential(stack)


def rows(name):
    """The inputs, the targets and the size of a batch."""
    rng = np.random.default_rng(1)
    if name in CNNS:
        return rng.random((IMAGES, 32, 32, 3), np.float32), rng.integers(10, size=IMAGES), 128
    ids = rng.integers(1, WORDS, (TEXTS, TOKENS), dtype=np.int32)
    lengths = rng.integers(TOKENS // 5, TOKENS + 1, (TEXTS, 1))
    return np.where(np.arange(TOKENS) < lengths, ids, 0), rng.integers(3, size=TEXTS), 32


def work(side, name, path, pipe):
    """One side's process: makes the model, then trains an epoch for every number of epochs that comes."""
    x, y, batch_size = rows(name)
    if side == "keras":
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        import keras

        keras.utils.set_random_seed(1)
        model = cnn(*CNNS[name]) if name in CNNS else text_model(*TEXT_MODELS[name])
        model.save(path)
    else:
        import maju

        model = maju.load(path)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    pipe.send(None)
    while pipe.recv():
        wall, cpu = time.perf_counter(), time.process_time()
        history = model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)
        pipe.send(
            {
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "loss": float(history.history["loss"][0]),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )


def measure(name, rounds):
    """What each side took, in the median of the rounds."""
    context = multiprocessing.get_context("spawn")
    pipes, processes = {}, []
    with tempfile.TemporaryDirectory() as folder:
        for side in SIDES:
            pipes[side], theirs = context.Pipe()
            processes.append(context.Process(target=work, args=(side, name, f"{folder}/model.keras", theirs)))
            processes[-1].start()
            theirs.close()
            pipes[side].recv()
    took = {side: [] for side in SIDES}
    for _ in range(1 + rounds):
        for side in SIDES:
            pipes[side].send(1)
            took[side].append(pipes[side].recv())
    for side, process in zip(SIDES, processes, strict=True):
        pipes[side].send(0)
        process.join()
    return {side: summary(took[side]) for side in SIDES}


def summary(took):
    first, *counted = took
    medians = {key: statistics.median(one[key] for one in counted) for key in ("wall_s", "cpu_s")}
    return {
        **medians,
        "first_wall_s": first["wall_s"],
        "loss": took[-1]["loss"],
        "peak_mb": took[-1]["peak_mb"],
    }


def machine():
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "keras", "tensorflow-cpu")},
    }


def table(results):
    lines = [
        "| model | Keras, s | maju, s | ratio | Keras, CPU s | maju, CPU s | ratio | Keras, MB | maju, MB |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for name, sides in results.items():
        theirs, ours = (sides[side] for side in SIDES)
        cells = []
        for key in ("wall_s", "cpu_s"):
            cells += [f"{theirs[key]:.2f}", f"{ours[key]:.2f}", f"{ours[key] / theirs[key]:.2f}"]
        cells += [f"{theirs['peak_mb']:.0f}", f"{ours['peak_mb']:.0f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how many epochs of each side count")
    parser.add_argument("--only", nargs="*", help="names of models, or parts of them")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    chosen = parser.parse_args()
    names = [*TEXT_MODELS, *CNNS]
    if chosen.only:
        names = [name for name in names if any(part in name for part in chosen.only)]
    results = {}
    for name in names:
        results[name] = measure(name, chosen.rounds)
        print(name, json.dumps(results[name]), file=sys.stderr)
    found = {"machine": machine(), "epochs": results}
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")
    print(", ".join(f"{key} {value}" for key, value in found["machine"].items()))
    print(table(results))


if __name__ == "__main__":
    main()
