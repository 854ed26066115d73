# UCF-101, which the network of k400_video_swin_text_30e.py was not trained on, by the words of its
# classes: top-1 of the three official test splits, their mean and standard deviation.
#
# Command:   tools/test.py downstream/ucf101_video_swin_text.py CHECKPOINT
#            ICLIP_CHECKPOINT names the pre-training whose text tower embeds the classes; it must be
#            the one that CHECKPOINT was trained from, which is checked
# Hardware:  as k400_video_swin_30e.py
# Protocol:  32 frames at stride 2, 224 pixels, one view (one clip, the center). The videos of the
#            three test lists are seen once each, 11,213 of them
# Data:      data/ucf101/ucfTrainTestlist (classInd.txt, testlist01.txt, ...) as it is handed out,
#            and data/ucf101/UCF-101 with a folder per class
# Texts:     tools/build_class_texts.py --names data/ucf101/ucfTrainTestlist/classInd.txt
#                --out data/class_texts/ucf101.jsonl
#            ApplyEyeMakeup becomes "apply eye makeup"
# Score:     not yet run. Anchors, trained on Kinetics-400 with CLIP's ViT-B/16 or larger, HMDB-51 /
#            UCF-101: X-CLIP 44.6 / 72.0, ViFi-CLIP 51.3 / 76.8, Open-VCLIP++ 58.7 / 88.1 [public].
#            Kinetics-400 has many of UCF-101's actions under the same or a similar name: new data,
#            and only in part new classes
_base_ = "./k400_video_swin_text_30e.py"
from iclip.config_functions import with_settings

protocol = "ucf101-zeroshot"
data_root = "{{$ICLIP_DATA:data}}/ucf101"
custom_imports = dict(
    imports=[
        *_base_.custom_imports.imports,
        "iclip.openmmlab.video.official_test_videos",
        "iclip.openmmlab.video.accuracy_of_splits",
    ],
    allow_failed_imports=False,
)
# Nothing is trained or validated here.
train_dataloader = train_cfg = optim_wrapper = param_scheduler = auto_scale_lr = None
val_dataloader = val_cfg = val_evaluator = None

test_dataloader = dict(
    batch_size=8,
    dataset=dict(
        type="OfficialTestVideos",
        ann_file=f"{data_root}/ucfTrainTestlist",
        data_prefix=dict(video=f"{data_root}/UCF-101"),
        pipeline=with_settings(_base_.val_pipeline, PackActionInputs=dict(meta_keys=("splits",))),
    ),
)
test_evaluator = dict(
    _delete_=True, type="iclip.AccuracyOfSplits", splits=f"{data_root}/ucfTrainTestlist"
)
tested_classes = dict(
    type="iclip.SetClasses",
    class_texts="{{$ICLIP_DATA:data}}/class_texts/ucf101.jsonl",
    checkpoint=_base_.checkpoint,
    templates=_base_.model.cls_head.classifier.templates,
)
custom_hooks = [*_base_.custom_hooks, tested_classes]
