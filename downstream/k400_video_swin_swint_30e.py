# Video Swin with iCLIP's Swin-T on Kinetics-400.
#
# Command:   tools/dist_train.sh downstream/k400_video_swin_swint_30e.py 8 [--checkpoint F]
# Hardware:  8 GPUs of 16 GB assumed; not measured
# Score:     not yet run
_base_ = "./k400_video_swin_30e.py"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swint_pairs50/latest.pth}}"
model = dict(backbone=dict(arch="tiny", checkpoint=checkpoint), cls_head=dict(in_channels=768))
