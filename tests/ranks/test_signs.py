"""Ranks tell each other through the store of the process group what they do."""

from typing import Any

import pytest
import torch.distributed as dist

from iclip.ranks.signs import RankSigns, Sign, table


@pytest.fixture
def ranks() -> list[RankSigns]:
    store = dist.HashStore()
    return [RankSigns(store, rank, 3) for rank in range(3)]


def test_last_sign_of_each_rank_that_has_given_one_is_read(ranks: list[RankSigns]):
    ranks[2].give("loading data", 1.0, 600)
    ranks[2].give("forward pass", 2.04, 600)
    ranks[0].give("validating", 3.0, 1800)
    told = [(sign.rank, sign.doing, sign.seconds, sign.limit_s) for sign in ranks[1].read()]
    assert told == [(0, "validating", 3.0, 1800), (2, "forward pass", 2.0, 600)]


def test_rank_without_a_new_sign_is_silent_and_the_listener_is_not(ranks: list[RankSigns]):
    for signs in ranks:
        signs.give("forward pass", 1.0, 600)
    ranks[2].end("ValueError: no")
    heard = ranks[0].listen(0.01)
    assert [(sign.is_silent, sign.ended) for sign in heard] == [
        (False, None), (True, None), (True, "ValueError: no"),
    ]  # fmt: skip


def test_one_rank_is_the_first(ranks: list[RankSigns]):
    assert [signs.is_first_to("report") for signs in ranks] == [True, False, False]
    assert ranks[1].is_first_to("something else")


def test_end_of_all_others_is_known(ranks: list[RankSigns]):
    ranks[1].end()
    assert not ranks[0].all_have_ended()
    ranks[2].end("an error")
    assert ranks[0].all_have_ended()


def test_store_that_has_failed_is_not_asked_again():
    class Gone:
        asked = 0

        def set(self, *_: Any) -> None:
            self.asked += 1
            raise RuntimeError("Broken pipe")

    store = Gone()
    signs = RankSigns(store, 0, 2)
    for message in ("Broken pipe", "the store of the process group is gone"):
        with pytest.raises(RuntimeError, match=message):
            signs.give("validating", 0.0, 1)
    assert store.asked == 1


def test_table_begins_with_the_silent_and_then_the_longest():
    signs = [
        Sign(0, "a", "forward pass", 611.0, 600),
        Sign(1, "a", "loading data", 1612.4, 600),
        Sign(2, "b", "forward pass", 0.2, 600, is_silent=True),
        Sign(3, "b", "forward pass", 0.1, 600, ended="", is_silent=True),
    ]
    assert table(signs) == (
        "  rank 2 on b: gives no sign of life, last seen in forward pass\n"
        "  rank 3 on b: ended: its work was done\n"
        "  rank 1 on a: in loading data for 1,612 s\n"
        "  rank 0 on a: in forward pass for 611 s"
    )
