"""Places of a machine in values and texts: the last part stays."""

from pathlib import Path

import pytest

from iclip.files.places import places_in, without_places


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("/home/alice/runs/swin b.pth", "swin b.pth"),
        ("/data/best.pth#model_ema", "best.pth#model_ema"),
        ("~/data/toy", "toy"),
        ("../../other/x.json", "x.json"),
        ("s3://secret-bucket/shards/00.tar", "00.tar"),
        ("file:///srv/x.pth", "x.pth"),
        (r"C:\Users\alice\data\x.pth", "x.pth"),
        (r"\\server\share\x.pth", "x.pth"),
        ("/home/alice", ""),
        ("/Users/alice", ""),
        (str(Path.home()), ""),
        # What names no place of a machine stays.
        ("data/toy/pairs", "data/toy/pairs"),
        ("https://example.org/a/b", "https://example.org/a/b"),
        ("hf-hub:org/name", "hf-hub:org/name"),
        ("imagenet1k/top1", "imagenet1k/top1"),
        ("a photo of a {}, and/or 1/2", "a photo of a {}, and/or 1/2"),
        ("</w>", "</w>"),
        ("/", "/"),
    ],
)
def test_of_a_place_the_last_part_stays(value: str, expected: str):
    assert without_places(value) == expected


def test_places_inside_of_texts_are_found():
    text = "zeroshot.py /home/alice/w/latest.pth --json '/tmp/out.json' (from s3://b/c/d.tar)"
    assert without_places(text) == "zeroshot.py latest.pth --json 'out.json' (from d.tar)"
    assert places_in(text) == ["/home/alice/w/latest.pth", "/tmp/out.json", "s3://b/c/d.tar"]
    assert places_in("https://example.org/a and a/b") == []


def test_nested_values_keep_their_form():
    value = {"a": ("/x/y", 3), "b": [{"/p/q": None}]}
    assert without_places(value) == {"a": ("y", 3), "b": [{"q": None}]}
