# Faster R-CNN on LVIS v1 whose classes are words: the pre-trained text tower writes the box head's
# classifier, from names with descriptions. All 1203 categories have boxes in training.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_text_2x.py 8 [--checkpoint
#            work_dirs/iclip_swinb/latest.pth]
# Needs:     $ICLIP_DATA/lvis_v1/class_texts.jsonl, by tools/build_class_texts.py --lvis
#            .../annotations/lvis_v1_val.json
# Hardware:  as lvis_frcnn_2x.py
# Protocol:  LVIS v1, box AP of the validation set, closed: an upper bound of open-vocabulary
#            detection, not a figure of it
# Anchors:   text classifier, fully supervised, Swin-B (CenterNet2): mask APr 35.9, mask AP 40.7
#            [read]. No box AP of this recipe is known
# Recipe:    lvis_frcnn_2x.py. [public] The authors' early transfer code had language heads and
#            descriptions. [choice] Two shared layers as there, a new projection to the joint space,
#            and one box per region for all classes, so that classes can be added by words
# Score:     not yet run
_base_ = "./lvis_frcnn_2x.py"

protocol = "lvis-closed-text"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
class_texts = "{{$ICLIP_DATA:data}}/lvis_v1/class_texts.jsonl"
classifier = dict(
    type="iclip.TextClassifier",
    embed_dim=256,  # of the checkpoint's joint space
    class_texts=class_texts,
    checkpoint=checkpoint,
    templates="simple",
    variant="name_description",
)
model = dict(
    roi_head=dict(
        bbox_head=dict(
            type="iclip.TextBBoxHead",
            reg_class_agnostic=True,
            cls_predictor_cfg=dict(classifier, background=True),
        )
    )
)
