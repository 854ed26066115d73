# Faster R-CNN with iCLIP's Swin-T on LVIS v1.
#
# Command:   tools/dist_train.sh downstream/lvis_frcnn_swint_2x.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB. The networks need 9 GiB of each by tools/plan.py, which leaves the
#            losses out; not measured
# Recipe:    _base_/lvis_frcnn.py. [doubt] The drop path: Swin's own Mask R-CNN configs have 0.1 for
#            12 epochs and 0.2 for 36; there is none for 24
# Score:     not yet run
_base_ = "./lvis_frcnn_2x.py"
from iclip.config_functions import swin_channels

checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
model = dict(
    backbone=dict(arch="tiny", checkpoint=checkpoint, drop_path_rate=0.2),  # [doubt]
)
model["neck"] = dict(in_channels=swin_channels(model["backbone"]["arch"]))
