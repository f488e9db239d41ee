import torch
from torch import nn


class ConvolutionNetwork(nn.Module):
    def __init__(self, n_channels, n_kernels, size, n_classes):
        super().__init__()
        self.look = nn.Conv2d(n_channels, n_kernels, size, padding="same")
        self.output = nn.Linear(n_kernels, n_classes)

    def forward(self, images):
        # Keras' images end in their channels, PyTorch's begin with them.
        maps = torch.relu(self.look(images.permute(0, 3, 1, 2)))
        return self.output(maps.amax(dim=(2, 3)))


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    K, b, V, c = map(torch.tensor, weights)
    # Keras has rows, columns, channels in, kernels; PyTorch begins with the
    # kernels and the channels.
    return {
        "look.weight": K.permute(3, 2, 0, 1),
        "look.bias": b,
        "output.weight": V.T,
        "output.bias": c,
    }
