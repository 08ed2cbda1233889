"""The activation functions of Keras, each with its derivative.

Every function keeps the floating type of its input, keeps NaN, and takes infinities to the limit. A new
activation is one function under `_activation`, whose argument says how a gradient goes back through it.
"""

from __future__ import annotations

import difflib
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from maju.errors import GradientError, InputError
from maju.layers.dtypes import as_float

__all__ = ["Activation", "erf", "get", "is_known", "is_own", "names", "register", "unregister"]

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
#: The layers that can stand where an activation does, as in ``Dense(3, activation=LeakyReLU(0.1))``.
LAYERS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax", "ThresholdedReLU")


@dataclass(frozen=True)
class Activation:
    """A function of an array, and the way back through it.

    Args:
        name: the name that Keras 3 stores in a file, or all that it stores of a layer.
        forward: ``x -> y``.
        gradient: ``(x, y, dy) -> dx``, the vector-Jacobian product.
        slope: ``(x, y) -> dy/dx`` of a function that takes each element by itself.
        settings: the parameters that `get` was given.
    """

    name: Any
    forward: Callable[..., Any]
    gradient: Callable[..., Any]
    slope: Callable[..., Any] | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, x: Any) -> Any:
        return self.forward(x)

    def vjp(self, x: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The output, and ``dy -> dx``, which keeps the slope alone where that is enough: bits, for ReLU."""
        y = self.forward(x)
        if self.slope is None:
            return y, lambda dy: self.gradient(x, y, dy)
        slope = self.slope(x, y)
        return y, lambda dy: _times(dy, slope)

    def __reduce__(self) -> tuple[Any, ...]:  # the functions inside cannot be pickled; the name can
        return functools.partial(get, self.name, **self.settings), ()


def get(name: str | Mapping[str, Any] | None, **settings: Any) -> Activation:
    """The activation of this name; None is the identity, as in Keras.

    Args:
        name: a Keras name or an alias of one, or a layer as a config holds it: its class and its own config.
        settings: parameters of the function other than Keras's defaults, as ``approximate=True`` for gelu.

    Raises:
        InputError: no activation has this name, or the activation has no such parameter.
    """
    name = "linear" if name is None else name
    if isinstance(name, Mapping) and _is_layer(name):
        return _of_layer(name)
    registered = _registered(name)
    if registered is not None and not settings:
        return replace(registered, name=name)
    if not isinstance(name, str) or name not in _ACTIVATIONS:
        close = difflib.get_close_matches(str(name), _ACTIVATIONS, n=3)
        hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"known: {', '.join(names())}"
        raise InputError(f"unknown activation {name!r}; {hint}")
    found = _ACTIVATIONS[name]
    needed, accepted = _settings(name)
    if needed - settings.keys():
        raise InputError(f"activation {name!r} needs {', '.join(sorted(needed - settings.keys()))}")
    if settings.keys() - accepted:
        unknown = ", ".join(sorted(settings.keys() - accepted))
        expected = ", ".join(sorted(accepted)) or "none"
        raise InputError(f"activation {name!r} has no parameter {unknown}; its parameters: {expected}")
    if not settings:
        return found
    forward = functools.partial(found.forward, **settings)
    gradient = functools.partial(found.gradient, **settings)
    slope = None if found.slope is None else functools.partial(found.slope, **settings)
    return Activation(found.name, forward, gradient, slope, settings)


def is_known(value: object) -> bool:
    """Whether `get` takes this value as it stands; never raises."""
    if isinstance(value, Mapping):
        return _is_layer(value)
    return value is None or _registered(value) is not None or (isinstance(value, str) and value in names())


def is_own(name: str) -> bool:
    """Whether maju itself has an activation of this name."""
    return name in _ACTIVATIONS


def names() -> tuple[str, ...]:
    """Every name that says all of an activation, aliases included."""
    return tuple(sorted(name for name in _ACTIVATIONS if not _settings(name)[0]))


_ACTIVATIONS: dict[str, Activation] = {}
_REGISTERED: dict[str, Activation] = {}


def register(
    name: str,
    function: Callable[..., Any],
    gradient: Callable[[Any, Any, Any], Any] | None = None,
) -> None:
    """Let a user's function be the activation of a name, before maju's own; `maju.register` calls this."""

    def none(x: Any, y: Any, dy: Any) -> Any:
        raise GradientError(f"activation {name!r} was registered without its gradient")

    _REGISTERED[name] = _activation_of(name, function, none if gradient is None else gradient)


def unregister(name: str) -> None:
    """Forget a user's function, if there is one of that name."""
    _REGISTERED.pop(name, None)


def _registered(name: object) -> Activation | None:
    """A user's function, under its whole name or that behind its package."""
    if not isinstance(name, str):
        return None
    return _REGISTERED.get(name) or _REGISTERED.get(name.rpartition(">")[2])


def _is_layer(entry: Mapping[str, Any]) -> bool:
    """Whether this is a layer that can stand where an activation does, with a config that is implemented."""
    from maju.layers import registry

    cls = registry.find(str(entry.get("class_name"))) if entry.get("class_name") in LAYERS else None
    config = entry.get("config")
    return cls is not None and isinstance(config, Mapping) and not cls.problems(config, "")


def _of_layer(entry: Mapping[str, Any]) -> Activation:
    """The activation that a layer computes."""
    from maju.layers import registry

    cls = registry.find(entry["class_name"])
    assert cls is not None  # `_is_layer` has seen to it
    layer = cls.from_config(entry["config"])
    return Activation(entry, layer.forward, lambda x, y, dy: layer.vjp(x, training=False)[1](dy)[0])


@functools.cache
def _settings(name: str) -> tuple[frozenset[str], frozenset[str]]:
    """The parameters of an activation that have no default, and all of them."""
    _, *parameters = inspect.signature(_ACTIVATIONS[name].forward).parameters.values()
    needed = [parameter.name for parameter in parameters if parameter.default is inspect.Parameter.empty]
    return frozenset(needed), frozenset(parameter.name for parameter in parameters)


def _activation(
    derivative: Callable[..., Any] | None = None,
    *,
    gradient: Callable[..., Any] | None = None,
    aliases: tuple[str, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function under its name.

    Args:
        derivative: ``(x, y) -> dy/dx``, for a function that takes each element by itself.
        gradient: ``(x, y, dy) -> dx``, for one that mixes elements.
        aliases: other names of the function.
    """

    def of_element(x: Any, y: Any, dy: Any, **settings: Any) -> Any:
        assert derivative is not None
        return dy * derivative(x, y, **settings)

    def slope(x: Any, y: Any, **settings: Any) -> Any:
        assert derivative is not None
        x = as_float(x)
        with np.errstate(over="ignore", under="ignore"):
            found = np.asarray(derivative(x, y, **settings))
            return found if found.dtype == bool else found.astype(x.dtype, copy=False)

    def listed(function: Callable[..., Any]) -> Callable[..., Any]:
        made = _activation_of(function.__name__, function, of_element if gradient is None else gradient)
        if gradient is None:
            made = replace(made, slope=slope)
        for name in (function.__name__, *aliases):
            _ACTIVATIONS[name] = made
        return made.forward

    return listed


def _activation_of(name: str, function: Callable[..., Any], gradient: Callable[..., Any]) -> Activation:
    """The activation of a function and of its gradient; both keep the type of what they are given."""

    # Overflow to infinity and underflow to zero are the limits that the functions want.
    @functools.wraps(function)
    def forward(x: Any, **settings: Any) -> Any:
        x = as_float(x)
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(function(x, **settings)).astype(x.dtype, copy=False)

    def back(x: Any, y: Any, dy: Any, **settings: Any) -> Any:
        x, dy = as_float(x), as_float(dy)
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(gradient(x, y, dy, **settings)).astype(dy.dtype, copy=False)

    return Activation(name, forward, back)


def _times(dy: Any, slope: Any) -> Any:
    dy = as_float(dy)
    with np.errstate(over="ignore", under="ignore"):
        return np.multiply(dy, slope).astype(dy.dtype, copy=False)


def _gated(x: Any, gate: Any) -> Any:
    """The product x · gate, where a closed gate lets not even infinity through: ∞ · 0 = 0."""
    largest = np.finfo(x.dtype).max
    return np.where(gate == 0, np.clip(x, -largest, largest), x) * gate


def _below_maximum(x: Any, axis: Any) -> Any:
    """The difference x − max(x) along an axis, with 0 at the maximum even where it is infinite."""
    maximum = np.max(x, axis=axis, keepdims=True)
    return np.subtract(x, maximum, out=np.zeros_like(x), where=x != maximum)


# Piecewise linear


def _relu_derivative(
    x: Any, y: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    above = x > threshold
    slope_above = above if max_value is None else above & (x > 0) & (x < max_value)
    if not negative_slope:
        return slope_above
    return np.where(above, slope_above, x.dtype.type(negative_slope))


@_activation(_relu_derivative)
def relu(x: Any, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """ReLU: max(x, 0); in general min(x, max_value) above the threshold t, negative_slope · (x − t) below."""
    y = np.where(x <= threshold, 0, x) if threshold else np.maximum(x, 0)
    if max_value is not None:
        y = np.clip(y, 0, max_value)
    if negative_slope:
        y = y + negative_slope * np.minimum(x - threshold, 0)
    return y


@_activation(lambda x, y: (x > 0) & (x < 6))
def relu6(x: Any) -> Any:
    """ReLU6: min(max(x, 0), 6)."""
    return np.clip(x, 0, 6)


@_activation(lambda x, y, negative_slope=0.2: np.where(x > 0, 1, negative_slope))
def leaky_relu(x: Any, negative_slope: float = 0.2) -> Any:
    """Leaky ReLU: x if x > 0, else negative_slope · x."""
    return relu(x, negative_slope=negative_slope)


@_activation(lambda x, y: (np.abs(x) < 3) / 6)
def hard_sigmoid(x: Any) -> Any:
    """Hard sigmoid: relu6(x + 3) / 6."""
    return np.clip(x + 3, 0, 6) / 6


@_activation(lambda x, y: np.where(np.abs(x) < 2.5, 0.2, 0))
def hard_sigmoid_keras2(x: Any) -> Any:
    """What ``hard_sigmoid`` was in Keras 1 and 2: clip(0.2 x + 0.5, 0, 1)."""
    return np.clip(0.2 * x + 0.5, 0, 1)


@_activation(lambda x, y: np.abs(x) < 1)
def hard_tanh(x: Any) -> Any:
    """Hard tanh: clip(x, −1, 1)."""
    return np.clip(x, -1, 1)


@_activation(lambda x, y, threshold=0.5: np.abs(x) > threshold)
def hard_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Hard shrink: x if |x| > threshold, else 0."""
    return np.where(np.abs(x) <= threshold, 0, x)


@_activation(lambda x, y, threshold=0.5: np.abs(x) > threshold)
def soft_shrink(x: Any, threshold: float = 0.5) -> Any:
    """Soft shrink: x moved towards 0 by the threshold, and 0 where it would cross."""
    return x - np.clip(x, -threshold, threshold)


@_activation(lambda x, y, threshold, default_value: x > threshold)
def threshold(x: Any, threshold: float, default_value: float) -> Any:
    """Threshold: x if x > threshold, else default_value."""
    return np.where(x <= threshold, default_value, x)


@_activation(lambda x, y: (np.abs(x) < 1) / 2)
def sparse_sigmoid(x: Any) -> Any:
    """Sparse sigmoid: clip((x + 1) / 2, 0, 1)."""
    return (np.clip(x, -1, 1) + 1) / 2


@_activation(lambda x, y: True)
def linear(x: Any) -> Any:
    """The identity."""
    return x


# Of exponential kind


@_activation(lambda x, y: y * (1 - y))
def sigmoid(x: Any) -> Any:
    """Sigmoid: 1 / (1 + e^(−x))."""
    return 1 / (1 + np.exp(-x))


@_activation(lambda x, y: 1 - y * y)
def tanh(x: Any) -> Any:
    """Hyperbolic tangent: (e^x − e^(−x)) / (e^x + e^(−x))."""
    return np.tanh(x)


@_activation(lambda x, y: np.tanh(x) ** 2)
def tanh_shrink(x: Any) -> Any:
    """Tanh shrink: x − tanh(x)."""
    return x - np.tanh(x)


@_activation(lambda x, y: y)
def exponential(x: Any) -> Any:
    """Exponential: e^x, which is ∞ where e^x is too large for its type."""
    return np.exp(x)


@_activation(lambda x, y: sigmoid(x))
def softplus(x: Any) -> Any:
    """Softplus: log(1 + e^x), as max(x, 0) + log(1 + e^(−|x|))."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


@_activation(lambda x, y: sigmoid(-x))
def log_sigmoid(x: Any) -> Any:
    """Log-sigmoid: log σ(x), as −softplus(−x)."""
    return -softplus(-x)


@_activation(lambda x, y: sigmoid(x) + _gated(y, sigmoid(-x)), aliases=("swish",))
def silu(x: Any) -> Any:
    """SiLU: x · σ(x)."""
    return _gated(x, sigmoid(x))


@_activation(lambda x, y: np.where(np.abs(x) < 3, (2 * x + 3) / 6, x > 0), aliases=("hard_swish",))
def hard_silu(x: Any) -> Any:
    """Hard SiLU: x · relu6(x + 3) / 6."""
    return _gated(x, hard_sigmoid(x))


def _mish_derivative(x: Any, y: Any) -> Any:
    gate = np.tanh(softplus(x))
    return gate + _gated(x, (1 - gate * gate) * sigmoid(x))


@_activation(_mish_derivative)
def mish(x: Any) -> Any:
    """Mish: x · tanh(softplus(x))."""
    return _gated(x, np.tanh(softplus(x)))


@_activation(lambda x, y, alpha=1.0: np.where(x > 0, 1, alpha * np.exp(np.minimum(x, 0))))
def elu(x: Any, alpha: float = 1.0) -> Any:
    """ELU: x if x > 0, else α (e^x − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


@_activation(lambda x, y, alpha=1.0: np.where(x > 0, 1, np.exp(np.minimum(x, 0) / alpha)))
def celu(x: Any, alpha: float = 1.0) -> Any:
    """CELU: x if x > 0, else α (e^(x/α) − 1)."""
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0) / alpha))


@_activation(lambda x, y: SELU_SCALE * np.where(x > 0, 1, SELU_ALPHA * np.exp(np.minimum(x, 0))))
def selu(x: Any) -> Any:
    """SELU: λ · elu(x, α), with the λ and the α that keep a normal input normal (Klambauer et al., 2017)."""
    return SELU_SCALE * elu(x, alpha=SELU_ALPHA)


# Of algebraic kind


@_activation(lambda x, y: (1 + np.abs(x)) ** -2)
def softsign(x: Any) -> Any:
    """Softsign: x / (1 + |x|)."""
    largest = np.finfo(x.dtype).max
    x = np.clip(x, -largest, largest)
    return x / (1 + np.abs(x))


def _squareplus_derivative(x: Any, y: Any, b: float = 4) -> Any:
    largest = np.finfo(x.dtype).max
    return np.minimum(y, largest) / np.hypot(np.clip(x, -largest, largest), math.sqrt(b))


@_activation(_squareplus_derivative)
def squareplus(x: Any, b: float = 4) -> Any:
    """Squareplus: (x + √(x² + b)) / 2; for x < 0 as b / (4 f(−x)), where the sum would cancel."""
    positive = np.abs(x) / 2 + np.hypot(x, math.sqrt(b)) / 2  # f(|x|)
    return np.where(x < 0, b / 4 / positive, positive)


@_activation(lambda x, y: sparse_sigmoid(x))
def sparse_plus(x: Any) -> Any:
    """SparsePlus: 0 below −1, (x + 1)² / 4 between −1 and 1, x above."""
    return np.where(x >= 1, x, (np.clip(x, -1, 1) + 1) ** 2 / 4)


# With the error function


@functools.cache
def _erfcx_polynomial(degree: int) -> tuple[float, ...]:
    """Coefficients, highest first, of the polynomial p(u) = e^(x²) erfc(x), where u = (x − 2) / (x + 2).

    It interpolates at the Chebyshev nodes for 0 ≤ x ≤ 6, where erf reaches 1 in float64.
    """
    series = np.polynomial.Chebyshev.interpolate(
        lambda u: np.array([math.exp(x * x) * math.erfc(x) for x in 2 * (1 + u) / (1 - u)]), degree, [-1, 0.5]
    )
    coefficients = series.convert(kind=np.polynomial.Polynomial, domain=[-1, 1]).coef
    return tuple(float(c) for c in coefficients[::-1])


def erf(x: Any) -> Any:
    """Error function: 2/√π ∫₀ˣ e^(−t²) dt, as ± (1 − e^(−x²) p(|x|)); off by at most 2e-14 in float64."""
    x = as_float(x)
    size = np.minimum(np.abs(x.astype(np.float64)), 6)
    u = (size - 2) / (size + 2)
    first, *others = _erfcx_polynomial(22 if x.dtype == np.float64 else 12)
    p = np.full_like(u, first)
    for coefficient in others:
        p *= u
        p += coefficient
    return np.copysign(1 - np.exp(-size * size) * p, x).astype(x.dtype)


def _gelu_derivative(x: Any, y: Any, approximate: bool = False) -> Any:
    if not approximate:
        density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return (1 + erf(x / math.sqrt(2))) / 2 + _gated(x, density)
    x = np.clip(x, -10, 10)
    t = np.tanh(_gelu_argument(x))
    return (1 + t) / 2 + x / 2 * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x**2)


