"""The commands: one module each, which ``tools/NAME.py`` runs.

A command's docstring is its help; ``add_arguments(parser)`` adds its options and ``run(args)`` does
the work. From Python: ``zeroshot.run(parse(zeroshot, ["CKPT", "--suite", "toy"]))`` with ``parse``
of :mod:`iclip.commands.command_line`.
"""
