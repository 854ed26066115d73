# ImageNet-22K and LAION-400M: Table 3 and Section C.
#
#   $ICLIP_DATA/in22k/images/<wnid>.tar      21,841 classes, or a folder per class
#   $ICLIP_DATA/in22k/class_texts.jsonl      by tools/build_class_texts.py --wnids .../in22k/images
#   $ICLIP_DATA/laion400m/*.tar              as img2dataset writes them
_base_ = "./mixed_images.py"
data = "{{$ICLIP_DATA:data}}"
caption_tokenizer = dict(
    type="RobertaTokenizer", name_or_path="{{$ICLIP_ROBERTA:roberta-base}}", context_length=77
)

train_dataloader = dict(
    batch_sampler=dict(ratio=(1, 2)),
    dataset=dict(
        labelled=dict(
            root=f"{data}/in22k/images",
            class_texts=f"{data}/in22k/class_texts.jsonl",
        ),
        pairs=dict(
            shards=f"{data}/laion400m",
            tokenizer=caption_tokenizer,
            damaged_shards=0.001,  # 41 of 41,455; named, left out and counted
        ),
    ),
)
