"""The graph of assets: order, cycles, closures, and the selector language."""
