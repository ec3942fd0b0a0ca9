"""The committed cards have the text of their templates."""

import re
from dataclasses import asdict

import pytest
from jinja2 import UndefinedError

from gamelabel.games.play.policies import RALLY_PARTNER
from gamelabel.images import FLUX_SCENES
from gamelabel.models.blip_scenes.blip_card import BLIP_TEMPLATE
from gamelabel.models.flux_assistant.assistant_card import ASSISTANT_TEMPLATE
from gamelabel.models.flux_scenes.flux_card import FLUX_TEMPLATE
from gamelabel.models.flux_scenes.flux_stages import STAGES
from gamelabel.models.flux_scenes.recipe import FluxRecipe
from gamelabel.models.model_card import format_settings, write_card
from gamelabel.reward import BLIP_SCENES
from gamelabel.tuning.assistant import FLUX_SCENES_ASSISTANT

CARDS = [
    (FLUX_TEMPLATE, FLUX_SCENES),
    (ASSISTANT_TEMPLATE, FLUX_SCENES_ASSISTANT.parent),
    (BLIP_TEMPLATE, BLIP_SCENES),
    (BLIP_TEMPLATE.parents[1] / "rally_partner/partner_card.md.j2", RALLY_PARTNER.parent),
]


@pytest.mark.parametrize(("template", "folder"), CARDS)
def test_a_committed_card_has_the_text_of_its_template(template, folder):
    card = (folder / "README.md").read_text()
    assert "{{" not in card and "{%" not in card
    for line in template.read_text().splitlines():
        if "{%" in line:
            continue
        parts = re.split(r"\{\{.*?\}\}", line)
        pattern = "^" + ".*".join(re.escape(part) for part in parts) + "$"
        assert re.search(pattern, card, re.MULTILINE), line


def test_the_committed_card_lists_the_stages_in_order():
    card = (FLUX_SCENES / "README.md").read_text()
    rows = re.findall(r"^\| ([a-z ]+) \| (?:steps|images) ", card, re.MULTILINE)
    assert rows == [stage.replace("_", " ") for stage in STAGES]


def test_the_committed_card_has_the_settings_of_the_recipe():
    card, recipe = (FLUX_SCENES / "README.md").read_text(), FluxRecipe()
    names = ("steps", "batch_size", "learning_rate", "decay_start", "warmup_steps", "ema_decay")
    for stage in ("codec", "text", "teacher", "refined", "student"):
        config = asdict(getattr(recipe, stage))
        settings = format_settings({name: config[name] for name in (*names, "bf16")})
        assert f"| {stage} | {settings} |" in card
    assert f"| scenes | images {recipe.scenes} |" in card
    assert f"| hard scenes | images {recipe.hard_scenes} |" in card
    settings = {
        "images": recipe.distillation_set,
        "steps": recipe.distillation_steps,
        "guidance": recipe.distillation_guidance,
        "filtered": recipe.distillation_filtered,
    }
    assert f"| distillation set | {format_settings(settings)} |" in card


def test_a_value_that_is_missing_is_an_error_and_leaves_the_card(tmp_path):
    template, card = tmp_path / "card.md.j2", tmp_path / "README.md"
    template.write_text("{{ n }} images\n{% for x in rows %}\n- {{ x }}\n{% endfor %}\nend\n")
    write_card(template, card, {"n": 3, "rows": ["<a>", "b"]})
    assert card.read_text() == "3 images\n- <a>\n- b\nend\n"
    with pytest.raises(UndefinedError):
        write_card(template, card, {"n": 3})
    assert card.read_text().startswith("3 images")


def test_settings_in_words():
    assert format_settings({"batch_size": 8, "bf16": False}) == "batch size 8, bf16 False"
