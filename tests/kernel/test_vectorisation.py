"""The machine code of the kernel computes several lanes at a time, and calls no library for it."""

import pytest

from csmc.benchmark.vectors import (
    Loop,
    block_assembly,
    costly_loops,
    has_vectors,
    library_calls,
    only_scalar,
    vector_share,
)

#: Where the time goes: every loop there has a vector form.
LARGE = ("draws", "council", "response", "bargaining", "enforcement")
#: So have these; the compiler may put small stages into the block that calls them.
MAIN = (*LARGE, "utilities", "block")
#: Of all costly arithmetic; what is known to be scalar is drawing gamma variates, and on a plane gathering positions.
LEAST_SHARE = 0.95

#: A scalar exponential; the same on vectors, for another function; a loop around both that calls the library.
ASSEMBLY = """\
\t.text
_ZN4csmc6kernel8response5roundB2v1B38c8tJ:
.LBB0_1:
\tvmovupd\t(%rax), %zmm0
.LBB0_2:
\tvfmadd213pd\t%zmm0, %zmm1, %zmm2
\tvfmadd231pd\t%zmm0, %zmm1, %zmm2
\tvdivpd\t%zmm2, %zmm1, %zmm0
\tjne\t.LBB0_2
.LBB0_3:
\tvfmadd213sd\t%xmm0, %xmm1, %xmm2
\tvfmadd231sd\t%xmm0, %xmm1, %xmm2
\tvdivsd\t%xmm2, %xmm1, %xmm0
\tjmp\t.LBB0_3
\tjb\t.LBB0_1
\tretq
_ZN4csmc6kernel7council4voteB2v2B38c8tJ:
.LBB1_1:
\tvsqrtsd\t%xmm2, %xmm1, %xmm0
\tmovabsq\t$log, %rax
\tcallq\t*%rax
\tjne\t.LBB1_1
elsewhere:
\tmovabsq\t$pow, %rax
"""


def test_loops_are_read_from_machine_code() -> None:
    loops = costly_loops(ASSEMBLY)
    assert loops == [Loop("response.round", 3, 0), Loop("response.round", 0, 3), Loop("council.vote", 0, 1)]
    assert only_scalar(loops) == [Loop("council.vote", 0, 1)]
    assert vector_share(loops) == 0.75
    assert library_calls(ASSEMBLY) == {"log"}


@pytest.mark.parametrize(
    ("vector", "scalar", "same"), [(29, 29, True), (4, 7, True), (16, 2, True), (2, 16, True), (29, 49, False)]
)
def test_a_vector_loop_may_be_unrolled_and_a_scalar_one_may_branch(vector: int, scalar: int, same: bool) -> None:
    loops = [Loop("f", vector, 0), Loop("f", 0, scalar), Loop("g", vector, 0)]
    assert (only_scalar(loops) == []) == same


@pytest.mark.proof
@pytest.mark.skipif(not has_vectors(), reason="no AVX2 here: the compiler has vectors of two numbers, or none")
def test_the_main_loops_of_the_kernel_are_vectors() -> None:
    loops = costly_loops(block_assembly())
    scalar = only_scalar(loops)
    assert [loop for loop in scalar if loop.function.startswith(MAIN)] == []
    for module in LARGE:
        assert any(loop.vector for loop in loops if loop.function.startswith(module)), module
    assert vector_share(loops) > LEAST_SHARE, scalar


@pytest.mark.proof
@pytest.mark.skipif(not has_vectors(), reason="without fused multiplication fma() is a call")
def test_the_kernel_calls_no_mathematics_of_a_library() -> None:
    assert library_calls(block_assembly()) == set()
