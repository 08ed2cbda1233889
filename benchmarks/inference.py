"""Prediction: maju beside `keras.predict`, a `tf.function` and ONNX Runtime, for the models of the study.

Every side has a process of its own, and they take turns: a round is a prediction of all rows by each, and
then one row at a time by each. The first of each does not count. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

SIDES = ("keras", "tf.function", "onnxruntime", "maju")
PEERS = SIDES[:-1]
WORDS, TOKENS, TEXTS, IMAGES = 10_000, 100, 400, 2_048
#: How many predictions of one row make a measurement.
SINGLES = {"keras": 5, "tf.function": 50, "onnxruntime": 50, "maju": 50}
#: The CNNs: blocks of so many filters, how many convolutions in each, the size of the kernel.
ACROSS = {
    "CNN 16-32-64": ((16, 32, 64), 1, 3),
    "CNN 32-64-128": ((32, 64, 128), 1, 3),
    "CNN 64-128-256": ((64, 128, 256), 1, 3),
    "CNN of 6, 3x3": ((32, 64, 128), 2, 3),
    "CNN of 6, 5x5": ((32, 64, 128), 2, 5),
    "CNN of 6, 7x7": ((32, 64, 128), 2, 7),
}
#: The text models: the layer, its units, how many, and whether they read both ways.
RECURRENT = {
    "SimpleRNN 64": ("SimpleRNN", 64, 1, False),
    "LSTM 64": ("LSTM", 64, 1, False),
    "GRU 64": ("GRU", 64, 1, False),
    "Bidirectional LSTM 64": ("LSTM", 64, 1, True),
    "2 Bidirectional LSTM 128": ("LSTM", 128, 2, True),
}
TEXT = {f"{name}{mask}": (*how, bool(mask)) for mask in ("", ", masked") for name, how in RECURRENT.items()}
APPLICATIONS = ("MobileNetV2", "ResNet50V2", "DenseNet121")
NAMES = (*ACROSS, *TEXT, *APPLICATIONS)
#: What the plots show the cost against: models whose names say how they differ, or how many rows there are.
BATCHES = (1, 4, 16, 64, 256, 1024)
LENGTHS = {f"LSTM 64 over {n} tokens": n for n in (25, 50, 100, 200, 400)}
FILTERS = {f"32 to {n} filters, 3x3": n for n in (8, 16, 32, 64, 128, 256)}


def build(name):
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    if name in APPLICATIONS:
        make = getattr(keras.applications, name)
        return make(weights=None, input_shape=(96, 96, 3), classes=10)
    if name in ACROSS:
        blocks, each, size = ACROSS[name]
        stack = [keras.Input((32, 32, 3))]
        for filters in blocks:
            stack += [layers.Conv2D(filters, size, padding="same", activation="relu") for _ in range(each)]
            stack.append(layers.MaxPooling2D())
        stack += [layers.Flatten(), layers.Dense(128, activation="relu")]
        return keras.Sequential([*stack, layers.Dense(10, activation="softmax")])
    if name in FILTERS:
        convolution = layers.Conv2D(FILTERS[name], 3, padding="same", activation="relu")
        return keras.Sequential([keras.Input((32, 32, 32)), convolution, layers.GlobalAveragePooling2D()])
    kind, units, count, both, masked = TEXT["LSTM 64" if name in LENGTHS else name]
    stack = [
        keras.Input((LENGTHS.get(name, TOKENS),), dtype="int32"),
        layers.Embedding(WORDS, 128, mask_zero=masked),
    ]
    for number in range(count):
        layer = getattr(layers, kind)(units, return_sequences=number < count - 1)
        stack.append(layers.Bidirectional(layer) if both else layer)
    return keras.Sequential(
        [*stack, layers.Dense(32, activation="relu"), layers.Dense(3, activation="softmax")]
    )


def rows(name):
    rng = np.random.default_rng(1)
    if name in APPLICATIONS:
        return rng.random((256, 96, 96, 3), np.float32)
    if name in ACROSS:
        return rng.random((IMAGES, 32, 32, 3), np.float32)
    if name in FILTERS:
        return rng.random((256, 32, 32, 32), np.float32)
    if name in LENGTHS:
        return rng.integers(1, WORDS, (TEXTS, LENGTHS[name]), dtype=np.int32)
    ids = rng.integers(1, WORDS, (TEXTS, TOKENS), dtype=np.int32)
    return np.where(np.arange(TOKENS) < rng.integers(TOKENS // 5, TOKENS + 1, (TEXTS, 1)), ids, 0)


def prepare(name, folder):
    """The model as files, in a process that ends before anything is measured."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    model = build(name)
    model(rows(name)[:1])  # without which Keras does not export it
    model.save(f"{folder}/model.keras")
    model.export(f"{folder}/model.onnx", format="onnx", verbose=False)


