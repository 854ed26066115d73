# Open-vocabulary detection on LVIS v1: boxes of the 866 frequent and common categories in training,
# all 1203 in the test, with F-VLM's score (arXiv:2209.15639).
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_openvocab_2x.py 8 [--checkpoint
#            work_dirs/iclip_swinb/latest.pth]
# Needs:     what lvis_frcnn_text_2x.py needs
# Hardware:  8 GPUs of 8 GB. The networks need 4 GiB of each by tools/plan.py, since the backbone is
#            frozen; it leaves the losses out. Not measured
# Protocol:  the boxes of the 337 rare categories are left out of the training annotations (the
#            start says how many). APr of the validation set is the figure, then AP, APc, APf; means
#            over seeds, since APr moves by 1 to 2. 85 % of the rare categories have their own
#            synset among ImageNet-22K's, on which the checkpoint was trained: box-novel, not
#            label-novel. Compare with methods that use such labels
# Anchors:   mask APr / AP: ViLD R50 16.1 / 22.5, RegionCLIP R50x4 22.0 / 32.3, boxes and CLIP's
#            text classifier (CenterNet2, Swin-B, IN-21K) 21.9 / 38.4, Detic IN-L Swin-B 33.8 / 40.7
#            [read]; F-VLM R50x64 32.8 / 34.9 and CLIPSelf EVA ViT-L APr 34.9 [read, third party].
#            All of them are mask AP; this run gives box AP
# Recipe:    lvis_frcnn_text_2x.py, and of F-VLM: [public] shares 0.35 and 0.65 of the pre-trained
#            map's score, the background's probability from the detector, the sum divided out; the
#            softmax of training over the 866 alone. [choice] No embedding of an empty text for the
#            background (the iCLIP pre-training has no such text, and its score is replaced); the
#            pre-training's own temperature in place of 0.01; the box head and AdamW of
#            lvis_frcnn_2x.py. CLIP's mean and deviation of pixels, with which the frozen backbone
#            was trained
# Score:     not yet run
_base_ = "./lvis_frcnn_text_2x.py"
from iclip.config_functions import clip_pixels, frozen_score_head

protocol = "lvis-openvocab-box"
new_classes = dict(tested=f"{_base_.data_root}annotations/lvis_v1_val.json", frequency="rare")
model = dict(
    type="iclip.FrozenScoreRCNN",
    data_preprocessor=clip_pixels(),
    backbone=dict(frozen_stages=4, drop_path_rate=0.0),
    roi_head=frozen_score_head(
        _base_.classifier,
        _base_.model["backbone"]["arch"],
        stride=32,
        trained_share=0.35,
        new_share=0.65,
    ),
)
train_dataloader = dict(
    dataset=dict(
        dataset=dict(type="iclip.LVISOfCategories", train_only=dict(frequency="fc")),
    )
)
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.MarkTrainedClasses")]
