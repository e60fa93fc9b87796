"""Leaks on purpose: what a hurried hand would write.

Mounted by test_planted only, with row security switched off: the harness is seen to find each by itself.
"""