def made(context, name, folder):
    process = context.Process(target=prepare, args=(name, folder), daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        sys.exit(f"{name}: the model could not be made")


def predictor(side, folder):
    """What a side predicts with: x -> y."""
    if side == "maju":
        import maju

        return maju.load(f"{folder}/model.keras").predict
    if side == "onnxruntime":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = len(os.sched_getaffinity(0))
        session = onnxruntime.InferenceSession(
            f"{folder}/model.onnx", options, providers=["CPUExecutionProvider"]
        )
        entry = session.get_inputs()[0].name

        def in_batches(x):
            parts = [session.run(None, {entry: x[start : start + 256]})[0] for start in range(0, len(x), 256)]
            return np.concatenate(parts)

        return in_batches
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow as tf

    model = keras.saving.load_model(f"{folder}/model.keras")
    if side == "keras":
        return lambda x: model.predict(x, verbose=0, batch_size=256)
    call = tf.function(lambda x: model(x, training=False), reduce_retracing=True)
    return lambda x: np.concatenate(
        [call(tf.constant(x[start : start + 256])).numpy() for start in range(0, len(x), 256)]
    )


def work(side, name, folder, pipe):
    """One side's process."""
    x = rows(name)
    predict = predictor(side, folder)
    pipe.send(predict(x))
    while (what := pipe.recv()) is not None:
        if what != "one":  # so many rows at once
            predict(x[:what])  # which Keras prepares for anew where their number is another one
            begun = time.perf_counter()
            predict(x[:what])
            pipe.send(time.perf_counter() - begun)
        else:
            times = []
            for row in range(SINGLES[side]):
                begun = time.perf_counter()
                predict(x[row : row + 1])
                times.append(time.perf_counter() - begun)
            pipe.send(statistics.median(times))
    pipe.send(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def measure(name, rounds, batches=()):
    """The medians of each side, and how far its outputs lie from Keras's.

    Args:
        batches: numbers of rows whose time is taken too.
    """
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        made(context, name, folder)
        pipes, processes, outputs = {}, [], {}
        for side in SIDES:
            pipes[side], theirs = context.Pipe()
            processes.append(context.Process(target=work, args=(side, name, folder, theirs), daemon=True))
            processes[-1].start()
            theirs.close()
            outputs[side] = pipes[side].recv()
        took = {what: {side: [] for side in SIDES} for what in (len(rows(name)), "one", *batches)}
        for number in range(rounds + 1):
            for what, of_sides in took.items():
                for side in SIDES[number % 2 :] + SIDES[: number % 2]:  # nobody always comes first
                    pipes[side].send(what)
                    value = pipes[side].recv()
                    if number:
                        of_sides[side].append(value)
        result = {}
        for side, process in zip(SIDES, processes, strict=True):
            pipes[side].send(None)
            result[side] = {
                "all_s": statistics.median(took[len(rows(name))][side]),
                "one_s": statistics.median(took["one"][side]),
                "peak_mb": pipes[side].recv(),
                "batches_s": [statistics.median(took[rows][side]) for rows in batches],
                "difference": float(np.abs(outputs[side] - outputs["keras"]).max()),
            }
            process.join()
    return result


def curves(rounds):
    """What each side takes by rows, by tokens and by filters: title, unit, x, seconds by side."""
    name = "CNN 32-64-128"
    by_rows = measure(name, rounds, BATCHES)
    found = [(name, "rows", list(BATCHES), {side: by_rows[side]["batches_s"] for side in SIDES})]
    for title, unit, models in (
        (f"LSTM 64, {TEXTS} texts", "tokens", LENGTHS),
        ("3x3 convolution of 32 channels, 256 images", "filters", FILTERS),
    ):
        results = [measure(model, rounds) for model in models]
        took = {side: [result[side]["all_s"] for result in results] for side in SIDES}
        found.append((title, unit, list(models.values()), took))
    return found


def plot(found, path):
    """The curves as three panels, in colours and with marks that can be told apart in grey too."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 4), layout="constrained")
    FigureCanvasAgg(figure)
    styles = zip(SIDES, ("#D55E00", "#E69F00", "#0072B2", "#000000"), "s^Do", strict=True)
    styles = {side: {"color": colour, "marker": mark} for side, colour, mark in styles}
    for axes, (title, unit, xs, took) in zip(figure.subplots(1, 3), found, strict=True):
        for side, seconds in took.items():
            axes.plot(xs, [1e3 * s for s in seconds], label=side, linewidth=2, markersize=6, **styles[side])
        axes.set(title=title, xlabel=unit, ylabel="milliseconds", xscale="log", yscale="log", xticks=xs)
        axes.set_xticklabels(map(str, xs))
        axes.minorticks_off()
        axes.grid(alpha=0.3)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4, frameon=False)
    figure.savefig(path, dpi=120)


COLD = {
    "maju": "import maju; y = maju.load(f'{folder}/model.keras').predict(x)",
    "onnxruntime": "import onnxruntime; s = onnxruntime.InferenceSession(f'{folder}/model.onnx', "
    "providers=['CPUExecutionProvider']); y = s.run(None, {s.get_inputs()[0].name: x})",
    "keras": "import keras; y = keras.saving.load_model(f'{folder}/model.keras').predict(x, verbose=0)",
}


def cold_start(name, rounds):
    """Seconds from the start of a process to its first answer, and of Python with NumPy alone."""
    context = multiprocessing.get_context("spawn")
    took = {"python, numpy": [], **{side: [] for side in COLD}}
    with tempfile.TemporaryDirectory() as folder:
        made(context, name, folder)
        np.save(f"{folder}/x.npy", rows(name)[:1])
        codes = {"python, numpy": "", **COLD}
        for number in range(rounds + 1):
            for side, code in codes.items():
                text = f"import numpy; folder = {folder!r}; x = numpy.load(folder + '/x.npy'); {code}"
                begun = time.perf_counter()
                environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
                subprocess.run([sys.executable, "-c", text], check=True, env=environment, capture_output=True)
                if number:
                    took[side].append(time.perf_counter() - begun)
    return {side: statistics.median(times) for side, times in took.items()}


def machine():
    info = Path("/proc/cpuinfo")
    names = [line.partition(":")[2].strip() for line in info.read_text().splitlines() if "model name" in line]
    packages = {}
    for name in ("numpy", "keras", "tensorflow-cpu", "onnxruntime", "numba"):
        try:
            packages[name] = version(name)
        except PackageNotFoundError:
            packages[name] = "not installed"
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **packages,
    }


def table(results, key, scale):
    """Each side's figure, and how many times as fast as each peer maju is."""
    unit = {"all_s": "ms", "one_s": "ms", "peak_mb": "MB"}[key]
    heads = [f"{side}, {unit}" for side in SIDES] + [f"{peer} / maju" for peer in PEERS]
    lines = [f"| model | {' | '.join(heads)} |", f"|---|{'--:|' * len(heads)}"]
    ratios = {peer: [] for peer in PEERS}
    for name, sides in results.items():
        cells = [f"{scale * sides[side][key]:,.2f}" for side in SIDES]
        for peer in PEERS:
            ratios[peer].append(sides[peer][key] / sides["maju"][key])
            cells.append(f"{ratios[peer][-1]:.2f}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    means = [f"{math.exp(statistics.fmean(map(math.log, found))):.2f}" for found in ratios.values()]
    return "\n".join([*lines, f"| geometric mean | {' | '.join([''] * len(SIDES) + means)} |"])


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="how many rounds count")
    parser.add_argument("--only", nargs="*", help="names of models, or parts of them")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--plot", type=Path, help="a picture of cost against rows, tokens and filters")
    parser.add_argument("--no-cold", action="store_true", help="leave the cold start out")
    chosen = parser.parse_args()
    names = [name for name in NAMES if not chosen.only or any(part in name for part in chosen.only)]
    results = {}
    for name in names:
        results[name] = measure(name, chosen.rounds)
        print(name, json.dumps(results[name]), file=sys.stderr, flush=True)
    cold = {}
    if not chosen.no_cold:
        cold = {name: cold_start(name, chosen.rounds) for name in ("CNN 32-64-128", "LSTM 64")}
    found = {"machine": machine(), "predictions": results, "cold_start_s": cold}
    if chosen.plot:
        found["curves"] = curves(chosen.rounds)
        plot(found["curves"], chosen.plot)
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=2) + "\n")
    print(", ".join(f"{key} {value}" for key, value in found["machine"].items()))
    rows_text = f"{IMAGES:,} images, {TEXTS} texts, 256 images of 96 x 96"
    for title, key, scale in (
        (f"All rows: {rows_text}", "all_s", 1e3),
        ("One row", "one_s", 1e3),
        ("Peak memory of the process", "peak_mb", 1),
    ):
        print(f"\n{title}\n\n{table(results, key, scale)}")
    for name, sides in cold.items():
        print(f"\nCold start, {name}: " + ", ".join(f"{side} {1e3 * s:.0f} ms" for side, s in sides.items()))


if __name__ == "__main__":
    main()
