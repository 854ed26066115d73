# What mixtures of labelled images and pairs share at full size: 224 pixels, and the loader.
image_size = 224
# Of the labelled images: Swin's crop and mirroring [public].
labelled_transform = dict(
    type="RandomResizedCropFlip", size=image_size, scale=(0.08, 1.0), flip=0.5
)
# Of the pairs: that crop [recalled], and no mirroring, as in CLIP [public]: a caption says left or
# right, or quotes what is written in the image.
pair_transform = dict(type="RandomResizedCropFlip", size=image_size, scale=(0.08, 1.0), flip=0.0)

train_dataloader = dict(
    num_workers=12,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type="SourceSampler"),
    batch_sampler=dict(type="MixingBatchSampler"),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="MixedSources",
        labelled=dict(type="LabelledImages", image_transform=labelled_transform),
        pairs=dict(
            type="ImageTextPairs",
            image_transform=pair_transform,
            without_text="skip",  # img2dataset keeps images whose caption is empty
        ),
    ),
)
