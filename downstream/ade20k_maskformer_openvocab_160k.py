# Open-vocabulary segmentation: MaskFormer by words on a frozen backbone, trained on the 171 classes
# of COCO-Stuff and tested on ADE20K's 150, of whose label maps it has seen none.
#
# Command:   tools/dist_train.sh downstream/ade20k_maskformer_openvocab_160k.py 8 [--checkpoint
#            work_dirs/iclip_swinb/latest.pth]
# Needs:     $ICLIP_DATA/coco_stuff164k as mmseg's documentation lays it out (images/train2017,
#            annotations/train2017/*_labelTrainIds.png), its class_texts.jsonl, and that of
#            ade20k_maskformer_text_160k.py; both tables by tools/build_class_texts.py --names F, of
#            the names of mmseg's METAINFO["classes"] (COCOStuffDataset, ADE20KDataset)
# Hardware:  as ade20k_maskformer_160k.py. The backbone keeps nothing for a backward pass, so less
#            is needed; not measured
# Protocol:  train COCO-Stuff-171, test ADE20K-150, single-scale mIoU of the validation set. 47 of
#            the 150 names are among the 171; the pre-training's labels hold many of the others
# Anchors:   mIoU on ADE20K-150, untrained there: FC-CLIP, frozen, R50 23.3, ConvNeXt-L 34.1 [read];
#            SAN 27.5 / 32.1 [read, third party]; OVSeg Swin-B 29.6 [recalled]
# Recipe:    ade20k_maskformer_160k.py. Of FC-CLIP (arXiv:2308.02487): frozen backbone, and at the
#            test the geometric mean with the pre-trained map's mean over each mask, 0.4 for trained
#            and 0.8 for other classes [recalled]. [choice] MaskFormer in place of Mask2Former; the
#            mask's sigmoid in place of a binary mask; CLIP's mean and deviation of pixels, with
#            which the frozen backbone was trained; drop path 0
# Score:     not yet run
_base_ = "./ade20k_maskformer_text_160k.py"
from iclip.config_functions import clip_pixels, with_settings

protocol = "ade150-openvocab"
coco_stuff = "{{$ICLIP_DATA:data}}/coco_stuff164k"
new_classes = dict(
    tested=_base_.classifier["class_texts"], trained=f"{coco_stuff}/class_texts.jsonl"
)
num_classes = 171  # trained
model = dict(
    data_preprocessor=clip_pixels(),
    backbone=dict(frozen_stages=4, drop_path_rate=0.0),
    decode_head=dict(
        num_classes=num_classes,
        classifier=dict(class_texts=f"{coco_stuff}/class_texts.jsonl"),
        tested_classes=dict(num_classes=150, class_texts=_base_.classifier["class_texts"]),
        pooled_weights=dict(seen=0.4, new=0.8),
        loss_cls=dict(class_weight=[1.0] * num_classes + [0.1]),
    ),
)
# Labels are COCO-Stuff's own from 0, and 255 is nothing.
train_pipeline = with_settings(_base_.train_pipeline, LoadAnnotations=dict(reduce_zero_label=False))
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type="COCOStuffDataset",
        data_root=coco_stuff,
        data_prefix=dict(img_path="images/train2017", seg_map_path="annotations/train2017"),
        pipeline=train_pipeline,
    )
)
