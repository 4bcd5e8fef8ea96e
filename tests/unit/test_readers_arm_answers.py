import os
import signal

import numpy as np
import pytest

from smearsynth.gans import loop
from smearsynth.readers.arm_answers import Answers


def trained(answer: int, *numbers: int):
    """A training that leaves a state, gets signals too late to leave, and answers."""

    def train(folder):
        with loop.stopping():
            folder.mkdir()
            (folder / "step-1.npz").write_text("a large state")
            for number in numbers:
                os.kill(os.getpid(), number)
        return np.array([answer])

    return train


def never(folder):
    raise AssertionError("was trained again")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_last_step_of_a_training_keeps_its_answer_and_starts_no_other(tmp_path, capsys, number):
    answers = Answers(tmp_path, "a")
    assert answers.next(trained(1)) == [1]
    with pytest.raises(SystemExit) as left:
        answers.next(trained(2, number))
    assert left.value.code == 128 + number
    assert "after training 2; the next call goes on from there" in capsys.readouterr().err
    again = Answers(tmp_path, "a")
    assert [again.next(never)[0], again.next(never)[0], again.next(trained(3))[0]] == [1, 2, 3]


def test_answers_of_other_trainings_are_not_taken(tmp_path):
    assert Answers(tmp_path, "a").next(trained(1)) == [1]
    assert Answers(tmp_path, "b").next(trained(2)) == [2]


def test_no_state_is_left(tmp_path):
    """Neither of a training that ended, nor by a process that was killed right after it had kept the last answer."""
    answers = Answers(tmp_path, "a")
    answers.next(trained(1))
    assert os.listdir(tmp_path) == ["answers"]
    (tmp_path / "training").mkdir()
    again = Answers(tmp_path, "a")
    again.next(never)
    again.close()
    assert os.listdir(tmp_path) == ["answers"]
