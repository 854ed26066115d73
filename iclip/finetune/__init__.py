"""Fine-tuning on data of users' own: what follows from the data, from which a config is written.

:mod:`~iclip.finetune.scaling` has the rules, :mod:`~iclip.finetune.choice` applies them,
:mod:`~iclip.finetune.config_text` writes the config, and :mod:`~iclip.finetune.tasks` says what
differs from task to task. The training itself is that of every config (``iclip train``).
"""
