# iCLIP in miniature: the whole method on the toy world, in minutes on two CPU cores.
#
# Command:   tools/pretrain.sh configs/micro/iclip.py
# Hardware:  two CPU cores, 4 minutes
# Score:     87.7 % of seen categories, 67.8 % on new combinations and 76.0 % on new words among all
#            (96,000 samples, mean of three seeds; BENCHMARKS.md)
_base_ = [
    "../_base_/models/micro.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/micro.py",
    "../_base_/runtime.py",
]
