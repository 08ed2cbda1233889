"""Pictures of what goes on inside a model, and the numbers that they are drawn from.

::

    from maju import visualize

    figure = visualize.plot_grad_cam(model, images, row=3, save="cam.png")
    cam = visualize.grad_cam(model, images, row=3)  # the numbers alone; these need NumPy only

Every ``plot_`` function returns a figure of matplotlib, and takes ``ax`` to draw on, and ``save``. They need
the extra: ``pip install 'maju[visualize]'``.
"""

from maju.visualize.attention import AttentionWeights, attention, plot_attention
from maju.visualize.confusion import confusion, plot_confusion
from maju.visualize.curves import Curve, curves, plot_curves
from maju.visualize.embeddings import Embeddings, embeddings, plot_embeddings, word_embeddings
from maju.visualize.feature_maps import FeatureMaps, feature_maps, plot_feature_maps
from maju.visualize.filters import Filters, filters, plot_filters
from maju.visualize.gates import Gates, gates, plot_gates
from maju.visualize.grad_cam import GradCAM, grad_cam, plot_grad_cam
from maju.visualize.graph import Box, Graph, graph, plot_graph
from maju.visualize.hidden_states import hidden_states, plot_hidden_states
from maju.visualize.histograms import (
    Histogram,
    activation_histograms,
    plot_activation_histograms,
    plot_weight_histograms,
    weight_histograms,
)
from maju.visualize.integrated_gradients import (
    IntegratedGradients,
    integrated_gradients,
    plot_integrated_gradients,
)
from maju.visualize.mistakes import Mistakes, mistakes, plot_mistakes
from maju.visualize.reliability import Reliability, plot_reliability, reliability
from maju.visualize.sample import Sample
from maju.visualize.steps import plot_steps
from maju.visualize.target import Target
from maju.visualize.token_contributions import (
    TokenContributions,
    plot_token_contributions,
    token_contributions,
)
from maju.visualize.tokens import Tokens

__all__ = [
    "AttentionWeights",
    "Box",
    "Curve",
    "Embeddings",
    "FeatureMaps",
    "Filters",
    "Gates",
    "GradCAM",
    "Graph",
    "Histogram",
    "IntegratedGradients",
    "Mistakes",
    "Reliability",
    "Sample",
    "Target",
    "TokenContributions",
    "Tokens",
    "activation_histograms",
    "attention",
    "confusion",
    "curves",
    "embeddings",
    "feature_maps",
    "filters",
    "gates",
    "grad_cam",
    "graph",
    "hidden_states",
    "integrated_gradients",
    "mistakes",
    "plot_activation_histograms",
    "plot_attention",
    "plot_confusion",
    "plot_curves",
    "plot_embeddings",
    "plot_feature_maps",
    "plot_filters",
    "plot_gates",
    "plot_grad_cam",
    "plot_graph",
    "plot_hidden_states",
    "plot_integrated_gradients",
    "plot_mistakes",
    "plot_reliability",
    "plot_steps",
    "plot_token_contributions",
    "plot_weight_histograms",
    "reliability",
    "token_contributions",
    "weight_histograms",
    "word_embeddings",
]
