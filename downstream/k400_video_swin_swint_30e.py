# Video Swin with iCLIP's Swin-T on Kinetics-400.
#
# Command:   tools/dist_train.sh downstream/k400_video_swin_swint_30e.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB. The networks need 10 GiB of each by tools/plan.py, which leaves the
#            losses out; not measured
# Recipe:    _base_/k400_video_swin.py with these settings of Video Swin's config of Swin-T: AdamW
#            1e-3, weight decay 0.02, drop path 0.1 [public]. [doubt] That config starts from
#            ImageNet-1K weights; Video Swin has no config of Swin-T with larger pre-training
# Score:     not yet run
_base_ = "./k400_video_swin_30e.py"
from iclip.config_functions import swin_channels

checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
model = dict(
    backbone=dict(arch="tiny", checkpoint=checkpoint, drop_path_rate=0.1),  # [public]
)
model["cls_head"] = dict(in_channels=swin_channels(model["backbone"]["arch"])[-1])
optim_wrapper = dict(optimizer=dict(lr=1e-3, weight_decay=0.02))  # [public]
