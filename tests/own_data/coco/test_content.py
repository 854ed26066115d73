from pathlib import Path
from typing import Any

import pytest

from iclip.own_data.coco.content import CocoPart, read_coco_parts
from tests.support.own_data_files import coco_content, write_coco_folder, write_image, write_json

NAMES = [f"{n}.jpg" for n in range(12)]
BOXES = [(n, ("cat", "dog")[n % 2], (n, 2, 20, 10)) for n in range(12)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in NAMES:
        write_image(tmp_path / "train" / name)
    return tmp_path


def content() -> dict[str, list[dict[str, Any]]]:
    return coco_content(NAMES, BOXES, ("cat", "dog"))


def read(root: Path, changed: Any) -> CocoPart:
    write_json(root / "annotations/instances_train.json", changed)
    return read_coco_parts(root).parts["train"]


def as_read(part: CocoPart) -> list[tuple[str, int, Any]]:
    objects = zip(part.objects, part.rows, part.labels, strict=True)
    return [(part.images[row].name, label, entry["bbox"]) for entry, row, label in objects]


EXPECTED = [(NAMES[n], n % 2, [n, 2, 20, 10]) for n in range(12)]


def test_ids_with_gaps_in_any_order(root: Path) -> None:
    assert as_read(read(root, content())) == EXPECTED


@pytest.mark.parametrize("of", ["images", "references", "both"])
@pytest.mark.parametrize("kind", [str, float])
def test_ids_may_be_texts_or_floats(kind: type, of: str, root: Path) -> None:
    changed = content()
    if of != "references":
        for entry in [*changed["images"], *changed["categories"]]:
            entry["id"] = kind(entry["id"])
    if of != "images":
        for entry in changed["annotations"]:
            entry["image_id"], entry["category_id"] = kind(entry["image_id"]), entry["category_id"]
    assert as_read(read(root, changed)) == EXPECTED


def test_classes_of_all_parts_by_name(tmp_path: Path) -> None:
    write_coco_folder(tmp_path)
    file = tmp_path / "annotations/instances_val.json"
    names = [f"val_{n}.jpg" for n in range(3)]
    write_json(file, coco_content(names, [(0, "dog", (1, 1, 5, 5))], ("bird", "dog", "cat")))
    found = read_coco_parts(tmp_path)
    assert found.classes == ("cat", "dog", "bird")
    assert found.parts["val"].labels == [1]
    assert [category["name"] for category in found.categories] == ["cat", "dog", "bird"]


def test_an_image_listed_twice_is_one(root: Path) -> None:
    changed = content()
    changed["images"].append({**changed["images"][0], "id": 7777})
    changed["annotations"].append({**changed["annotations"][0], "image_id": 7777, "id": 9})
    part = read(root, changed)
    assert len(part.images) == len(NAMES)
    assert as_read(part) == [*EXPECTED, EXPECTED[0]]
    (omission,) = read_coco_parts(root).remarks.omissions()
    assert (omission.count, omission.what[:19]) == (1, "images listed again")


def test_one_id_for_two_images_is_an_error(root: Path) -> None:
    changed = content()
    changed["images"][3]["id"] = str(changed["images"][0]["id"])
    with pytest.raises(ValueError, match=r"the id 1000 is that of two images, .*0.jpg and .*3.jpg"):
        read(root, changed)


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [
        ("image_id", 5, "annotations of unlisted images"),
        ("image_id", None, "annotations of unlisted images"),
        ("category_id", 5, "annotations of unlisted categories"),
        ("category_id", [5], "annotations of unlisted categories"),
        ("ignore", 1, "annotations marked ignore"),
    ],
)
def test_an_annotation_is_left_out(key: str, value: Any, what: str, root: Path) -> None:
    changed = content()
    changed["annotations"][4][key] = value
    assert as_read(read(root, changed)) == [*EXPECTED[:4], *EXPECTED[5:]]
    (omission,) = read_coco_parts(root).remarks.omissions()
    assert (omission.what, omission.count) == (what, 1)
    assert omission.example.startswith("annotation 31")


def test_many_annotations_of_other_images_are_an_error(root: Path) -> None:
    changed = content()
    for entry in changed["annotations"][:2]:
        entry["image_id"] = 5
    with pytest.raises(ValueError, match=r"2 annotations of unlisted images .*more than 10% of 12"):
        read(root, changed)


def test_images_that_do_not_fit_take_their_annotations_with_them(root: Path) -> None:
    write_image(root / "train/3.jpg", (10, 10))
    part = read(root, content())
    assert as_read(part) == [*EXPECTED[:3], *EXPECTED[4:]]
    assert part.entries[3]["file_name"] == "4.jpg"


def test_a_size_need_not_be_stated(root: Path) -> None:
    changed = content()
    for entry, width in zip(changed["images"], (None, 0, "", "x", [1], 64), strict=False):
        entry["width"] = width
    del changed["images"][6]["width"]
    assert as_read(read(root, changed)) == EXPECTED


def test_annotations_on_stored_pixels_are_to_be_turned(root: Path) -> None:
    write_image(root / "train/3.jpg", orientation=6)
    part = read(root, content())
    assert part.turns == [1, 1, 1, 6, *[1] * 8]
    assert (part.images[3].width, part.images[3].height) == (48, 64)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c["images"][0].pop("id"), "lacks id of 1 of 12 images"),
        (lambda c: c["images"][0].pop("file_name"), "lacks file_name of 1 of 12 images"),
        (lambda c: c["images"][0].update(file_name=""), "lacks file_name of 1 of 12 images"),
        (lambda c: c["annotations"][0].pop("category_id"), "lacks category_id of 1 of 12 annot"),
        (lambda c: c.update(categories={}), "lacks categories"),
        (lambda c: c["categories"][0].pop("name"), "lacks name of 1 of 2 categories"),
        (lambda c: c["categories"][0].update(name=" "), "the name of a class is ' '"),
    ],
)
def test_what_a_file_lacks_is_an_error(change: Any, message: str, root: Path) -> None:
    changed = content()
    change(changed)
    with pytest.raises(ValueError, match=f"instances_train.json.*{message}"):
        read(root, changed)


def test_labels_of_ids(root: Path) -> None:
    part = read(root, content())
    assert part.labels_of([83, "90", 83.0, 5]) == [1, 0, 1]


def test_a_part_without_images(root: Path) -> None:
    write_json(root / "annotations/instances_train.json", content())
    write_json(root / "annotations/instances_val.json", coco_content([], [], ("cat", "dog")))
    # No box: the word alone is looked for.
    (root / "annotations/instances_val.json").write_text(
        '{"images": [], "annotations": [], "categories": [], "bbox": 0}'
    )
    assert len(read_coco_parts(root).parts["val"].images) == 0
