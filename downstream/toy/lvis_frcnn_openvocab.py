# lvis_frcnn_openvocab_2x.py in miniature: boxes of the 50 seen categories in training, all 72 in
# the test, among them 10 new combinations and 12 with a new word. The labels of the pre-training
# hold none of the 22: they are new to boxes and to labels; its captions show them.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_openvocab.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./lvis_frcnn_text.py"
from iclip.config_functions import clip_pixels, frozen_score_head

protocol = "toy-openvocab"
texts = "{{$ICLIP_DATA:data}}/toy/class_texts_"
new_classes = dict(tested=f"{texts}all.jsonl", trained=f"{texts}seen.jsonl")
model = dict(
    type="iclip.FrozenScoreRCNN",
    data_preprocessor=clip_pixels(),
    backbone=dict(frozen_stages=2),
    roi_head=frozen_score_head(_base_.classifier, _base_.model["backbone"]["arch"], stride=8),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(type="iclip.LVISOfCategories", train_only=f"{texts}seen.jsonl"),
    )
)
val_evaluator = dict(
    groups={kind: f"{texts}{kind}.jsonl" for kind in ("seen", "new_combination", "new_word")}
)
test_evaluator = val_evaluator
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.MarkTrainedClasses")]
