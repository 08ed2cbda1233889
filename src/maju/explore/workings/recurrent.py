"""Recurrent layers: the working of one unit at one time step, gate by gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from maju.errors import InputError
from maju.explore.workings.functions import FORMULAS, named
from maju.explore.workings.working import Group, Line, Note, Place, Working, explain, products
from maju.layers.activations import Activation
from maju.layers.base import Array
from maju.layers.bidirectional import BidirectionalLayer
from maju.layers.gru import GRULayer
from maju.layers.gru_cell import GRUCell
from maju.layers.lstm import LSTMLayer
from maju.layers.lstm_cell import LSTMCell
from maju.layers.recurrent import RecurrentLayer
from maju.layers.simple_rnn import SimpleRNNLayer
from maju.layers.simple_rnn_cell import SimpleRNNCell
from maju.visualize.gates import halves_of
from maju.visualize.probe import Call

__all__: list[str] = []


@dataclass(frozen=True)
class _Step:
    """One unit at one step: what the cell is given there, of one row.

    Attributes:
        x, h: the input and the state before, whole vectors.
        c: the memory of this unit before; None without one.
    """

    cell: Any
    unit: int
    t: int
    x: Array
    h: Array
    c: float | None


def _gate(step: _Step, title: str, symbol: str, name: str, activation: Activation, position: int) -> Group:
    """A gate of one unit: σ(x·W + h·U + b).

    Args:
        name: its letter in the weights.
        position: which of the cell's gates it is.
    """
    units = step.cell.units
    column = position * units + step.unit
    of_x = products(
        f"x·W_{{{name}}}",
        f"Σ_{{k}} x_{{k}} · W_{{{name},k}}",
        ("x_{k}", f"W_{{{name},k}}"),
        step.x,
        step.cell.kernel[:, column],
    )
    of_h = products(
        f"h·U_{{{name}}}",
        f"Σ_{{k}} h_{{k}} · U_{{{name},k}}",
        ("h_{k}", f"U_{{{name},k}}"),
        step.h,
        step.cell.recurrent_kernel[:, column],
    )
    biases = _biases(step.cell, column)
    z = of_x.value + of_h.value + sum(biases)
    names = ["b", "b′"][: len(biases)]
    numbers: list[float | str] = [of_x.value, " + ", of_h.value]
    for bias in biases:
        numbers += [" + ", bias]
    total = Line("z", " + ".join([of_x.symbol, of_h.symbol, *(f"{b}_{{{name}}}" for b in names)]), numbers, z)
    last = _through(symbol, activation, z)
    return Group(title, symbol, [of_x, of_h, total, last], last.value)


def _through(symbol: str, activation: Activation, z: float) -> Line:
    name = named(activation)
    value = float(np.asarray(activation(np.array([z])))[0])
    return Line(symbol, FORMULAS.get(name, f"{name}(z)"), [f"{name}(", z, ")"], value)


def _biases(cell: Any, column: int) -> list[float]:
    if cell.bias is None:
        return []
    return [float(row[column]) for row in np.atleast_2d(cell.bias)]


def _simple(step: _Step) -> Working:
    group = _gate(step, "state", "h_{t}", "h", step.cell.phi, 0)
    return Working(group.value, group.parts)


def _lstm(step: _Step) -> Working:
    cell = step.cell
    assert step.c is not None
    i = _gate(step, "input_gate", "i", "i", cell.sigma, 0)
    f = _gate(step, "forget_gate", "f", "f", cell.sigma, 1)
    candidate = _gate(step, "candidate", "c̃", "c", cell.phi, 2)
    o = _gate(step, "output_gate", "o", "o", cell.sigma, 3)
    c = f.value * step.c + i.value * candidate.value
    memory: list[float | str] = [f.value, " · ", step.c, " + ", i.value, " · ", candidate.value]
    shown = _through("φ(c_{t})", cell.phi, c)
    h = o.value * shown.value
    return Working(
        h,
        [
            i,
            f,
            candidate,
            o,
            Line("c_{t}", "f · c_{t−1} + i · c̃", memory, c),
            Line(shown.symbol, f"{named(cell.phi)}(c_{{t}})", shown.numbers, shown.value),
            Line("h_{t}", "o · φ(c_{t})", [o.value, " · ", shown.value], h),
        ],
    )


def _gru(step: _Step) -> Working:
    cell, unit = step.cell, step.unit
    z = _gate(step, "update_gate", "z", "z", cell.sigma, 0)
    r = _gate(step, "reset_gate", "r", "r", cell.sigma, 1)
    candidate = _gru_after(step, r.value) if cell.reset_after else _gru_before(step)
    before = float(step.h[unit])
    h = z.value * before + (1 - z.value) * candidate.value
    numbers: list[float | str] = [z.value, " · ", before, " + (1 − ", z.value, ") · ", candidate.value]
    return Working(h, [z, r, candidate, Line("h_{t}", "z · h_{t−1} + (1 − z) · h̃", numbers, h)])


def _gru_after(step: _Step, r: float) -> Group:
    """The candidate where the reset gate acts on what the state has become: r ∘ (h·U + b′)."""
    cell, column = step.cell, 2 * step.cell.units + step.unit
    of_x, of_h = _both(step, step.h, column, "h_{k}")
    b, b2, *_ = [*_biases(cell, column), 0.0, 0.0]
    inner = of_h.value + b2
    z = of_x.value + b + r * inner
    last = _through("h̃", cell.phi, z)
    parts = [
        of_x,
        of_h,
        Line("p", "h·U_{h} + b′_{h}", [of_h.value, " + ", b2], inner),
        Line("z", "x·W_{h} + b_{h} + r · p", [of_x.value, " + ", b, " + ", r, " · ", inner], z),
        last,
    ]
    return Group("candidate", "h̃", parts, last.value)


def _gru_before(step: _Step) -> Group:
    """The candidate where the reset gate acts on the state itself: (r ∘ h)·U."""
    cell, units = step.cell, step.cell.units
    column = 2 * units + step.unit
    biases = np.zeros(3 * units) if cell.bias is None else np.asarray(cell.bias, np.float64)
    sums = (
        step.x.astype(np.float64) @ cell.Wr + step.h.astype(np.float64) @ cell.Ur + biases[units : 2 * units]
    )
    kept = np.asarray(cell.sigma(sums)) * step.h
    of_x, of_h = _both(step, kept, column, "r_{k}·h_{k}")
    b = float(biases[column])
    z = of_x.value + of_h.value + b
    last = _through("h̃", cell.phi, z)
    total = Line("z", "x·W_{h} + (r∘h)·U_{h} + b_{h}", [of_x.value, " + ", of_h.value, " + ", b], z)
    return Group("candidate", "h̃", [of_x, of_h, total, last], last.value)


def _both(step: _Step, state: Array, column: int, name: str) -> tuple[Any, Any]:
    """The candidate's sums over the input and over a state."""
    of_x = products(
        "x·W_{h}", "Σ_{k} x_{k} · W_{h,k}", ("x_{k}", "W_{h,k}"), step.x, step.cell.kernel[:, column]
    )
    of_h = products(
        "h·U_{h}",
        f"Σ_{{k}} {name} · U_{{h,k}}",
        (name, "U_{h,k}"),
        state,
        step.cell.recurrent_kernel[:, column],
    )
    return of_x, of_h


