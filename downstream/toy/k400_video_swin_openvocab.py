# Zero-shot video recognition in miniature, as ucf101_video_swin_text.py measures it after
# k400_video_swin_text_30e.py: which of the toy's 72 things moves. Clips of the 50 seen ones in
# training; the test has all 72, among them 10 new combinations and 12 with a new word, which no
# label of the pre-training showed. The motion does not matter here. Learning rates are those of the
# real recipe, 3e-4 and a tenth of it for the backbone: k400_video_swin.py's 2e-3, by which motions
# are learnt, forgets more of what the pre-training knew than 108 clips teach.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_openvocab.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./k400_video_swin_text.py"

texts = "{{$ICLIP_DATA:data}}/toy/class_texts_"
lists = "{{$ICLIP_DATA:data}}/toy/open_vocabulary/clips/"
new_classes = dict(tested=f"{texts}all.jsonl", trained=f"{texts}seen.jsonl")
model = dict(cls_head=dict(num_classes=72, classifier=dict(class_texts=f"{texts}all.jsonl")))
train_dataloader = dict(dataset=dict(ann_file=f"{lists}train.txt"))
optim_wrapper = dict(optimizer=dict(lr=3e-4), paramwise_cfg=dict(backbone=dict(lr_mult=0.1)))
val_dataloader = dict(dataset=dict(ann_file=f"{lists}val.txt"))
test_dataloader = val_dataloader
val_evaluator = dict(
    list_file=f"{lists}val.txt",
    groups={kind: f"{texts}{kind}.jsonl" for kind in ("seen", "new_combination", "new_word")},
)
test_evaluator = val_evaluator
