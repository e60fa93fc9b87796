"""Whatever is posted: no 5xx, an answer in the words of its address, and every accepted post traceable.

`python -m tests.fuzz 100000` posts that many to every address of machines, by name, on a database of its
own; test_slice.py is a part of it in the ordinary suite. What is sent: bodies, asking; what is asked of the
answer: answers; what must have become of it: traces. test_schema.py is schemathesis at the same doors.
"""
