"""What the losses of the recipe train on: noise levels, captions, noise, the posterior."""

import math
from types import SimpleNamespace

import pytest
import torch

from gamelabel.flow import Text
from gamelabel.models.flux_scenes import autoencoder, student, teacher
from gamelabel.training import TrainingStep

N = 400


@pytest.fixture
def calls(monkeypatch):
    """Arguments of the calls of `velocity_errors`: x0, noise, sigma, text."""
    recorded = []

    def velocity_errors(transformer, x0, noise, sigma, text):
        recorded.append((x0, noise, sigma, text))
        return torch.ones(len(x0))

    for module in (teacher, student):
        monkeypatch.setattr(module, "velocity_errors", velocity_errors)
    return recorded


def numbered_text(rows):
    """Text whose embeddings are the numbers of its rows."""
    numbers = torch.arange(rows).float()
    return Text(numbers[:, None, None], numbers[:, None])


def make_step(seed=0):
    return TrainingStep(0, torch.Generator().manual_seed(seed))


def test_the_teacher_sees_every_noise_level_and_the_middle_most(calls):
    clean = torch.arange(N).float()[:, None, None]
    loss = teacher.teacher_loss(None, clean, torch.arange(1, N + 1), numbered_text(N + 1), 20_000)
    assert loss(make_step())[0].item() == 1.0
    x0, noise, sigma, text = calls[0]
    logits = torch.logit(sigma)
    assert logits.mean().item() == pytest.approx(0.3, abs=0.03)
    assert logits.std().item() == pytest.approx(1.0, abs=0.03)
    assert noise.std().item() == pytest.approx(1.0, abs=0.03)
    empty = text.pooled[:, 0] == 0
    assert empty.float().mean().item() == pytest.approx(0.08, abs=0.01)
    assert torch.equal(text.pooled[~empty, 0], x0[~empty, 0, 0] + 1), "each image has its prompt"


def test_the_student_keeps_the_noise_of_each_image_at_the_levels_of_sampling(calls):
    clean = torch.arange(N).float()[:, None, None]
    text = numbered_text(2 * N)
    loss = student.student_loss(None, clean, clean + 0.5, torch.arange(N) + 7, text, 4_000)
    loss(make_step())
    x0, noise, sigma, text = calls[0]
    assert torch.equal(noise, x0 + 0.5)
    assert torch.equal(text.pooled[:, 0], x0[:, 0, 0] + 7)
    assert sorted(sigma.unique().tolist()) == [0.25, 0.5, 0.75, 1.0]
    assert (sigma == 1.0).float().mean().item() == pytest.approx(0.25, abs=0.03)


class FixedCodec(torch.nn.Module):
    """Latents of given statistics; the decoder returns its input of the encoder plus an error."""

    def __init__(self, mean, logvar, error):
        super().__init__()
        self.mean, self.logvar, self.error, self.images = mean, logvar, error, None

    def encode(self, images):
        self.images = images
        return SimpleNamespace(latent_dist=SimpleNamespace(mean=self.mean, logvar=self.logvar))

    def decode(self, latents):
        self.noise = (latents - self.mean) / autoencoder.POSTERIOR_STD
        return SimpleNamespace(sample=self.images + self.error)


def loss_of(mean, logvar, error):
    codec = FixedCodec(mean, logvar, error)
    return autoencoder.autoencoder_loss(codec, 4)(make_step())[0].item(), codec


def test_the_autoencoder_loss_by_hand():
    ideal = torch.tensor([1.0, -1.0, 1.0, -1.0])[:, None, None, None].expand(4, 8, 8, 8) * 0.5**0.5
    ideal = ideal / ideal.var((0, 2, 3)).sqrt()[None, :, None, None]
    logvar = torch.full_like(ideal, 2 * math.log(0.05))
    value, codec = loss_of(ideal, logvar, 0.0)
    assert value == pytest.approx(0.0, abs=1e-6)
    assert codec.noise.std().item() == pytest.approx(1.0, abs=0.1)
    contrast = (codec.images - codec.images.mean((2, 3), keepdim=True)).abs().mean(1)
    error = (1 + 4 * contrast).mean().item() * (0.1 + 0.01)
    assert loss_of(ideal, logvar, 0.1)[0] == pytest.approx(error, rel=1e-4)
    assert loss_of(ideal + 1, logvar, 0.0)[0] == pytest.approx(0.02, rel=1e-3)
    assert loss_of(2 * ideal, logvar, 0.0)[0] == pytest.approx(0.02 * 9, rel=1e-3)
    assert loss_of(ideal, logvar + 2, 0.0)[0] == pytest.approx(0.02 * 4, rel=1e-3)
