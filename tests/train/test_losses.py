from __future__ import annotations

import pytest
import torch

from diplotone.train.config import TrainConfig
from diplotone.train.dataset import IGNORED
from diplotone.train.losses import MultiTaskLoss


@pytest.fixture
def loss(codebook, eight_records):
    return MultiTaskLoss(TrainConfig(label_smoothing=0.0, class_weight_power=0.0), codebook, eight_records)


def _batch(codebook, sentences=2, pairs=3):
    outputs = {t.name: torch.zeros(sentences, len(t), requires_grad=True) for t in codebook.at("sentence")}
    outputs |= {
        t.name: torch.zeros(sentences, pairs, len(t), requires_grad=True) for t in codebook.at("pair")
    }
    labels = {t.name: torch.full((sentences,), IGNORED) for t in codebook.at("sentence")}
    labels |= {t.name: torch.full((sentences, pairs), IGNORED) for t in codebook.at("pair")}
    return outputs, labels


def test_absent_labels_cost_nothing(loss, codebook):
    outputs, labels = _batch(codebook)
    assert loss(outputs, labels).item() == 0


def test_a_masked_sentence_gets_no_gradient(loss, codebook):
    outputs, labels = _batch(codebook)
    labels["tone"][0] = 2
    labels["act"][1, 2] = 5
    loss(outputs, labels).backward()
    assert outputs["tone"].grad[0].abs().sum() > 0
    assert outputs["tone"].grad[1].abs().sum() == 0
    assert outputs["act"].grad[1, 2].abs().sum() > 0
    assert outputs["act"].grad[:, :2].abs().sum() == 0


def test_uniform_logits_cost_the_log_of_the_number_of_labels(loss, codebook):
    outputs, labels = _batch(codebook)
    labels["sentiment"][:] = torch.tensor([0, 2])
    assert loss(outputs, labels).item() == pytest.approx(torch.log(torch.tensor(3.0)).item())


def test_two_readings_differ_by_their_divergence(loss, codebook):
    """The divergence of (.8, .1, .1) from (.1, .8, .1) and back, .7 * log 8 each; what has no label counts nothing."""
    one, labels = _batch(codebook)
    other = {task: logits.clone() for task, logits in one.items()}
    labels["sentiment"][0] = 1
    assert loss.disagreement(one, other, labels).item() == 0
    one["sentiment"] = torch.tensor([[0.8, 0.1, 0.1], [1.0, 1e-9, 1e-9]]).log()
    other["sentiment"] = torch.tensor([[0.1, 0.8, 0.1], [1e-9, 1.0, 1e-9]]).log()
    expected = 0.7 * torch.log(torch.tensor(8.0)).item()
    assert loss.disagreement(one, other, labels).item() == pytest.approx(expected)
    assert loss.disagreement(other, one, labels).item() == pytest.approx(expected)


def test_smoothing_of_an_ordinal_task_goes_to_the_neighbours(codebook, eight_records):
    soft = MultiTaskLoss(TrainConfig(label_smoothing=0.1), codebook, eight_records).targets
    assert soft["tone"][0].tolist() == pytest.approx([0.9, 0.1, 0, 0, 0])
    assert soft["tone"][2].tolist() == pytest.approx([0, 0.05, 0.9, 0.05, 0])
    assert soft["act"][0, 0].item() == pytest.approx(0.9)
    assert (soft["act"][0, 1:] > 0).all()
    for targets in soft.values():
        assert torch.allclose(targets.sum(1), torch.ones(len(targets)))


def test_rare_classes_weigh_more(codebook, eight_records):
    weights = MultiTaskLoss(TrainConfig(class_weight_power=0.5), codebook, eight_records).class_weights
    tone = codebook["tone"]
    assert weights["tone"][tone.index("conciliatory")] > weights["tone"][tone.index("cooperative")]
