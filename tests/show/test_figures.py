"""Charts of how the settings were chosen, and of how far a probability can be trusted."""

from __future__ import annotations

from types import SimpleNamespace

import pandas as pd

from newsclust.show.figures import calibration_curve, settings_curve
from newsclust.stories.settings import Settings


def test_every_setting_that_was_tried_is_on_the_curve_of_its_min_samples_and_the_best_is_ringed():
    curve = pd.DataFrame({"min_samples": [2, 1, 1, 2], "min_cluster_size": [5, 3, 5, 3], "separation": [4, 3, 2, 1]})
    curve["n_stories"] = 9
    fig = settings_curve(Settings(2, 5, curve))
    (axes,) = fig.drawing.axes
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert lines == {"min_samples 1": [[3, 3], [5, 2]], "min_samples 2": [[3, 1], [5, 4]], "chosen": [[5, 4]]}
    assert fig.sentence.startswith("Separation of the stories over 4 settings; chosen is ")


def test_settings_that_were_given_are_a_sentence_and_no_picture():
    assert repr(settings_curve(Settings(2, 5, pd.DataFrame()))).startswith("No setting was chosen from the data")


def test_a_probability_is_drawn_at_its_prediction_and_its_share_right():
    curve = pd.DataFrame({"said": [0.55, 0.97], "right": [0.5, 0.9], "documents": [10, 1000]})
    fig = calibration_curve(SimpleNamespace(curve=curve))
    (axes,) = fig.drawing.axes
    assert axes.lines[1].get_xydata().tolist() == curve[["said", "right"]].to_numpy().tolist()
    assert fig.sentence == (
        "Of 1,010 held-out headlines of the run, by predicted probability: 0.55 predicted, 0.50 right; "
        "0.97 predicted, 0.90 right."
    )
