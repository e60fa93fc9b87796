"""Automatic tenant isolation (RELIABILITY): the lists come from the program, anything unclassified fails.

classify    every model: TENANT, GLOBAL(why) or SYSTEM(why)
factory     fills one row of every tenant model, a canary in every text
world       tenants A and B, everybody in them, and what each id of B is called
routes      every address of every urlconf; `values` fills its arguments, or says "teach me"
principals  who tries
probing     one request, inside a savepoint, with all it left behind
oracle      what makes an answer a leak
planted     known leaks, which the harness must catch
tripwire    no statement on a tenant table while nothing is bound, in the whole suite
"""
