# ade20k_maskformer_openvocab_160k.py in miniature: the 22 looks that the labels of pre-training
# lack, new combinations and new words, are nothing in the label maps of training, and are tested
# among the 56 that were trained. The captions of pre-training show them.
#
# Command:   tools/dist_train.sh downstream/toy/ade20k_maskformer_openvocab.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./ade20k_maskformer_text.py"
from iclip.config_functions import clip_pixels

protocol = "toy-openvocab"
num_classes = 56  # trained
scenes_texts = "{{$ICLIP_DATA:data}}/toy/open_vocabulary/class_texts_scenes"
new_classes = dict(tested=f"{scenes_texts}.jsonl", trained=f"{scenes_texts}_seen.jsonl")
model = dict(
    data_preprocessor=clip_pixels(),
    backbone=dict(frozen_stages=2),
    decode_head=dict(
        num_classes=num_classes,
        classifier=dict(class_texts=f"{scenes_texts}_seen.jsonl"),
        tested_classes=dict(num_classes=78, class_texts=f"{scenes_texts}.jsonl"),
        pooled_weights=dict(seen=0.4, new=0.8),
        loss_cls=dict(class_weight=[1.0] * num_classes + [0.1]),
    ),
)
train_dataloader = dict(dataset=dict(train_only=f"{scenes_texts}_seen.jsonl"))
