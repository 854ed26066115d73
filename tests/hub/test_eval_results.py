"""`.eval_results` in the form that huggingface_hub itself parses."""

from dataclasses import replace

import pytest
import yaml
from huggingface_hub import eval_result_entries_to_yaml, parse_eval_result_entries

from iclip.hub.eval_results import eval_results
from iclip.hub.model_card import Card
from tests.hub.conftest import FIGURE, Written


def test_hubs_own_parser_reads_the_files():
    files = eval_results(Card("x", figures=[FIGURE]))
    assert list(files) == [".eval_results/imagenet1k_val.yaml"]
    (content,) = files.values()
    (entry,) = parse_eval_result_entries(yaml.safe_load(content))
    found = (entry.dataset_id, entry.task_id, entry.value)
    assert found == ("ILSVRC/imagenet-1k", "default", 71.25)
    assert "50,000 of 50,000 images" in entry.notes
    assert eval_result_entries_to_yaml([entry]) == yaml.safe_load(content)  # no key is left over


@pytest.mark.parametrize(
    "changes",
    [
        dict(protocol=None),
        dict(protocol="toy/seen"),
        dict(complete=False),
        dict(deviations=("x",)),
        dict(metric="imagenet1k/top5"),
    ],  # a data set has one score
)
def test_what_is_not_the_benchmark_is_not_its_result(changes: dict):
    assert eval_results(Card("x", figures=[replace(FIGURE, **changes)])) == {}


def test_files_lie_in_the_folder(towers: Written):
    (file,) = (towers.folder / ".eval_results").iterdir()
    assert file.name == "imagenet1k_val.yaml"
