import torch
from torch import nn


class RecallNetwork(nn.Module):
    def __init__(self, n_inputs, n_hidden, n_outputs):
        super().__init__()
        # Forget gates begin half open here; Keras' have a bias of one.
        self.memory = nn.LSTM(n_inputs, n_hidden, batch_first=True)
        self.readout = nn.Linear(n_hidden, n_outputs)

    def forward(self, x, lengths=None):
        y, _ = self.memory(x)  # every output; the last of y and c
        if lengths is None:
            return self.readout(y[:, -1])
        # There are no masks: the last real output has to be looked up.
        return self.readout(y[torch.arange(len(x)), lengths - 1])


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    W, R, b, V, c = map(torch.tensor, weights)
    # Both keep the four boxes in the order i, f, z, o.
    return {
        "memory.weight_ih_l0": W.T,
        "memory.weight_hh_l0": R.T,
        "memory.bias_ih_l0": b,
        "memory.bias_hh_l0": torch.zeros_like(b),  # two biases for one sum
        "readout.weight": V.T,
        "readout.bias": c,
    }
