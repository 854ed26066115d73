# HMDB-51 as ucf101_video_swin_text.py has UCF-101: its protocol, its command and its anchors.
#
# Command:   tools/test.py downstream/hmdb51_video_swin_text.py CHECKPOINT
# Hardware:  as k400_video_swin_30e.py
# Data:      data/hmdb51/testTrainMulti_7030_splits (brush_hair_test_split1.txt, ...) as it is
#            handed out, and data/hmdb51/hmdb51_org with a folder per class, unpacked. A split tests
#            1,530 videos
# Texts:     tools/build_class_texts.py --names data/hmdb51/hmdb51_org
#                --out data/class_texts/hmdb51.jsonl
#            brush_hair becomes "brush hair"
# Score:     not yet run. Anchors: X-CLIP 44.6, ViFi-CLIP 51.3, Open-VCLIP++ 58.7 [public]
_base_ = "./ucf101_video_swin_text.py"

protocol = "hmdb51-zeroshot"
data_root = "{{$ICLIP_DATA:data}}/hmdb51"
lists = f"{data_root}/testTrainMulti_7030_splits"
test_dataloader = dict(
    dataset=dict(ann_file=lists, data_prefix=dict(video=f"{data_root}/hmdb51_org"))
)
test_evaluator = dict(splits=lists)
tested_classes = dict(
    _base_.tested_classes, class_texts="{{$ICLIP_DATA:data}}/class_texts/hmdb51.jsonl"
)
custom_hooks = [*_base_.custom_hooks[:-1], tested_classes]
