"""Would the tests notice a fault? Small faults are planted one at a time, and what notices them is counted.

`python -m tests.mutation kernel` plants all of the kernel's. mutmut, the usual tool, leaves decorated functions alone,
and every function of the kernel is decorated; cosmic-ray edits files in place and starts Python anew for each fault.
Here the compiler is off, all libraries are loaded once, and each fault is tried in a fork.
"""
