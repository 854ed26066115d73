# Masks of one's own with MaskFormer: what `iclip finetune segmentation` writes inherits this.
#
# Command:   iclip finetune segmentation --data DIR [--checkpoint F]
# Hardware:  a GPU of 16 GB for Swin-B, 2 crops of 640 at a time (the networks of
#            ../ade20k_maskformer_160k.py, of which tools/plan.py says 8 GiB); not measured
# Recipe:    ../_base_/ade20k_maskformer.py. A written config states what follows from the data: see
#            iclip/finetune/scaling.py. Label maps are read as they are: no label stands for
#            "nothing" but 255
# Score:     not yet run on a public data set
_base_ = "../_base_/ade20k_maskformer.py"
from iclip.config_functions import with_settings

custom_imports = dict(
    imports=[*_base_.custom_imports["imports"], "iclip.openmmlab.listed_label_maps"],
    allow_failed_imports=False,
)
train_pipeline = with_settings(_base_.train_pipeline, LoadAnnotations=dict(reduce_zero_label=False))
test_pipeline = with_settings(_base_.test_pipeline, LoadAnnotations=dict(reduce_zero_label=False))
train_dataloader = dict(
    dataset=dict(_delete_=True, type="iclip.ListedLabelMaps", pipeline=train_pipeline)
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True, type="iclip.ListedLabelMaps", test_mode=True, pipeline=test_pipeline
    )
)
test_dataloader = val_dataloader
optim_wrapper = dict(constructor="iclip.LayerDecay")
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.DrawValidation")]
