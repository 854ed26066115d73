# Swin-B and RoBERTa-base, joint size 256: the large setting of Table 3 and Section C.
# ICLIP_ROBERTA: the folder with RoBERTa-base's weights and tokenizer; by default its hub name.
roberta = "{{$ICLIP_ROBERTA:roberta-base}}"
tokenizer = dict(type="RobertaTokenizer", name_or_path=roberta, context_length=77)
model = dict(
    type="ICLIP",
    data_preprocessor=dict(type="BatchPreprocessor"),
    backbone=dict(type="SwinBackbone", arch="base", drop_path_rate=0.2),  # recalled
    # RoBERTa-base was trained with a dropout of 0.1, transformers' default.
    text_encoder=dict(
        type="RobertaTextEncoder",
        name_or_path=roberta,
        dropout=0.0,  # recalled
    ),
    class_prompts=dict(
        class_texts="{{$ICLIP_DATA:data}}/in22k/class_texts.jsonl",
        tokenizer=tokenizer,
        templates="openai_imagenet",
        variant="name_description",
    ),
    # Four times the default, with which a GPU waits for the next kernel: less than half of the time
    # of a step on an H200 (BENCHMARKS.md).
    text_chunks=dict(tokens=16384, kept_tokens=16384),
    embed_dim=256,  # public, earlier version
    loss_weight_cls=1.0,  # recalled
    loss_weight_con=1.0,  # recalled
)
