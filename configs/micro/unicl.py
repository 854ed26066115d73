# UniCL in small; its class texts are names.
# Command:  tools/pretrain.sh configs/micro/unicl.py
_base_ = "./iclip_names.py"
model = dict(type="UniCL")
