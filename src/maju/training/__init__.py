"""Training: gradients through a graph, steps, epochs."""
