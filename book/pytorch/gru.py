import torch
from torch import nn


class RecallNetwork(nn.Module):
    def __init__(self, n_inputs, n_hidden, n_outputs):
        super().__init__()
        # The reset gate comes after the product; no argument changes that.
        self.memory = nn.GRU(n_inputs, n_hidden, batch_first=True)
        self.readout = nn.Linear(n_hidden, n_outputs)

    def forward(self, x, lengths=None):
        h, _ = self.memory(x)
        if lengths is None:
            return self.readout(h[:, -1])
        # There are no masks: the last real state has to be looked up.
        return self.readout(h[torch.arange(len(x)), lengths - 1])


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    W, R, b_W, b_R, V, c = map(torch.tensor, weights)

    def in_order(joined):
        """Keras has the gates as z, r, h; PyTorch as r, z, h."""
        z, r, candidate = joined.chunk(3, dim=-1)
        return torch.cat([r, z, candidate], dim=-1)

    return {
        "memory.weight_ih_l0": in_order(W).T,
        "memory.weight_hh_l0": in_order(R).T,
        # Here two biases are needed: the reset gate multiplies the second.
        "memory.bias_ih_l0": in_order(b_W),
        "memory.bias_hh_l0": in_order(b_R),
        "readout.weight": V.T,
        "readout.bias": c,
    }
