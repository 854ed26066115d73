# iCLIP in small: the whole method on the toy world, on two CPU cores in minutes.
# Command:  tools/pretrain.sh configs/micro/iclip.py
_base_ = [
    "../_base_/models/micro.py",
    "../_base_/datasets/toy.py",
    "../_base_/schedules/micro.py",
    "../_base_/runtime.py",
]
