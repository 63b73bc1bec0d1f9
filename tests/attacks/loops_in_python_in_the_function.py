"""An endless loop in the tested function. The first timeout ends the exercise."""

REASON = "took too long"
HERE = "the first timeout ends the exercise"


# %% correlate1d
def correlate1d(x, w):
    while True:
        pass
