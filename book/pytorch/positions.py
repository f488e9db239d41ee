import torch
from torch import nn


def sinusoids(n_tokens, width):
    """A sine and a cosine for each pair of columns, from fast to slow."""
    speeds = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(n_tokens)[:, None] * speeds
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


class TokenBefore(nn.Module):
    def __init__(self, n_kinds, width, n_tokens):
        super().__init__()
        # A buffer is not trained, but it goes to the GPU with the model.
        places = sinusoids(n_tokens, width)
        self.register_buffer("places", places, persistent=False)
        self.embedding = nn.Embedding(n_kinds, width)
        self.attention = nn.MultiheadAttention(width, 1, batch_first=True)
        self.readout = nn.Linear(width, n_kinds)

    def forward(self, tokens):
        x = self.embedding(tokens) + self.places[: tokens.shape[1]]
        x, _ = self.attention(x, x, x)
        return self.readout(x)


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    table, *layers, V, c = map(torch.tensor, weights)
    width = table.shape[1]
    # Keras' own layer gives each head an axis, which PyTorch does not.
    kernels = [W.reshape(width, width).T for W in layers[::2]]
    biases = [b.flatten() for b in layers[1::2]]
    return {
        "embedding.weight": table,  # a table of rows, not transposed
        "attention.in_proj_weight": torch.cat(kernels[:3]),
        "attention.in_proj_bias": torch.cat(biases[:3]),
        "attention.out_proj.weight": kernels[3],
        "attention.out_proj.bias": biases[3],
        "readout.weight": V.T,
        "readout.bias": c,
    }