def _gelu_argument(x: Any) -> Any:
    return math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)


@_activation(_gelu_derivative)
def gelu(x: Any, approximate: bool = False) -> Any:
    """GELU: x (1 + erf(x/√2)) / 2; approximately x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2."""
    if approximate:
        return _gated(x, (1 + np.tanh(_gelu_argument(np.clip(x, -10, 10)))) / 2)
    return _gated(x, (1 + erf(x / math.sqrt(2))) / 2)


# Along an axis


def _softmax_gradient(x: Any, y: Any, dy: Any, axis: int = -1) -> Any:
    return y * (dy - np.sum(dy * y, axis=axis, keepdims=True))


@_activation(gradient=_softmax_gradient)
def softmax(x: Any, axis: int = -1) -> Any:
    """Softmax: e^(x_i) / Σ_j e^(x_j)."""
    e = np.exp(_below_maximum(x, axis))
    return e / np.sum(e, axis=axis, keepdims=True)


def _log_softmax_gradient(x: Any, y: Any, dy: Any, axis: int = -1) -> Any:
    return dy - np.exp(y) * np.sum(dy, axis=axis, keepdims=True)


@_activation(gradient=_log_softmax_gradient)
def log_softmax(x: Any, axis: int = -1) -> Any:
    """Log-softmax: x_i − log Σ_j e^(x_j)."""
    below = _below_maximum(x, axis)
    return below - np.log(np.sum(np.exp(below), axis=axis, keepdims=True))


