# Video Swin on Kinetics-400 whose classifier knows the classes by their words: the text tower of
# the pre-training embeds the 400 names, and clips are compared with them. The tuned network knows
# other classes by theirs, see ucf101_video_swin_text.py and hmdb51_video_swin_text.py.
#
# Command:   tools/dist_train.sh downstream/k400_video_swin_text_30e.py 8 [--checkpoint F]
# Hardware:  as k400_video_swin_30e.py; the text tower runs once, before the first step
# Protocol:  closed set, the test of k400_video_swin_30e.py (4 clips x 3 crops, top-1)
# Recipe:    _base_/k400_video_swin.py states the origin of each number but for the head's.
#            [derived] The classifier starts from the pre-training's projection and temperature: a
#            mean over time and place and the projection are linear, so that a still video has its
#            image's embedding before the first step; pixels are normalized as in the pre-training,
#            for the same reason. [choice] No dropout, which would turn the embeddings; templates of
#            ours. The recipe's other settings stay
# Texts:     the table of Kinetics-400 is made of the list of videos that comes with it:
#                tools/build_class_texts.py --names data/kinetics400/kinetics400_val.csv
#                    --out data/class_texts/kinetics400.jsonl
#            (columns label, youtube_id, ...). Its labels are sorted, as mmaction numbers them;
#            labels.txt beside the lists, a name per line, gives the same. Kinetics has no
#            definitions: the descriptions are empty, and a table written by hand (--csv) may have
#            some. Names and order are compared with labels.txt before the start
# New words: the tuned weights are put together with those that the training started from, which
#            keeps what the images taught and costs nothing:
#                iclip interpolate downstream/k400_video_swin_text_30e.py
#                    work_dirs/k400_video_swin_text_30e/latest.pth --share 0.5 --out k400_half.pth
#            [public] 0.5 is Open-VCLIP's choice, averaged over several shares there
# Score:     not yet run. Anchor with a linear classifier: 82.7 top-1 [public]
_base_ = "./_base_/k400_video_swin.py"
from iclip.config_functions import clip_pixels

protocol = "k400-closed-text"
checkpoint = "{{$ICLIP_CHECKPOINT:work_dirs/iclip_swinb/latest.pth}}"
model = dict(
    # CLIP's, as the pre-training has it [derived].
    data_preprocessor=clip_pixels(),
    backbone=dict(checkpoint=checkpoint),
    cls_head=dict(
        type="iclip.VideoTextHead",
        dropout_ratio=0.0,  # [choice]
        classifier=dict(
            type="iclip.TextClassifier",
            embed_dim=256,  # of the pre-training, configs/iclip_swinb.py
            class_texts="{{$ICLIP_DATA:data}}/class_texts/kinetics400.jsonl",
            checkpoint=checkpoint,
            projection="pretrained",  # [derived]
            templates=["a video of {}.", "a photo of a person {}."],  # [choice]
        ),
    ),
)
custom_hooks = [*_base_.custom_hooks, dict(type="iclip.MarkClassesOfClips")]