CELLS = {SimpleRNNCell: _simple, LSTMCell: _lstm, GRUCell: _gru}


def _half_at(
    layer: RecurrentLayer, given: tuple[Array, Array | None, Any], unit: int, step: int | None
) -> Working:
    """One unit's state after a step.

    Args:
        given: the sequence, its mask and the states to start from, as `RecurrentLayer._checked` gives them.
        step: which step of the sequence; None for the last that is taken.
    """
    x, mask, states = given
    work = CELLS.get(type(layer.cell))
    if work is None:
        raise InputError(f"the cell {layer.cell.keras_class} is its author's own, and not worked out")
    order = layer._steps(x)
    read = np.ones(x.shape[1], bool) if mask is None else mask[0]
    taken = [t for t in order if read[t]]
    wanted = (taken[-1] if taken else order[-1]) if step is None else step
    for t in order[: order.index(wanted)]:
        if read[t]:
            states = layer.cell.step(x[:, t], states)
    before = float(states[0][0, unit])
    if not read[wanted]:
        return Working(
            before, [Note("masked_step", {"step": wanted}), Line("h_{t}", "h_{t−1}", [before], before)]
        )
    c = float(states[1][0, unit]) if len(states) > 1 else None
    found = work(_Step(layer.cell, unit, wanted, x[0, wanted], states[0][0], c))
    return Working(found.value, [Note("at_step", {"step": wanted, "unit": unit}), *found.parts])


