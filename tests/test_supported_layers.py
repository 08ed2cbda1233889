"""Whatever Keras is installed, the guide says of each of its layers whether maju has it."""

from __future__ import annotations

from maju.layers import registry
from supported_layers import PAGE, layer_rows, operation_names, page


def test_the_page_is_that_of_the_installed_keras() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make tables`, and look at what is new"


def test_no_layer_is_refused_but_those_that_run_what_is_not_in_the_file() -> None:
    refused = {name for name, answer, _ in layer_rows() if answer == "refused"}
    assert refused == {"FlaxLayer", "JaxLayer", "Lambda", "TFSMLayer", "TorchModuleWrapper"}


def test_a_layer_that_goes_missing_is_noticed(monkeypatch: object) -> None:
    own = registry._layers.pop("Conv2D")
    try:
        rows = {name: (answer, note) for name, answer, note in layer_rows()}
        assert rows["Conv2D"][0] == "refused"
        assert rows["Convolution2D"] == ("refused", "another name of `Conv2D`")
    finally:
        registry.layer(own)


def test_the_operations_are_split_in_two() -> None:
    has, has_not = operation_names()
    assert "Add" in has
    assert "Map" in has_not
    assert not set(has) & set(has_not)
