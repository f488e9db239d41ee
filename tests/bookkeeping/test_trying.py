"""What a reader types is judged: right, right for some numbers, wrong and where, or unreadable."""

from __future__ import annotations

import copy
import random
import re
import subprocess
import sys
import time

import pytest

from bookkeeping.check.proving import settle
from bookkeeping.check.trying import judge
from bookkeeping.check.written import FUNCTIONS, Written, expression, names_of

DECLARED = {
    "t": "index", "k": "index", "n": "number", "q": "number", "r": "number", r"\sigma": "function",
    "g": "function", "p": "vector", "v": "vector", "W": "matrix", "a": "vector",
    "f^{(t)}": "vector", "c^{(t)}": "vector", r"\delta c^{(t)}": "vector",
    r"\delta o^{(t)}": "vector", r"\delta y^{(t)}": "vector", r"\hat{p}": "vector",
}  # fmt: skip
ASKED = r"\delta c^{(t)}"
RIGHT = (
    r"\delta y^{(t)} \odot \left(1 - \tanh^{2}(c^{(t)})\right) + p \odot \delta o^{(t)} "
    r"+ \delta c^{(t+1)} \odot f^{(t+1)}"
)


def a_case(size: int, seed: int, right: str, points: list[dict[str, int]]) -> dict[str, object]:
    """Random values for all letters, and what the right side is for them."""
    chance = random.Random(seed)

    def vector(length: int = size) -> list[float]:
        return [chance.uniform(-1, 1) for _ in range(length)]

    q = chance.uniform(0.1, 0.9)
    values = {
        "n": size, "q": q, "r": 2 * q, r"\sigma": {"function": "sigmoid"},
        "g": {"function": "tanh"}, "p": vector(), "v": vector(), "a": vector(size + 1),
        "W": [vector(size + 1) for _ in range(size)],
        **{tex: [[[t], vector()] for t in range(5)] for tex in DECLARED if "(t)" in tex},
        r"\hat{p}": vector(),
    }  # fmt: skip
    case = {"values": values, "points": points, "sizes": f"$n = {size}$", "answers": []}
    names = names_of({"names": {"declared": DECLARED, "gradient": "shape"}})
    evaluator = Written(names, case)
    for number in range(len(points)):
        with evaluator.at(number):
            case["answers"].append(evaluator.evaluate(expression(right, names)))
    return case


def a_box(asks: str = ASKED, right: str = RIGHT, **more: object) -> dict[str, object]:
    points = [{"t": 2}, {"t": 1}] if "(t)" in right else [{}]
    return {
        "asks": asks, "right": right, "names": {"declared": DECLARED, "gradient": "shape"},
        "cases": [a_case(2, 1, right, points), a_case(3, 2, right, points)], **more,
    }  # fmt: skip


BOX = a_box(
    slips=[
        {"tex": RIGHT.replace("f^{(t+1)}", "f^{(t)}"), "says": "The step that keeps it."},
        {"tex": r"p \odot \delta o", "says": "never read: it has no step"},
    ]
)


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        f"{ASKED} = {RIGHT}",
        r"f^{(t+1)} \odot \delta c^{(t+1)} + \delta o^{(t)} \odot p"
        r" + \delta y^{(t)} \odot (1 - \tanh(c^{(t)})) \odot (1 + \tanh(c^{(t)}))",
        RIGHT.replace("1 -", "3 - 2 -"),
    ],
)
def test_a_right_answer_is_right_in_other_forms_too(answer):
    verdict = judge(BOX, answer)
    assert (verdict["fate"], verdict["needs_proof"]) == ("right", False), verdict
    assert (answer == RIGHT) == (verdict["says"] == "Right.") or answer.startswith(ASKED)


