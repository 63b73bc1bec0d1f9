"""Known wrong answers of BestCheckpoint."""

import copy
import math
import os

import torch


class _Checkpoint:
    """A right one, in parts that the mistakes replace."""

    def __init__(self, path):
        self.path, self.best = str(path), None

    def better(self, score):
        return not math.isnan(score) and (self.best is None or score > self.best)

    def content(self, model):
        return model.state_dict()

    def write(self, model):
        part = self.path + ".part"
        try:
            torch.save(self.content(model), part)
            os.replace(part, self.path)
        except BaseException:
            if os.path.exists(part):
                os.remove(part)
            raise

    def update(self, model, score):
        if not self.better(score):
            return False
        self.write(model)
        self.best = float(score)
        return True

    def check(self):
        if self.best is None:
            raise ValueError("nothing was kept")

    def restore(self, model):
        self.check()
        model.load_state_dict(torch.load(self.path, weights_only=True))
        return self.best


class keeps_a_reference(_Checkpoint):
    """You keep the state dict itself. Its tensors are the model's own and go on changing with it: what you restore is
    the last model. Copy each tensor, or read the file (section 4.5)."""

    def write(self, model):
        super().write(model)
        self.kept = model.state_dict()

    def restore(self, model):
        self.check()
        model.load_state_dict(self.kept)
        return self.best


class last_instead_of_best(_Checkpoint):
    """You keep every model, so what comes back is the last one. Keep it only when its score is the best so far (section
    4.5)."""

    def better(self, score):
        return True


class ties_replace(_Checkpoint):
    """You replace the best by an equal score. Only a higher one is better: > and not >= (section 4.5)."""

    def better(self, score):
        return not math.isnan(score) and (self.best is None or score >= self.best)


class nan_wins(_Checkpoint):
    """NaN wins: every comparison with it is false, so `not score <= best` is true. Ask math.isnan (section 4.5)."""

    def better(self, score):
        return self.best is None or not score <= self.best


class nan_first_stays(_Checkpoint):
    """A NaN as the first score is taken for the best, and no later score is larger than NaN. Ask math.isnan before you
    compare (section 4.5)."""

    def better(self, score):
        return self.best is None or score > self.best


class lower_is_better(_Checkpoint):
    """You keep the lowest score. A score is better when it is higher (section 4.5)."""

    def better(self, score):
        return not math.isnan(score) and (self.best is None or score < self.best)


class starts_at_zero(_Checkpoint):
    """You begin with a best score of 0, so a negative one can never be best. The first score is best whatever it is
    (section 4.5)."""

    def better(self, score):
        return score > (0.0 if self.best is None else self.best)


class starts_at_minus_infinity(_Checkpoint):
    """You begin with minus infinity, so a first score of minus infinity is not larger. The first score is best whatever
    it is: begin with None (section 4.5)."""

    def better(self, score):
        return score > (-math.inf if self.best is None else self.best)


class saves_the_module(_Checkpoint):
    """You save the model itself. Such a file holds code that runs when it is read, and torch.load(weights_only=True)
    refuses it: save model.state_dict() (section 4.5)."""

    def content(self, model):
        return model

    def restore(self, model):
        self.check()
        model.load_state_dict(torch.load(self.path, weights_only=False).state_dict())
        return self.best


class in_memory_only(_Checkpoint):
    """You write no file. When the machine goes down after a night of training, nothing is left (section 4.5)."""

    def write(self, model):
        self.kept = copy.deepcopy(model.state_dict())

    def restore(self, model):
        self.check()
        model.load_state_dict(self.kept)
        return self.best


class reads_an_old_file(_Checkpoint):
    """You restore from a file that an earlier run has left. It may be of another net: only what this object has kept
    counts (section 4.5)."""

    def restore(self, model):
        if self.best is None and not os.path.exists(self.path):
            raise ValueError("nothing was kept")
        model.load_state_dict(torch.load(self.path, weights_only=True))
        return self.best


class another_error(_Checkpoint):
    """restore before update fails with another error than ValueError. Look whether there is anything to restore, and
    say so (section 4.5)."""

    def check(self):
        pass

    def restore(self, model):
        if self.best is None:
            raise FileNotFoundError(self.path)
        return super().restore(model)


class written_in_place(_Checkpoint):
    """You write over the old file. When that stops in the middle, the old best is gone and the new one is not there.
    Write another file and rename it: os.replace (section 4.5)."""

    def write(self, model):
        torch.save(self.content(model), self.path)


class leaves_a_part(_Checkpoint):
    """When writing fails, your unfinished file stays beside the real one. Remove it, and let the error go on (section
    4.5)."""

    def write(self, model):
        torch.save(self.content(model), self.path + ".part")
        os.replace(self.path + ".part", self.path)


class hides_the_error(_Checkpoint):
    """You swallow the error when writing fails, so nobody learns that there is no checkpoint. Clean up, then raise
    (section 4.5)."""

    def update(self, model, score):
        try:
            return super().update(model, score)
        except Exception:
            return False


class best_before_written(_Checkpoint):
    """You note the new best score before its file is written. If that fails, score and file do not belong together:
    write first (section 4.5)."""

    def update(self, model, score):
        if not self.better(score):
            return False
        self.best = float(score)
        self.write(model)
        return True


class restores_without_a_score(_Checkpoint):
    """Your restore returns nothing. It returns the best score (section 4.5)."""

    def restore(self, model):
        super().restore(model)


class says_nothing(_Checkpoint):
    """Your update returns nothing. It returns True when the score is the best so far, and False otherwise (section
    4.5)."""

    def update(self, model, score):
        super().update(model, score)


class replaces_parameters(_Checkpoint):
    """You put new tensors in the place of the model's. An optimizer that holds the old ones trains them for nobody:
    copy the values, as load_state_dict does (section 4.5)."""

    def restore(self, model):
        self.check()
        model.load_state_dict(torch.load(self.path, weights_only=True), assign=True)
        return self.best


class restores_in_eval(_Checkpoint):
    """Your restore puts the model into eval mode. It keeps the mode (section 4.5)."""

    def restore(self, model):
        score = super().restore(model)
        model.eval()
        return score


class parameters_only(_Checkpoint):
    """You keep the parameters and forget the buffers: batch norm's running statistics belong to the model, too. Take
    the state dict (section 4.5)."""

    def write(self, model):
        super().write(model)
        self.kept = {name: p.detach().clone() for name, p in model.named_parameters()}

    def restore(self, model):
        self.check()
        model.load_state_dict(self.kept, strict=False)
        return self.best


class swallows_and_goes_on(_Checkpoint):
    """You clean up when writing fails and do not raise again: update goes on, notes the new score and says True, and
    the file still holds the old model. `raise` at the end of the except (section 4.5)."""

    def write(self, model):
        try:
            super().write(model)
        except Exception:
            pass


class zero_is_no_score(_Checkpoint):
    """You ask `if not self.best`, and 0 is not nothing: after a best score of 0 any score replaces it, and restore
    refuses. Ask `is None` (section 4.5)."""

    def better(self, score):
        return not math.isnan(score) and (not self.best or score > self.best)

    def check(self):
        if not self.best:
            raise ValueError("nothing was kept")
