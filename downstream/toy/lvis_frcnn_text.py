# lvis_frcnn_text_2x.py in miniature, on top of lvis_frcnn.py: the toy's 72 categories by words.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_text.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./lvis_frcnn.py"
expected = None
protocol = "toy-closed-text"

checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"
classifier = dict(
    type="iclip.TextClassifier",
    embed_dim=64,
    class_texts="{{$ICLIP_DATA:data}}/toy/class_texts_all.jsonl",
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
