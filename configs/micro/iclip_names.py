# iCLIP in miniature without descriptions: the text tower reads the classes' names alone.
#
# Command:   tools/pretrain.sh configs/micro/iclip_names.py
# Hardware:  two CPU cores, 4 minutes
# Score:     79.6 % of seen categories, chance on new ones
#            (96,000 samples, mean of three seeds; BENCHMARKS.md)
_base_ = "./iclip.py"
expected = None
model = dict(class_prompts=dict(variant="name"))
