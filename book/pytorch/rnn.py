import torch
from torch import nn


class EchoNetwork(nn.Module):
    def __init__(self, n_inputs, n_hidden, n_outputs):
        super().__init__()
        # Without batch_first the first axis would be time.
        self.memory = nn.RNN(n_inputs, n_hidden, batch_first=True)
        self.readout = nn.Linear(n_hidden, n_outputs)

    def forward(self, x):
        states, _ = self.memory(x)  # every state, and the last one
        return self.readout(states)


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    U, W, b, V, c = map(torch.tensor, weights)
    return {
        "memory.weight_ih_l0": U.T,
        "memory.weight_hh_l0": W.T,
        # Two biases for one sum: one of them can do the work of both.
        "memory.bias_ih_l0": b,
        "memory.bias_hh_l0": torch.zeros_like(b),
        "readout.weight": V.T,
        "readout.bias": c,
    }