def _glu_gradient(x: Any, y: Any, dy: Any, axis: int = -1) -> Any:
    a, b = np.split(x, 2, axis=axis)
    gate = sigmoid(b)
    return np.concatenate([dy * gate, dy * _gated(a, gate * (1 - gate))], axis=axis)


@_activation(gradient=_glu_gradient)
def glu(x: Any, axis: int = -1) -> Any:
    """GLU: a · σ(b), where a and b are the halves of x along the axis."""
    if x.shape[axis] % 2:
        raise InputError(f"glu halves axis {axis}, whose length must be even; got shape {x.shape}")
    a, b = np.split(x, 2, axis=axis)
    return _gated(a, sigmoid(b))


def _sparsemax_support(x: Any, axis: int) -> tuple[Any, Any, Any]:
    """Which of the elements in falling order make the threshold, their ranks 1, 2, 3, ..., and their sums.

    What lies 1 or more below the maximum is never among them. The sums are of x − max(x).
    """
    falling = -np.sort(-np.maximum(_below_maximum(x, axis), -1), axis=axis)
    shape = [1] * x.ndim
    shape[axis] = -1
    rank = np.arange(1, x.shape[axis] + 1, dtype=x.dtype).reshape(shape)
    sums = np.cumsum(falling, axis=axis)
    return 1 + rank * falling > sums, rank, sums


