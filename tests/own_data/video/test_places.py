"""Where the videos of a list lie."""

from pathlib import Path

from iclip.own_data.video.places import existing_video, folder_of_videos


def test_folder_that_holds_most_is_taken_and_the_first_of_equals(tmp_path: Path):
    names = [f"{number}.mp4" for number in range(200)]
    for folder, held in (("a", names[:50]), ("b", names), ("c", names)):
        (tmp_path / folder).mkdir()
        for name in held:
            (tmp_path / folder / name).touch()
    places = [tmp_path / folder for folder in ("a", "none", "b", "c")]
    assert folder_of_videos(names, places) == tmp_path / "b"


def test_windows_separators(tmp_path: Path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/b.mp4").touch()
    assert existing_video(f"{tmp_path}/a\\b.mp4") == str(tmp_path / "a/b.mp4")
    assert existing_video(f"{tmp_path}/a/c.mp4") is None
