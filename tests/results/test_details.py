from iclip.results import Unread


def test_names_of_unread_images_are_cut_and_their_count_is_not():
    found = Unread.of([str(i) for i in range(250)])
    assert (found.count, len(found.names)) == (250, 100)
