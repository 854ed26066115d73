# ImageNet-22K and LAION-400M: Table 3 and Section C.
#
#   $ICLIP_DATA/in22k/images/<wnid>.tar      21,841 classes, or a folder per class
#   $ICLIP_DATA/in22k/class_texts.jsonl      by tools/build_class_texts.py --wnids .../in22k/images
#   $ICLIP_DATA/laion400m/*.tar              as img2dataset writes them
data = "{{$ICLIP_DATA:data}}"
caption_tokenizer = dict(
    type="RobertaTokenizer", name_or_path="{{$ICLIP_ROBERTA:roberta-base}}", context_length=77
)
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
    batch_sampler=dict(type="MixingBatchSampler", ratio=(1, 2)),
    collate_fn=dict(type="iclip.collate_samples"),
    dataset=dict(
        type="MixedSources",
        labelled=dict(
            type="LabelledImages",
            root=f"{data}/in22k/images",
            class_texts=f"{data}/in22k/class_texts.jsonl",
            image_transform=labelled_transform,
        ),
        pairs=dict(
            type="ImageTextPairs",
            shards=f"{data}/laion400m",
            image_transform=pair_transform,
            tokenizer=caption_tokenizer,
            without_text="skip",  # img2dataset keeps images whose caption is empty
            damaged_shards=0.001,  # 41 of 41,455; named, left out and counted
        ),
    ),
)
