"""The drawings about judging and choosing a model."""

from unrolled.figures import regression


def test_only_the_training_set_points_at_the_learner_and_the_test_set_stands_outside_the_loop():
    edges = regression.learning_loop().edges
    sets = {"training", "validation", "test"}
    assert {e.start for e in edges if e.end == "learner"} & sets == {"training"}
    assert [(e.start, e.end) for e in edges if e.before] == [("test", "final score")]
    assert {e.start for e in edges if e.end == "final score"} == {"test"}
