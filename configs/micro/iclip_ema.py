# iCLIP in miniature with an exponential moving average of the weights, to which each iteration
# contributes a hundredth. Validation uses the average, which is the checkpoint's `state_dict`; the
# checkpoint also holds the trained weights, from which a run resumes.
#
# Command:   tools/pretrain.sh configs/micro/iclip_ema.py
# Hardware:  two CPU cores, 4 minutes
# Score:     not yet run to its end
_base_ = "./iclip.py"
expected = None
custom_hooks = [*_base_.custom_hooks, dict(type="EMAHook", momentum=0.01)]