@pytest.mark.parametrize(
    ("old", "new", "says", "named"),
    [
        ("p ", "v ", "the letter $v$", "v"),
        ("f^{(t+1)}", "f^{(t)}", "the time step of $f^{(t)}$", "f^{(t)}"),
        (r"+ p \odot", r"- p \odot", r"the sign of $p \odot \delta o^{(t)}$", "-"),
        ("1 -", "1 +", "the sign of", "+"),
        (r"p \odot", r"2 p \odot", "factor $2$ (the second one) is one too many", "2"),
        (r"p \odot ", "", "A factor is missing in", r"\delta o^{(t)}"),
        (r"\tanh^{2}", r"\tanh", "the power of", r"\tanh(c^{(t)})"),
        (r"\tanh^{2}(c", r"\sin^{2}(c", r"the function $\sin", r"\sin^{2}"),
        (r"p \odot", r"p \cdot", "the sign between the factors", r"\cdot"),
        (r" + p \odot \delta o^{(t)}", "", "A term is missing", None),
        (
            r" + p \odot \delta o^{(t)} + \delta c^{(t+1)} \odot f^{(t+1)}",
            "",
            "Something is missing",
            None,
        ),
        (r" + p \odot", r" + p + p \odot", "$p$ (the first one) is one too many", "p"),
    ],
)
def test_a_wrong_answer_is_refused_and_its_own_part_is_named(old, new, says, named):
    answer = RIGHT.replace(old, new, 1)
    verdict = judge(BOX, answer)
    assert verdict["fate"] == "wrong"
    assert says in verdict["where"]
    span = verdict["span"]
    assert (answer[slice(*span)] if span else None) == named
    if old in answer[: span[0] if span else 0]:
        assert answer[: span[0]].endswith(RIGHT[: RIGHT.index(old)][-5:])


def test_a_factor_that_is_missing_is_not_taken_for_a_sign():
    right = r"p \odot v \odot (1 - v)"
    box = a_box(r"\delta c^{(1)}", right, forms=[r"p \odot (v - v^2)"])
    where = judge(box, r"p \odot (1 - v)")["where"]
    assert where == r"A factor is missing in $p \odot (1 - v)$."


@pytest.mark.parametrize("form", ["missing", "another order"])
def test_a_place_is_named_in_another_form_than_the_pages_too(form):
    answer = r"\delta c^{(t+1)} \odot f^{(t+1)} + \delta o^{(t+1)} \odot p"
    if form == "another order":
        answer += r" + \left(1 - \tanh^{2}(c^{(t)})\right) \odot \delta y^{(t)}"
        assert judge(BOX, answer)["where"] == r"Look at the time step of $\delta o^{(t+1)}$."
    else:
        assert judge(BOX, answer)["fate"] == "wrong"


def test_a_wrong_answer_shows_one_number_that_is_wrong():
    verdict = judge(BOX, RIGHT.replace("p ", "v "))
    example = verdict["example"]
    assert (example["point"], example["entry"]) == ("t = 2", [1])
    assert example["right"] == pytest.approx(BOX["cases"][0]["answers"][0][0][0])
    assert f"${example['yours']:.4g}$" in verdict["says"]


def test_an_answer_that_is_right_at_one_point_only_is_wrong_at_another():
    box = copy.deepcopy(BOX)
    second = box["cases"][0]["answers"][1]
    second[1][0] += 1e-6
    assert judge(box, RIGHT)["example"]["point"] == "t = 1"
    assert judge(box, RIGHT)["example"]["entry"] == [2]


def test_a_slip_that_is_known_is_told_in_the_pages_words():
    assert judge(BOX, RIGHT.replace("f^{(t+1)}", "f^{(t)}"))["slip"] == "The step that keeps it."
    assert judge(BOX, RIGHT.replace("p ", "v "))["slip"] == ""


