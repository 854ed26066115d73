# The control of lvis_frcnn_openvocab.py whose classes are their names alone. The toy's names are
# pseudo-words, and of new classes the text tower has never read them.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_openvocab_names.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./lvis_frcnn_openvocab.py"
names = dict(variant="name")
model = dict(
    roi_head=dict(bbox_head=dict(cls_predictor_cfg=names), image_classifier=names),
)