def _sparsemax_gradient(x: Any, y: Any, dy: Any, axis: int = -1) -> Any:
    support, rank, _ = _sparsemax_support(x, axis)
    count = np.maximum(np.sum(support, axis=axis, keepdims=True), 1)
    dy = dy * (y > 0)
    slope = np.where(support, (count + 1 - rank) / count, 0)  # dτ/dx, elements in falling order
    place = np.argsort(np.argsort(-x, axis=axis), axis=axis)
    return dy - np.take_along_axis(slope, place, axis=axis) * np.sum(dy, axis=axis, keepdims=True)


@_activation(gradient=_sparsemax_gradient)
def sparsemax(x: Any, axis: int = -1) -> Any:
    """Sparsemax: max(x − τ, 0), with Keras's threshold τ = (Σ_(j ≤ k) Σ_(i ≤ j) x_(i) − 1) / k.

    x_(1), ..., x_(k) are the support: the largest elements, those with 1 + j x_(j) > Σ_(i ≤ j) x_(i).
    Martins and Astudillo (2016) sum x_(1) to x_(k) once, which makes Σ y = 1; Keras adds up all k partial
    sums. Models were trained with what Keras computes, so that is what stands here.
    """
    support, _, sums = _sparsemax_support(x, axis)
    count = np.maximum(np.sum(support, axis=axis, keepdims=True), 1)
    threshold = (np.sum(np.where(support, sums, 0), axis=axis, keepdims=True) - 1) / count
    # Each of the k partial sums lacks j · max(x); taken together, τ − max(x) lacks (k − 1)/2 · max(x).
    lacking = _gated(np.max(x, axis=axis, keepdims=True), (count - 1) / 2)
    return np.maximum(_below_maximum(x, axis) - threshold - lacking, 0)
