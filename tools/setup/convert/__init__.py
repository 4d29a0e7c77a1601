"""Converters: each module turns what a wheel carries into what Vitrine's plugins read.

Every module can be run alone (``python -m convert.NAME SOURCE… DESTINATION``) and states in its docstring the
tensors that go in and come out.  They need numpy and openvino, nothing else, and are run by the set-up in its
own virtual environment, one process each.
"""