def _step_shown(layer: RecurrentLayer, place: Place, x: Array) -> tuple[int, int | None, bool]:
    """The unit and the step that a place means, and whether it is of the states or of the output."""
    if place.step is not None:
        return place.at[-1], place.step, True
    if layer.return_sequences:
        taken, unit = place.at
        return unit, layer._steps(x)[taken], False
    return place.at[-1], None, False


RNN = "h_{t} = φ( x_{t}·W + h_{t−1}·U + b )"
LSTM = (
    "i = σ(x_{t}·W_{i} + h_{t−1}·U_{i} + b_{i})\n"
    "f = σ(x_{t}·W_{f} + h_{t−1}·U_{f} + b_{f})\n"
    "c̃ = φ(x_{t}·W_{c} + h_{t−1}·U_{c} + b_{c})\n"
    "o = σ(x_{t}·W_{o} + h_{t−1}·U_{o} + b_{o})\n"
    "c_{t} = f · c_{t−1} + i · c̃\n"
    "h_{t} = o · φ(c_{t})"
)
GRU_AFTER = (
    "z = σ(x_{t}·W_{z} + b_{z} + h_{t−1}·U_{z} + b′_{z})\n"
    "r = σ(x_{t}·W_{r} + b_{r} + h_{t−1}·U_{r} + b′_{r})\n"
    "h̃ = φ(x_{t}·W_{h} + b_{h} + r · (h_{t−1}·U_{h} + b′_{h}))\n"
    "h_{t} = z · h_{t−1} + (1 − z) · h̃"
)
GRU_BEFORE = (
    "z = σ(x_{t}·W_{z} + h_{t−1}·U_{z} + b_{z})\n"
    "r = σ(x_{t}·W_{r} + h_{t−1}·U_{r} + b_{r})\n"
    "h̃ = φ(x_{t}·W_{h} + (r ∘ h_{t−1})·U_{h} + b_{h})\n"
    "h_{t} = z · h_{t−1} + (1 − z) · h̃"
)
MERGES = {
    "concat": "y = [→h, ←h]",
    "sum": "y = →h + ←h",
    "mul": "y = →h · ←h",
    "ave": "y = (→h + ←h) / 2",
    None: "y = →h and ←h",
}


def _formula(layer: RecurrentLayer) -> str:
    """The formula of a recurrent layer's cell."""
    if isinstance(layer.cell, GRUCell):
        return GRU_AFTER if layer.cell.reset_after else GRU_BEFORE
    return LSTM if isinstance(layer.cell, LSTMCell) else RNN if isinstance(layer.cell, SimpleRNNCell) else ""


def _both_formulas(layer: BidirectionalLayer) -> str:
    return f"{MERGES[layer.merge_mode]}\n{_formula(layer.forward_layer)}".strip()


@explain(
    SimpleRNNLayer,
    formula=RNN,
    english="Reads a sequence step by step; each state comes of the input and of the state before.",
    indonesian="Membaca deret langkah demi langkah; keadaan setelah setiap langkah berasal dari masukan dan "
    "keadaan sebelumnya.",
)
def simple_rnn(call: Call, place: Place) -> Working:
    """Of a SimpleRNN."""
    return _recurrent(call, place)


