# k400_video_swin_text_30e.py in miniature, on top of k400_video_swin.py: the toy's 8 motions by
# words. The toy's text tower has no word of a motion in its vocabulary; the class texts describe
# them in words that it has ("from right to left"), without which two motions would have one
# embedding.
#
# Command:   tools/dist_train.sh downstream/toy/k400_video_swin_text.py --checkpoint
#            work_dirs/quickstart/latest.pth
# Hardware:  one CPU core
_base_ = "./k400_video_swin.py"
from iclip.config_functions import clip_pixels

expected = None
protocol = "toy-closed-text"

checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/quickstart/latest.pth}}"
model = dict(
    data_preprocessor=clip_pixels(),
    cls_head=dict(
        type="iclip.VideoTextHead",
        classifier=dict(
            type="iclip.TextClassifier",
            embed_dim=64,
            class_texts="{{$ICLIP_DATA:data}}/toy/open_vocabulary/class_texts_motions.jsonl",
            checkpoint=checkpoint,
            projection="pretrained",
            templates="simple",
            variant="name_description",
        ),
    ),
)
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.MarkClassesOfClips")]
