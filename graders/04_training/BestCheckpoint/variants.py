"""Right answers of BestCheckpoint of other kinds."""

import copy
import io
import math
import os
import tempfile
from pathlib import Path

import torch


class copy_in_memory:
    """Clones in memory and a file written from a buffer; restore copies tensor by tensor."""

    def __init__(self, path):
        self.path = Path(path)
        self.kept, self.score = None, math.nan

    def update(self, model, score):
        if score != score or score <= self.score:
            return False
        copied = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
        buffer = io.BytesIO()
        torch.save({"model": copied, "score": float(score)}, buffer)
        handle, name = tempfile.mkstemp(dir=self.path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(buffer.getvalue())
            os.rename(name, self.path)
        except OSError:
            Path(name).unlink()
            raise
        self.kept, self.score = copied, float(score)
        return True

    @torch.no_grad()
    def restore(self, model):
        if self.kept is None:
            raise ValueError("update has kept nothing yet")
        for name, tensor in model.state_dict().items():
            tensor.copy_(self.kept[name])
        return self.score


class score_in_the_file:
    """All that is known stands in the file; a flag says whether this object wrote it."""

    def __init__(self, path):
        self.path, self.mine = path, False

    def _load(self):
        return torch.load(self.path, map_location="cpu", weights_only=True)

    def update(self, model, score):
        score = float(score)
        if math.isnan(score):
            return False
        if self.mine and not score > self._load()["score"]:
            return False
        temporary = f"{self.path}.{os.getpid()}.tmp"
        done = False
        try:
            with open(temporary, "wb") as file:
                torch.save({"score": score, "state": {"weights": model.state_dict()}}, file)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self.path)
            done = self.mine = True
        finally:
            if not done and os.path.exists(temporary):
                os.unlink(temporary)
        return True

    def restore(self, model):
        if not self.mine:
            raise ValueError("restore before update")
        content = self._load()
        model.load_state_dict(content["state"]["weights"])
        return content["score"]


class in_a_folder_of_its_own:
    """The unfinished file lies in a temporary folder beside the file, which goes away whatever happens."""

    best: float | None = None

    def __init__(self, path):
        self.path = Path(path)

    def update(self, model, score):
        is_best = not math.isnan(score) and (self.best is None or score > self.best)
        if is_best:
            with tempfile.TemporaryDirectory(dir=self.path.parent) as folder:
                torch.save(model.state_dict(), Path(folder, "new"))
                Path(folder, "new").rename(self.path)
            self.best = score
        return is_best

    def restore(self, model):
        if self.best is None:
            raise ValueError("there is no best model yet")
        state, own = torch.load(self.path, weights_only=True), model.state_dict(keep_vars=True)
        for name, tensor in own.items():
            tensor.data.copy_(state[name])
        return float(self.best)


class step_by_step:
    """Counts how often it kept; a named temporary file of torch's own making; the module's copy in memory."""

    def __init__(self, path):
        self.folder, self.name = os.path.split(os.fspath(path))
        self.kept = []  # (score, copy of the model) of each best so far

    def update(self, model, score):
        if math.isnan(score) or any(score <= old for old, _ in self.kept):
            return False
        with tempfile.NamedTemporaryFile(dir=self.folder or ".", delete=False) as file:
            try:
                torch.save({k: v.clone() for k, v in model.state_dict().items()}, file)
                file.close()
                os.replace(file.name, os.path.join(self.folder, self.name))
            finally:
                if os.path.exists(file.name):
                    os.remove(file.name)
        self.kept.append((float(score), copy.deepcopy(model)))
        return True

    def restore(self, model):
        if not self.kept:
            raise ValueError("update first")
        score, best = self.kept[-1]
        model.load_state_dict(best.state_dict())
        return score
