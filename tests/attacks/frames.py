"""Frames that a student's function writes to the agent's socket itself, before the agent's own reply follows.

Whatever arrives, it is only an answer: a wrong one, or none. Each entry of FRAMES is Python that gives the bytes;
``frame(node, buffers)`` makes a frame, ``steps`` is how many replies are expected.
"""

ANSWER = """
def correlate1d(x, w):
    import json, os, pickle, stat, struct, sys

    def frame(node, buffers=(), sizes=None):
        header = node if isinstance(node, bytes) else json.dumps(node).encode()
        sizes = [len(b) for b in buffers] if sizes is None else sizes
        return struct.pack(f">QI{len(sizes)}Q", len(header), len(sizes), *sizes) + header + b"".join(buffers)

    def ok(value=None, **more):
        return {"t": "dict", "v": [[k, v] for k, v in {"status": "ok", "value": value, **more}.items()]}

    def error(**more):
        told = {"status": "exception", "type": "ValueError", "bases": ["ValueError"], "message": "5 3", "traceback": []}
        return {"t": "dict", "v": [[k, v] for k, v in {**told, **more}.items()]}

    caller = sys._getframe(1)
    while caller is not None and "request" not in caller.f_locals:
        caller = caller.f_back
    steps = len(caller.f_locals["request"]["steps"]) if caller else 1
    forged = FORGED
    for fd in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(fd).st_mode):
                view = memoryview(forged)
                while view:
                    view = view[os.write(fd, view):]
        except OSError:
            pass
    return torch.zeros(1)
"""

FRAMES = {
    "no_frame": 'b"HTTP/1.1 200 OK\\r\\n\\r\\npassed: 2 points" * 50',
    "header_longer_than_sent": 'struct.pack(">QI", 1_000_000, 0) + b"[]"',
    "header_of_ten_gigabytes": 'struct.pack(">QI", 10**10, 0) + b"[" * 1000',
    "buffer_of_ten_gigabytes": 'struct.pack(">QIQ", 2, 1, 10**10) + b"[]"',
    "four_billion_buffers": 'struct.pack(">QI", 2, 2**32 - 1) + b"[]"',
    "buffer_sizes_that_overflow": 'struct.pack(">QI2Q", 2, 2, 2**64 - 1, 2**64 - 1) + b"[]"',
    "not_json": 'frame(b"{not json")',
    "not_utf8": 'frame(b"\\xff\\xfe[1]")',
    "deep_nesting": 'frame(b"[" * 500_000 + b"]" * 500_000)',
    "depth_beyond_the_limit": 'frame([ok([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]])] * steps)',
    "two_million_lists": 'frame(b"[" + b"[]," * 2_000_000 + b"[]]")',
    "a_number_of_a_million_digits": 'frame(b"[" + b"9" * 1_000_000 + b"]")',
    "not_a_list": 'frame("passed")',
    "more_replies_than_steps": "frame([ok(2.0)] * 1000)",
    "no_replies": "frame([])",
    "replies_that_are_numbers": "frame([2.0] * steps)",
    "replies_without_status": 'frame([{"t": "dict", "v": [["points", 2], ["outcome", "passed"]]}] * steps)',
    "forged_ok_with_wrong_values": "frame([ok(2.0)] * steps)",
    "claims_points": 'frame([ok(True, points=99, max_points=99, outcome="passed", passed=True)] * steps)',
    "claims_an_exercise": 'frame({"t": "dict", "v": [["exercises", {"t": "dict", "v": []}], ["points", 99]]})',
    "fields_of_wrong_types": "frame([ok(2.0, changed=7, seconds=[], operations={}, printed=[1], random_state_changed=2)] * steps)",
    "changed_holds_text": 'frame([ok(2.0, changed=["x"], seconds={"t": "float", "v": "nan"})] * steps)',
    "forbidden_that_is_no_list": "frame([ok(2.0, forbidden=7)] * steps)",
    "forbidden_without_operation": "frame([ok(2.0, forbidden=[1, 2])] * steps)",
    "exception_without_bases": "frame([error(bases=7)] * steps)",
    "exception_with_odd_traceback": "frame([error(traceback=[1, None])] * steps)",
    "exception_of_megabytes": 'frame([error(type="E" * 100_000, message="m" * 200_000, traceback=[])] * steps)',
    "a_pickle": 'frame([ok({"t": "pickle", "v": pickle.dumps(2.0).hex()})] * steps)',
    "raw_pickle": 'frame(pickle.dumps([{"status": "ok", "value": 2.0}]))',
    "unknown_tag": 'frame([ok({"t": "__import__", "v": "os"})] * steps)',
    "missing_buffer": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [3], "b": 5})] * steps)',
    "shared_buffer": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [3], "b": 0})] * max(2, steps), [bytes(12)])',
    "shape_larger_than_buffer": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [2**39, 2**39], "b": 0})] * steps, [bytes(4)])',
    "shape_with_a_zero_and_giants": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [0] + [2**39] * 15, "b": 0})] * steps, [b""])',
    "negative_shape": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [-1, -3], "b": 0})] * steps, [bytes(12)])',
    "unknown_dtype": 'frame([ok({"t": "array", "dtype": "object", "shape": [1], "b": 0})] * steps, [bytes(8)])',
    "stride_out_of_bounds": 'frame([ok({"t": "tensor", "dtype": "float32", "shape": [3], "stride": [2**20], "b": 0})] * steps, [bytes(12)])',
    "unhashable_keys": 'frame([ok({"t": "dict", "v": [[[1], 2]]})] * steps)',
    "a_handle_that_lies": 'frame([ok({"t": "ref", "id": 2**60, "kind": "<b>", "name": "passed " * 1000})] * steps)',
    "a_handle_with_a_text_number": 'frame([ok({"t": "ref", "id": "1", "kind": "module", "name": "x"})] * steps)',
    "complex_and_large_numbers": 'frame([ok({"t": "complex", "v": ["nan", "inf"]}), *[ok({"t": "int", "v": "9" * 399})] * (steps - 1)])',
}  # fmt: skip


def answers() -> dict[str, str]:
    """A correlate1d for each frame, by ``frame_<name>``."""
    return {f"frame_{name}": ANSWER.replace("FORGED", code) for name, code in FRAMES.items()}
