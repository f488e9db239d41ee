import torch
from torch import nn


class LookUp(nn.Module):
    def __init__(self, n_heads, width, n_answers):
        super().__init__()
        self.attention = nn.MultiheadAttention(
            width, n_heads, batch_first=True
        )
        self.readout = nn.Linear(width, n_answers)

    def forward(self, question, facts, valid):
        # True hides a key here; in Keras and in this book it shows one.
        found, _ = self.attention(
            question, facts, facts, key_padding_mask=~valid
        )
        return self.readout(found[:, 0])


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    *layers, V, c = map(torch.tensor, weights)
    # Query, key and value share one matrix, one above the other.
    return {
        "attention.in_proj_weight": torch.cat([W.T for W in layers[:6:2]]),
        "attention.in_proj_bias": torch.cat(layers[1:6:2]),
        "attention.out_proj.weight": layers[6].T,
        "attention.out_proj.bias": layers[7],
        "readout.weight": V.T,
        "readout.bias": c,
    }