def test_beside_the_pages_words_on_a_slip_stands_no_other_advice():
    def told(words):
        slip = {"tex": RIGHT.replace("1 -", "1 +"), "says": words}
        return judge({**BOX, "slips": [slip]}, slip["tex"])

    assert told("Its derivative is another one.")["where"] == ""
    assert judge(BOX, RIGHT.replace("1 -", "1 +"))["where"].startswith("Look at the sign")
    assert judge(BOX, RIGHT.replace("f^{(t+1)}", "f^{(t)}"))["where"].startswith("Look at the time")


def test_what_is_asked_for_is_no_answer_but_its_neighbour_is_one():
    verdict = judge(BOX, rf"p + {ASKED}")
    assert (verdict["fate"], verdict["span"]) == ("wrong", [4, 4 + len(ASKED)])
    assert "itself is what is asked for" in verdict["says"]
    assert "itself" not in judge(BOX, r"\delta c^{(t+1)}")["says"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("3", "a single number; asked for is a column of 2 numbers"),
        ("p^{\\top}", "a row of 2 numbers; asked for is a column of 2 numbers"),
        (r"W", r"a matrix of $2 \times 3$; asked for"),
        (r"p \odot a", "A column of 2 numbers and a column of 3 numbers have no product"),
        (r"c^{(t+9)}", "has no value at $t = 11$"),
        (rf"\left({RIGHT}\right)^{{\top}}", "the right one, transposed"),
        (f"-({RIGHT})", "right but for their sign"),
        (f"2 ({RIGHT})", "All numbers are $2$ times"),
        (r"g p", "$g$ is a function: say of what, as in $g(x)$"),
        (r"\frac{p}{0}", "has no value at the page's numbers"),
    ],
)
def test_what_is_wrong_with_an_answer_as_a_whole_is_said(answer, says):
    verdict = judge(BOX, answer)
    assert verdict["fate"] == "wrong"
    assert says in verdict["says"]


