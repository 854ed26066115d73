# iCLIP in small with an exponential moving average of the weights: each iteration the average takes
# a hundredth of the present weights. Validation and the checkpoint's `state_dict` have the average;
# what a resumed training goes on with is kept beside it.
#
# Command:   tools/pretrain.sh configs/micro/iclip_ema.py
# Hardware:  two CPU cores, 4 minutes
# Score:     not yet run to its end
_base_ = "./iclip.py"
custom_hooks = [*_base_.custom_hooks, dict(type="EMAHook", momentum=0.01)]
