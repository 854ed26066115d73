# ImageNet-21K without the classes of ImageNet-1K (as in UniCL), and YFCC-14M: Tables 1 and 2.
#
#   $ICLIP_DATA/in21k/images/<wnid>.tar      or a folder per class
#   $ICLIP_DATA/in21k/class_texts.jsonl      by tools/build_class_texts.py --wnids .../in21k/images
#   $ICLIP_DATA/yfcc14m/*.tar                as img2dataset writes them
#
# `fraction` is the share of a source that a run draws from; `ratio` is how a batch is divided among
# labelled images and pairs.
_base_ = "./mixed_images.py"
data = "{{$ICLIP_DATA:data}}"
caption_tokenizer = dict(type="CLIPTokenizer", context_length=77)

train_dataloader = dict(
    batch_sampler=dict(ratio=(50, 50)),
    dataset=dict(
        labelled=dict(
            root=f"{data}/in21k/images",
            class_texts=f"{data}/in21k/class_texts.jsonl",
            fraction=0.5,
        ),
        pairs=dict(
            shards=f"{data}/yfcc14m",
            tokenizer=caption_tokenizer,
            damaged_shards=0.001,  # 1 of 1,400; named, left out and counted
            fraction=0.5,
        ),
    ),
)
