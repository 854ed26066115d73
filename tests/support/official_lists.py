"""Lists of UCF-101 and HMDB-51 in small, in the form in which they are handed out."""

from pathlib import Path

UCF_CLASSES = ("ApplyEyeMakeup", "HandstandPushups")
# The official files of the second class spell it with another capital than its folder.
_UCF_FILES = ("v_ApplyEyeMakeup", "v_HandStandPushups")


def write_ucf_lists(folder: Path) -> None:
    """Write ``classInd.txt`` and the lists: two classes, in each split one video per role."""
    numbered = [f"{number} {name}\n" for number, name in enumerate(UCF_CLASSES, 1)]
    (folder / "classInd.txt").write_text("".join(numbered))
    for split in (1, 2, 3):
        for role, group, has_number in (("train", 1, True), ("test", 2, False)):
            lines = [
                f"{name}/{file}_g0{group}_c01.avi{f' {number}' if has_number else ''}\n"
                for number, (name, file) in enumerate(zip(UCF_CLASSES, _UCF_FILES, strict=True), 1)
            ]
            (folder / f"{role}list0{split}.txt").write_text("".join(lines))


def write_hmdb_lists(folder: Path) -> None:
    """Write a list per class and split: a video for each of the roles, and one for neither."""
    for split in (1, 2, 3):
        (folder / f"brush_hair_test_split{split}.txt").write_text(
            "a b_#1.avi 1 \n(x)&y!.avi 2 \nunused.avi 0 \n"
        )
        (folder / f"cartwheel_test_split{split}.txt").write_text("a.avi 1 \nb.avi 2 \n")
