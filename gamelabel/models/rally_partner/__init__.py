"""The recipe of the partner for the rally for two: `train_partner`, and its card."""
