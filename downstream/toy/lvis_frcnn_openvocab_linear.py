# The control of lvis_frcnn_openvocab.py with mmdet's own linear classifier, which learns no weights
# for what it is not shown. Boxes, backbone and budget are the same.
#
# Command:   tools/dist_train.sh downstream/toy/lvis_frcnn_openvocab_linear.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./lvis_frcnn_openvocab.py"
from iclip.config_functions import without_settings

bbox_head = dict(
    without_settings(_base_.model["roi_head"]["bbox_head"], "cls_predictor_cfg"),
    type="Shared2FCBBoxHead",
)
roi_head = without_settings(
    _base_.model["roi_head"], "type", "image_roi_extractor", "image_classifier"
)
model = dict(
    type="FasterRCNN",
    roi_head=dict(roi_head, _delete_=True, type="StandardRoIHead", bbox_head=bbox_head),
)