@explain(
    LSTMLayer,
    formula=LSTM,
    english="Reads a sequence with a memory; three gates decide what it forgets, takes in and shows.",
    indonesian="Membaca deret dengan ingatan; tiga gerbang menentukan apa yang dilupakan, dimasukkan, dan "
    "ditampilkan.",
)
def lstm(call: Call, place: Place) -> Working:
    """Of an LSTM."""
    return _recurrent(call, place)


@explain(
    GRULayer,
    formula=_formula,
    english="Reads a sequence; two gates decide how much of the state is renewed, and from how much of it.",
    indonesian="Membaca deret; dua gerbang menentukan seberapa banyak keadaan diperbarui, dan dari seberapa "
    "banyak keadaan itu.",
)
def gru(call: Call, place: Place) -> Working:
    """Of a GRU."""
    return _recurrent(call, place)


def _recurrent(call: Call, place: Place) -> Working:
    layer: Any = call.layer
    given = layer._checked(call.x, call.mask, call.options.get("initial_state"))
    unit, step, is_state = _step_shown(layer, place, given[0])
    return _as_given(layer, _half_at(layer, given, unit, step), given, step, is_state)


def _as_given(
    layer: RecurrentLayer, found: Working, given: tuple[Array, Any, Any], step: int | None, is_state: bool
) -> Working:
    """What the layer shows at a step: 0 where it hides masked steps, and before the first that it reads."""
    x, mask, _ = given
    if is_state or mask is None or step is None or mask[0, step]:
        return found
    order = layer._steps(x)
    earlier = mask[0, order[: order.index(step)]].any()
    if earlier and not layer.zero_output_for_mask:
        return found
    return Working(0.0, [Note("masked_zero", {"step": step}), Line("y", "0", [0.0], 0.0)])


@explain(
    BidirectionalLayer,
    formula=_both_formulas,
    english="Reads a sequence forwards with one recurrent layer and backwards with another.",
    indonesian="Membaca deret ke depan dengan satu lapisan rekuren dan ke belakang dengan yang lain.",
)
def bidirectional(call: Call, place: Place) -> Working:
    """Of a Bidirectional: one half where the halves stand side by side, else both and how they are merged."""
    layer: Any = call.layer
    x, mask, starts = layer._given(call.x, call.mask, call.options.get("initial_state"))
    halves = halves_of(layer)
    given = {
        name: half._checked(x, mask, start)
        for (name, half), start in zip(halves.items(), starts, strict=True)
    }
    if place.direction:
        return _half_at(halves[place.direction], given[place.direction], place.at[-1], place.step)
    merge, column = layer.merge_mode, place.at[-1]
    step = place.at[0] if layer.forward_layer.return_sequences else None

    def half(name: str, unit: int) -> Working:
        found = _half_at(halves[name], given[name], unit, step)
        return _as_given(halves[name], found, given[name], step, False)

    width = halves["forward"].cell.units  # type: ignore[attr-defined]
    if merge == "concat" and column >= width:
        found = half("backward", column - width)
        return Working(found.value, [Note("backward_half"), *found.parts])
    if merge in ("concat", None):
        found = half("forward", column)
        return Working(found.value, [Note("forward_half"), *found.parts])
    ahead, back = half("forward", column), half("backward", column)
    return _merged(merge, ahead, back)


def _merged(merge: str, ahead: Working, back: Working) -> Working:
    a, b = ahead.value, back.value
    lines = {
        "sum": Line("y", "→h + ←h", [a, " + ", b], a + b),
        "mul": Line("y", "→h · ←h", [a, " · ", b], a * b),
        "ave": Line("y", "(→h + ←h) / 2", ["(", a, " + ", b, ") / 2"], (a + b) / 2),
    }
    halves = [Group("forward", "→h", ahead.parts, a), Group("backward", "←h", back.parts, b)]
    return Working(lines[merge].value, [*halves, lines[merge]])
