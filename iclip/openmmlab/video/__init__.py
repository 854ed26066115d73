"""Video for mmaction: frames, lists of videos, and the inflated Swin.

:mod:`iclip.openmmlab.video.swin` imports mmaction, so nothing is imported here.
"""