@pytest.mark.parametrize(
    ("answer", "says", "held"),
    [
        ("  ", "Type the formula first", None),
        (r"p \odot", "Expected", ""),
        (
            r"p + \delta z^{(t)}",
            r"I do not know the letter $\delta z^{(t)}$",
            r"\delta z^{(t)}",
        ),
        (r"p \odot f", "I do not know the letter $f$; there is $f^{(t)}$.", "f"),
        (r"p + \foo", r"may hold `\foo`", r"\foo"),
        ("p = v", "behind the sign of equality", None),
        ("p, v", "here are several", None),
        (r"\frac{d p}{d q}", "This derivative", r"\frac{d p}{d q}"),
        (r"\sum_{k} p", "from where to where $k$ runs", r"\sum_{k} p"),
        ("p" * 2001, "2,000 characters", None),
        ("(" * 900 + "p" + ")" * 900, "deep", None),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(answer, says, held):
    verdict = judge(BOX, answer)
    is_read = "do not know" in says or "from where" in says
    assert verdict["fate"] == ("wrong" if is_read else "unreadable")
    assert says in verdict["says"]
    span = verdict["span"]
    assert (answer[slice(*span)] if span else None) == held


def test_a_letter_that_is_near_is_told_with_how_it_is_typed():
    box = {**BOX, "palette": [r"\delta o^{(t)}", "p"], "plain": {"do": r"\delta o"}}
    says = judge(box, r"p \odot \delta \mathrm{oo}^{(t)}")["says"]
    assert says.endswith(r"there is $\delta o^{(t)}$, typed `do(t)`.")
    assert "buttons show" in judge(box, r"\mathrm{blah}")["says"]


def test_a_letter_that_the_exercise_leaves_out_is_wrong_and_not_unreadable():
    box = a_box()
    for case in box["cases"]:
        del case["values"]["v"]
    verdict = judge(box, r"v \odot p")
    assert verdict["fate"] == "wrong"
    assert "the letters of its buttons; $v$ is none of them" in verdict["says"]


def test_a_sum_without_bounds_and_a_length_are_told_how_to_be_written():
    assert "`sum(j=1..n) …`" in judge(BOX, r"\sum_{k} p")["says"]
    assert judge(BOX, r"\sum p")["says"].startswith("A sum is written")
    assert r"`\lVert a \rVert`" in judge(BOX, "|p|^2")["says"]


def test_a_fixed_number_of_entries_is_told_from_a_sum():
    box = a_box(r"q", r"\sum_{k=1}^{n} p_k")
    assert judge(box, "p_1 + p_2 + p_2")["where"].startswith("It has to hold for every $n$")


@pytest.mark.parametrize(
    "answer",
    [
        "9^{9^{9^{9}}} p", r"\sum_{k=1}^{999999999} p", "99999!", r"\binom{99999}{3} p",
        r"\sum_{k=1}^{200} \sum_{t=1}^{200} \sum_{n=1}^{200} k n t", "((7^{199})^{199})^{199}",
    ],
)  # fmt: skip
def test_an_answer_that_would_take_for_ever_is_broken_off(answer):
    started = time.perf_counter()
    assert judge(BOX, answer)["fate"] in {"unreadable", "wrong"}
    assert time.perf_counter() - started < 20


def test_numbers_that_happen_to_agree_do_not_make_a_formula_right():
    box = a_box("q", "r p")  # r is twice q in all cases
    verdict = judge(box, "2 q p")
    assert "q itself" not in verdict["says"]
    box = a_box(r"\delta c^{(1)}", "r p")
    verdict = judge(box, "2 q p")
    assert (verdict["fate"], verdict["needs_proof"]) == ("numbers", False)
    assert "All 5 numbers of the page come out right" in verdict["says"]
    assert "or by chance" in verdict["says"]
    assert settle(box, "2 q p") == "differs"
    nothing = r"2 q p + p \sqrt{-(2 q - r)^{2}}"  # which random numbers make a root of less
    verdict = judge(box, nothing)
    assert (verdict["fate"], verdict["needs_proof"]) == ("numbers", True)
    assert "chance" not in verdict["says"]


def test_what_a_box_knows_of_its_letters_makes_a_formula_right():
    box = a_box(r"\delta c^{(1)}", "r p", knows=["r = 2 q"])
    assert judge(box, "2 q p")["fate"] == "right"
    assert settle(box, "2 q p") == "same"
    assert judge(box, "3 q p")["fate"] == "wrong"


def test_a_letter_in_its_own_definition_is_any_value():
    """``S + S'`` is any symmetric matrix, and nothing else is known of it."""
    box = a_box(r"\delta c^{(1)}", "W W^{\\top} v", knows=["v = v"])
    for case in box["cases"]:
        rows = case["values"]["W"]
        case["values"]["W"] = rows = [row[: len(rows)] for row in rows]
        for r, row in enumerate(rows):
            row[:r] = [other[r] for other in rows[:r]]  # symmetric at the page's numbers
        names = names_of(box)
        case["answers"] = [Written(names, case).evaluate(expression(box["right"], names))]
    turned = r"W^{\top} W v"
    assert judge(box, turned)["fate"] == "numbers"
    box["knows"] = [r"W = W + W^{\top}"]
    assert judge(box, turned)["fate"] == "right"
    assert settle(box, turned) == "same"
    assert judge(box, r"W W v + W v - v - W v + v")["fate"] == "right"
    assert judge(box, r"W W^{-1} v")["fate"] == "wrong"


def test_a_function_may_be_defined_at_its_letters():
    box = a_box(r"\delta c^{(1)}", "g(q) p", knows=["g(q) = q^2"])
    for case in box["cases"]:
        case["values"]["g"] = {"listed": [[[case["values"]["q"]], case["values"]["q"] ** 2]]}
        names = names_of(box)
        case["answers"] = [Written(names, case).evaluate(expression(box["right"], names))]
    assert judge(box, "q^2 p")["fate"] == "right"
    assert settle(box, "q^2 p") == "same"
    assert judge({**box, "knows": []}, "q^2 p")["fate"] == "numbers"
    assert judge(box, "g p")["says"] == "$g$ is a function: say of what, as in $g(q)$."


def test_marks_and_diagonals_stay_what_they_are():
    box = a_box(r"\delta c^{(1)}", "v")
    for case in box["cases"]:
        size = case["values"]["n"]
        case["values"]["W"] = [
            [case["values"]["p"][r] if r == c else 0.0 for c in range(size)] for r in range(size)
        ]
        case["values"]["v"] = [float(k == 1) for k in range(size)]
        case["answers"] = [[[x] for x in case["values"]["v"]]]
    assert judge(box, r"v \odot v")["fate"] == "right"
    assert judge(box, r"v + W p - W^{\top} p")["fate"] == "right"
    assert judge(box, r"v + W p - p \odot p")["fate"] == "numbers"


@pytest.mark.parametrize("letter", ["k", "j", "s"])
def test_a_sum_may_run_over_any_letter(letter):
    box = a_box("q", "v^{\\top} v")
    assert judge(box, rf"\sum_{{{letter}=1}}^n v_{letter}^2")["fate"] == "right"
    assert settle(box, rf"\sum_{{{letter}=1}}^n v_{letter}^2") == "same"
    assert "do not know the letter $i$" in judge(box, rf"\sum_{{{letter}=1}}^n v_i^2")["says"]


def test_an_index_outside_of_its_sum_is_told_as_one():
    box = a_box(r"\delta c^{(1)}", "q p")
    verdict = judge(box, "v_k p")
    assert verdict["fate"] == "wrong"
    assert verdict["says"] == "$k$ is an index, and stands in no sum over it here."


def test_a_pure_slip_of_the_sign_is_no_wrong_factor():
    box = a_box(r"\delta c^{(1)}", r"q p \odot v")
    verdict = judge(box, r"-q p \odot v")
    assert "All numbers are right but for their sign" in verdict["says"]
    assert "single numbers" not in verdict["where"]


def test_a_letter_under_an_accent_is_not_counted():
    box = a_box(r"\delta c^{(1)}", r"\hat{p} \odot v - q p")
    assert (
        judge(box, r"\hat{p} \odot v - q v")["where"] == "Look at the letter $v$ (the second one)."
    )
    assert (
        judge(box, r"\hat{p} \odot p - q p")["where"] == "Look at the letter $p$ (the first one)."
    )
    assert judge(box, r"\hat{p} \odot v + q p")["where"].endswith("$q p$.")


def test_two_numbers_are_told_in_as_many_digits_as_it_takes():
    verdict = judge(a_box("q", "v^{\\top} v"), "v^{\\top} v + 0.0000001")
    yours, right = re.findall(r"\$(\d+\.\d+)\$", verdict["says"])
    assert yours != right
    assert len(yours) > 7


def test_only_letters_of_the_exercise_are_told_as_near_ones():
    box = a_box()
    box["names"] = {**box["names"], "declared": {**DECLARED, "u_q": "vector", "u_r": "vector"}}
    box["cases"][0]["values"]["u_r"] = [1.0, 2.0]
    assert judge(box, "u_{z}")["says"] == "I do not know the letter $u_{z}$; there is $u_r$."


def test_two_columns_without_a_sign_are_told_how_to_be_multiplied():
    box = a_box(r"\delta c^{(1)}", r"p \odot v")
    assert judge(box, "p v")["says"].endswith(r"Entry by entry the sign is $\odot$, typed `.*`.")
    assert "Entry by entry" not in judge(box, "p W")["says"]


def test_where_a_wrong_answer_leaves_the_right_one_is_told_truly():
    box = a_box(r"\delta c^{(1)}", r"\frac{2}{v^{\top} v} (p - q v)")
    multiple = judge(box, "p - q v")["where"]
    assert "all entries are the same multiple" in multiple
    assert judge(box, "2 p")["where"] == "A term is missing, and that is not all."
    again = judge(box, r"\frac{2}{v^{\top} p} (p - q v)")["where"]
    assert again == "Look at the letter $p$ (the first one)."
    outer = judge(a_box(r"\delta c^{(1)}", r"p \odot v"), r"p v^{\top}")["where"]
    assert outer.startswith("Look at the order of the factors in $p v^{\\top}$")


def test_a_formula_that_holds_at_the_sizes_of_the_page_only_is_not_right():
    box = a_box(r"\delta c^{(1)}", "n p")  # n is 2 and 3
    assert judge(box, "n p + (n - 2) (n - 3) p")["fate"] == "numbers"
    assert settle(box, "n p + (n - 2) (n - 3) p") == "differs"
    assert settle(box, r"\sum_{k=1}^{n} p") == "same"
    assert judge(box, r"\sum_{k=1}^{n} p")["fate"] == "right"


def test_a_function_of_the_page_is_not_the_one_that_its_tests_took():
    box = a_box(r"\delta c^{(1)}", r"p \odot g(v)")
    assert judge(box, r"p \odot \tanh(v)")["fate"] == "numbers"
    assert judge(box, r"g(v) \odot p")["fate"] == "right"
    box = a_box(r"\delta c^{(1)}", r"\sigma'(v)")
    assert judge(box, r"\sigma(v) \odot (1 - \sigma(v))")["fate"] == "right"


def test_a_derivative_has_the_value_that_the_page_wrote_down():
    box = a_box(r"\delta c^{(1)}", "r p")
    for case in box["cases"]:
        case["derivatives"] = {"∂v[] by q[]": case["answers"][0], "dv[] by q[]": [[0.0], [0.0]]}
    assert judge(box, r"\frac{\partial v}{\partial q}")["fate"] == "numbers"
    assert judge(box, r"\frac{d v}{d q}")["fate"] == "wrong"
    assert judge(box, r"\frac{d q}{d v}")["fate"] == "unreadable"


@pytest.mark.parametrize(
    ("right", "answer", "told"),
    [
        (RIGHT, RIGHT, "same"),
        (r"p \odot \left(1 - \tanh^{2}(v)\right)", r"p \odot (1-\tanh(v)) \odot (1+\tanh(v))",
         "same"),
        (r"\sigma'(v)", r"\sigma(v) \odot (1 - \sigma(v))", "same"),
        (r"W a", r"(a^{\top} W^{\top})^{\top}", "same"),
        (r"\frac{p}{\lVert p \rVert}", r"\frac{p}{\sqrt{p^{\top} p}}", "same"),
        (r"\operatorname{softmax}(p)", r"\operatorname{softmax}(p + q)", "same"),
        (r"p \odot g(v)", r"p \odot \tanh(v)", "differs"),
        (r"p", r"p + 10^{-12} v", "differs"),
        (r"p", r"a", "differs"),
        (r"p", r"c^{(t+9)}", "undecided"),
    ],
)  # fmt: skip
def test_sympy_tells_whether_two_forms_are_the_same(right, answer, told):
    assert settle(a_box(r"\delta c^{(1)}", right), answer) == told


def test_the_judge_needs_neither_numpy_nor_sympy():
    code = (
        "import sys; import bookkeeping.check.trying, bookkeeping.check.plain_form;"
        "print({'numpy', 'sympy', 'sphinx', 'pytest'} & set(sys.modules))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )  # fmt: skip
    assert run.stdout.strip() == "set()"


def test_every_function_that_a_page_may_name_takes_a_complex_step():
    for name, function in FUNCTIONS.items():
        slope = function(0.7 + 1e-30j).imag / 1e-30
        wanted = (function(0.7 + 1e-6) - function(0.7 - 1e-6)) / 2e-6
        assert slope == pytest.approx(wanted, rel=1e-6), name
