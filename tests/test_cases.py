"""Cases are drawn alike for everyone, and the search for a smaller one finds small ones and asks seldom."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from course.grading.cases import MAX_CANDIDATES, MAX_ROUNDS, Case, Drawn, Draws, Same, case_seed, draw_cases, smallest


def any_image(r: Draws) -> Case:
    return dict(x=r.tensor(r.randint(1, 3), r.randint(1, 9), r.randint(1, 9)), stride=r.randint(1, 4))


def test_the_same_seed_draws_the_same_cases_for_everyone() -> None:
    def another_name_for_it(r: Draws) -> Case:
        return any_image(r)

    for mine, theirs in zip(draw_cases(any_image, 7, 5), draw_cases(another_name_for_it, 7, 5), strict=True):
        assert mine.choices == theirs.choices and mine.case["stride"] == theirs.case["stride"]
        assert torch.equal(mine.case["x"], theirs.case["x"])


def test_another_seed_draws_other_cases_and_no_two_cases_are_alike() -> None:
    drawn = [d.case["x"] for seed in (1, 2) for d in draw_cases(any_image, seed, 10)]
    assert len({tuple(x.flatten().tolist()) for x in drawn}) == 20


def test_the_global_random_states_play_no_part() -> None:
    torch.manual_seed(1)
    first = any_image(Draws(3))
    torch.manual_seed(2)
    assert torch.equal(any_image(Draws(3))["x"], first["x"])


def test_a_draw_can_be_repeated_from_its_choices() -> None:
    drawn = draw_cases(any_image, 5, 1)[0]
    again = any_image(Draws(case_seed(5, 0), drawn.choices))
    assert again["x"].shape == drawn.case["x"].shape and again["stride"] == drawn.case["stride"]


def test_random_keeps_its_vocabulary() -> None:
    r = Draws(0)
    for _ in range(50):
        assert 2 <= r.randint(2, 5) <= 5
        assert r.choice("abc") in "abc"
        assert sorted(r.sample(range(5), 3))[0] >= 0
        assert r.maybe("value") in ("value", None) and r.maybe(1, 2) in (1, 2)
        assert 0 <= r.random() < 1
        pair = r.pair(1, 3)
        assert pair in (1, 2, 3) or (isinstance(pair, tuple) and all(1 <= side <= 3 for side in pair))


def test_every_value_of_a_range_is_drawn() -> None:
    r = Draws(0)
    assert {r.randint(1, 4) for _ in range(100)} == {1, 2, 3, 4}
    assert {type(r.pair(1, 2)) for _ in range(50)} == {int, tuple}
    assert set(r.ints(200, low=2, high=4).tolist()) == {2, 3, 4}


def test_tensors_are_normal_and_of_the_dtype_asked_for() -> None:
    r = Draws(0)
    x = r.tensor(100, 100)
    assert x.dtype == torch.float64 and abs(float(x.mean())) < 0.05 and abs(float(x.std()) - 1) < 0.05
    assert r.tensor(2, dtype=torch.float32).dtype == torch.float32
    assert r.tensor().shape == ()


def test_tensors_to_be_shown_are_small_whole_numbers_without_zero() -> None:
    x = Draws(0, choices=[], plain=True).tensor(100)
    assert set(x.tolist()) <= {-3, -2, -1, 1, 2, 3}


def test_choices_that_are_not_given_are_as_low_as_possible() -> None:
    r = Draws(0, choices=[2])
    assert [r.randint(1, 5), r.randint(1, 5), r.maybe("big", "small")] == [3, 1, "small"]


def test_a_forced_choice_stays_in_range() -> None:
    assert Draws(0, choices=[99]).randint(1, 3) == 3


class Search:
    """Runs ``smallest`` on the first failing case and counts messages and cases."""

    def __init__(self, draw: Any, bad: Any, seed: int = 0) -> None:
        self.rounds, self.widest = 0, 0
        number, first = next((n, d) for n, d in enumerate(draw_cases(draw, seed, 40)) if bad(d.case))

        def fails(candidates: list[Drawn]) -> list[bool]:
            self.rounds += 1
            self.widest = max(self.widest, len(candidates))
            return [bad(drawn.case) for drawn in candidates]

        found = smallest(draw, case_seed(seed, number), first.choices, fails)
        self.found = None if found is None else found.case


@pytest.mark.parametrize("seed", range(5))
def test_the_smallest_case_is_found_where_one_number_decides(seed: int) -> None:
    search = Search(any_image, lambda case: case["stride"] >= 3, seed)
    assert search.found is not None
    case = search.found
    assert case["stride"] == 3 and case["x"].shape == (1, 1, 1)


@pytest.mark.parametrize("seed", range(5))
def test_a_small_case_is_found_where_two_numbers_must_differ(seed: int) -> None:
    search = Search(any_image, lambda case: case["x"].shape[1] != case["x"].shape[2], seed)
    assert search.found is not None
    assert search.found["x"].numel() <= 6


def test_each_round_is_one_message_of_bounded_size() -> None:
    search = Search(any_image, lambda case: case["x"].shape[1] > case["x"].shape[2])
    assert search.rounds <= MAX_ROUNDS and search.widest <= MAX_CANDIDATES


def test_where_nothing_smaller_fails_there_is_no_answer() -> None:
    seen = iter([True])
    assert Search(any_image, lambda case: next(seen, False)).found is None


def test_choices_for_which_the_draw_is_not_defined_are_left_out() -> None:
    def divided(r: Draws) -> Case:
        return dict(n=12 // r.randint(0, 5))

    search_seed = next(s for s in range(50) if Draws(case_seed(s, 0)).randint(0, 5) == 4)
    choices = [4]
    found = smallest(divided, case_seed(search_seed, 0), choices, lambda made: [d.case["n"] >= 2 for d in made])
    assert found is not None and found.case["n"] >= 2


# -- what a class pays for once -----------------------------------------------------------------------------------


def kind(value: Any) -> str:
    return type(value).__name__


def functions(bound: Any, other: Any = None) -> tuple[Any, Any]:
    """A draw and a function beside it, as a test makes them each time that it runs."""

    def draw(r: Draws, low: int = 1) -> Case:
        return dict(n=r.randint(low, 100) * (bound if isinstance(bound, int) else 1))

    return draw, lambda n: (n, bound, other)


@pytest.mark.parametrize("bound", [3, "same", None, (1, (2, "x")), any_image, torch.float64], ids=kind)
def test_a_test_that_runs_again_has_its_cases_and_their_truths_already(bound: Any) -> None:
    (draw, reference), (draw_again, reference_again) = functions(bound), functions(bound)
    asked: list[Case] = []
    for drawn, again in zip(draw_cases(draw, 1, 3), draw_cases(draw_again, 1, 3), strict=True):
        assert drawn is again
        first = drawn.truth("value", reference, lambda case: asked.append(case) or reference(**case))
        assert again.truth("value", reference_again, lambda case: asked.append(case)) is first
    assert len(asked) == 3


@pytest.mark.parametrize(
    "one, two", [(1, 2), (1, True), (1, 1.0), (0.0, -0.0), ((1,), (True,)), ("1", 1), (any_image, case_seed)]
)
def test_other_values_around_a_function_make_it_another(one: Any, two: Any) -> None:
    assert Same(functions(one)[1]) != Same(functions(two)[1])


@pytest.mark.parametrize("bound", [[1], {"a": 1}, torch.ones(2), Draws(0), [1].append], ids=kind)
def test_what_may_change_is_never_taken_for_the_same(bound: Any) -> None:
    assert Same(functions(bound)[1]) != Same(functions(bound)[1])
    assert draw_cases(functions(bound)[0], 1, 1)[0] is not draw_cases(functions(bound)[0], 1, 1)[0]


def test_the_same_words_in_two_modules_are_two_functions() -> None:
    code = compile("def f(n): return n + k", "same.py", "exec")
    one: dict[str, Any] = {"k": 1}
    two: dict[str, Any] = {"k": 2}
    exec(code, one)
    exec(code, two)
    assert Same(one["f"]) != Same(two["f"])


def test_a_value_and_a_gradient_of_one_function_are_two_truths() -> None:
    drawn = Drawn({"n": 1}, [])
    assert drawn.truth("value", case_seed, lambda case: "value") == "value"
    assert drawn.truth("gradients", case_seed, lambda case: "gradients") == "gradients"
