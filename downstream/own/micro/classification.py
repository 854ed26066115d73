# ../classification.py for backbones smaller than Swin-T: milder augmentation, since a small network
# does not overfit in a short run, and one rate of decay for its few layers.
#
# Command:   iclip finetune classification --data DIR --checkpoint work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
# Score:     not yet run on a public data set
_base_ = "../classification.py"

model = dict(mixing=dict(mixup_alpha=0.0, cutmix_alpha=0.0, erase_share=0.0))
train_dataloader = dict(
    dataset=dict(
        labelled=dict(
            image_transform=dict(
                _delete_=True, type="RandomResizedCropFlip", size=224, scale=(0.35, 1.0)
            )
        )
    )
)
