# The control of k400_video_swin_openvocab.py with mmaction's own linear classifier, which learns no
# weights for what it is not shown. Clips, backbone and budget are the same.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_openvocab_linear.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./k400_video_swin_openvocab.py"
from iclip.config_functions import without_settings

cls_head = without_settings(_base_.model["cls_head"], "classifier")
model = dict(cls_head=dict(cls_head, _delete_=True, type="I3DHead"))
