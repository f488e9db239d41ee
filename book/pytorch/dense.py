import torch
from torch import nn


class DenseNetwork(nn.Module):
    def __init__(self, n_inputs, n_hidden, n_classes):
        super().__init__()
        # PyTorch makes its weights at once, so it must know the inputs' width.
        self.hidden = nn.Linear(n_inputs, n_hidden)
        self.output = nn.Linear(n_hidden, n_classes)

    def forward(self, x):
        return self.output(torch.relu(self.hidden(x)))


def from_keras(weights):
    """Put the weights of the Keras model where PyTorch looks for them."""
    W, b, V, c = map(torch.tensor, weights)
    # nn.Linear computes x W^T + b, with a row for each neuron.
    return {
        "hidden.weight": W.T,
        "hidden.bias": b,
        "output.weight": V.T,
        "output.bias": c,
    }


def fit(model, x, y, n_epochs=15):
    """What `compile` and `fit` do for the Keras model."""
    loss_of = nn.CrossEntropyLoss()  # of logits and numbers of classes
    adam = torch.optim.Adam(model.parameters(), lr=0.01, eps=1e-7)
    for _ in range(n_epochs):
        for rows in torch.randperm(len(x)).split(100):
            adam.zero_grad()  # or the last batch's gradients stay in it
            loss_of(model(x[rows]), y[rows]).backward()
            adam.step()
