# iCLIP without descriptions: the text tower reads the class's name alone.
# Command:  tools/pretrain.sh configs/micro/iclip_names.py
_base_ = "./iclip.py"
model = dict(class_prompts=dict(variant="name"))
