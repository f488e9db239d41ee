"""Looking into an Altair chart that was turned into its specification."""


def rows(chart, layer=None):
    """Return the rows that a layer of the chart draws, or those that all its layers share."""
    layer = chart if layer is None else chart["layer"][layer]
    data = layer.get("data", chart.get("data"))
    return data["values"] if "values" in data else chart["datasets"][data["name"]]


def parameter(chart, name):
    """Return the one parameter of this name."""
    (found,) = [one for one in chart["params"] if one["name"] == name]
    return found
