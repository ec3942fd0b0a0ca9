"""The recipe of the embedded FLUX model's assistant, with which adapters are tuned: train, card."""

from gamelabel.models.flux_assistant.assistant_card import write_assistant_card
from gamelabel.models.flux_assistant.train_assistant import (
    ASSISTANT_TRAINING,
    train_flux_assistant,
)

__all__ = ["ASSISTANT_TRAINING", "train_flux_assistant", "write_assistant_card"]
