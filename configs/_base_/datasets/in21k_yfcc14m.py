# ImageNet-21K without the classes of ImageNet-1K (as in UniCL), and YFCC-14M: Tables 1 and 2.
#
#   $ICLIP_DATA/in21k/images/<wnid>.tar      or a folder per class
#   $ICLIP_DATA/in21k/class_texts.jsonl      by tools/build_class_texts.py --wnids .../in21k/images
#   $ICLIP_DATA/yfcc14m/*.tar                as img2dataset writes them
#
# `fraction` is the share of a source that a run draws from; `ratio` is how a batch is divided among
# labelled images and pairs.
data = "{{$ICLIP_DATA:data}}"
caption_tokenizer = dict(type="CLIPTokenizer", context_length=77)
image_size = 224
# Of the labelled images: Swin's crop and mirroring [public].
labelled_transform = dict(
    type="RandomResizedCropFlip", size=image_size, scale=(0.08, 1.0), flip=0.5
)
# Of the pairs: that crop [recalled], and no mirroring, as in CLIP [public]: a caption says left or
# right, or quotes what is written in the image.
pair_transform = dict(type="RandomResizedCropFlip", size=image_size, scale=(0.08, 1.0), flip=0.0)
eval_transform = dict(type="ResizeCenterCrop", size=image_size, resize=256)

train_dataloader = dict(
    num_workers=12,
    persistent_workers=True,
    pin_memory=True,
    sampler=dict(type="SourceSampler"),
    batch_sampler=dict(type="MixingBatchSampler", ratio=(50, 50)),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="MixedSources",
        labelled=dict(
            type="LabelledImages",
            root=f"{data}/in21k/images",
            class_texts=f"{data}/in21k/class_texts.jsonl",
            image_transform=labelled_transform,
            fraction=0.5,
        ),
        pairs=dict(
            type="ImageTextPairs",
            shards=f"{data}/yfcc14m",
            image_transform=pair_transform,
            tokenizer=caption_tokenizer,
            without_text="skip",  # img2dataset keeps images whose caption is empty
            damaged_shards=0.001,  # 1 of 1,400; named, left out and counted
            fraction=0.5,
        ),
    ),
)
