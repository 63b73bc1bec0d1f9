"""An exception whose message and name hold HTML, terminal codes and bidirectional controls. The page shows them as text."""

REASON = "&lt;script&gt;"
HERE = "pages escape everything, and run no script"


# %% correlate1d
def correlate1d(x, w):
    name = "<img src=x onerror=alert(1)>"
    raise type(name, (Exception,), {})("<script>alert(1)</script>\x1b[31m\u202e\x00 javascript:alert(1)")
