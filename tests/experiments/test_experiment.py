from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from maju.errors import MajuError
from maju.experiments.architectures import ConvolutionalNetwork, RecurrentNetwork
from maju.experiments.data import DataChoice
from maju.experiments.experiment import Experiment, Training

CNN = ConvolutionalNetwork(((8, 8), (16,)), kernel_size=5, pooling="average", dense=20, dropout=0.1)
LSTM = RecurrentNetwork("LSTM", (7, 5), bidirectional=True, masked=False, max_tokens=50, sequence_length=9)


@pytest.mark.parametrize("architecture", [CNN, LSTM], ids=["convolutional", "recurrent"])
def test_json_keeps_every_setting(architecture: Any) -> None:
    experiment = Experiment("a", "A", DataChoice("digits", 5, 6), architecture, Training(3, 4, 0.5, 99))
    again = Experiment.from_json(json.loads(json.dumps(experiment.to_json())))
    assert again == experiment
    assert again.to_json() == experiment.to_json()


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    "no filters": (
        lambda: ConvolutionalNetwork(()),
        "ConvolutionalNetwork: filters must be at least 1, got ()",
    ),
    "an empty block": (
        lambda: ConvolutionalNetwork(((8,), ())),
        "ConvolutionalNetwork: filters must be at least 1, got (8, 0)",
    ),
    "a kernel of none": (
        lambda: ConvolutionalNetwork(((8,),), kernel_size=0),
        "ConvolutionalNetwork: kernel_size must be at least 1, got 0",
    ),
    "a pool of another kind": (
        lambda: ConvolutionalNetwork(((8,),), pooling="median"),  # type: ignore[arg-type]
        "ConvolutionalNetwork: pooling must be max or average, got 'median'",
    ),
    "all dropped": (
        lambda: RecurrentNetwork("LSTM", (8,), dropout=1.0),
        "RecurrentNetwork: dropout must be at least 0 and below 1, got 1.0",
    ),
    "an unknown cell": (
        lambda: RecurrentNetwork("ESN", (8,)),  # type: ignore[arg-type]
        "RecurrentNetwork: cell must be SimpleRNN or LSTM or GRU, got 'ESN'",
    ),
    "no recurrent layer": (
        lambda: RecurrentNetwork("LSTM", ()),
        "RecurrentNetwork: units must be at least 1, got ()",
    ),
    "half a unit": (
        lambda: RecurrentNetwork("LSTM", (8, 0.5)),  # type: ignore[arg-type]
        "RecurrentNetwork: units must be at least 1, got (8, 0.5)",
    ),
    "no epoch": (lambda: Training(0), "Training: epochs must be at least 1, got 0"),
    "no learning": (
        lambda: Training(1, learning_rate=0),
        "Training: learning_rate must be above 0, got 0",
    ),
    "a seed below zero": (
        lambda: Training(1, seed=-1),
        "Training: seed must be from 0 to 4294967295, got -1",
    ),
    "a name that leaves the folder": (
        lambda: Experiment("../a", "A", DataChoice("digits"), CNN),
        "an experiment's name makes file names: letters, digits, - and _, not '../a'",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_is_refused_by_name(case: str) -> None:
    make, message = WRONG[case]
    with pytest.raises(MajuError) as caught:
        make()
    assert str(caught.value) == message
