"""Bytes that once were a file of csmc: flipped, spliced, cut, doubled, with pieces of YAML and worse in between."""

from collections.abc import Sequence

from hypothesis import strategies as st

#: What changes the meaning of YAML or CSV, or is no text at all.
PIECES = (
    *(b": ", b"- ", b"? ", b"| ", b">", b"&a ", b"*a", b"!!python/object:os.system ", b"!", b"%YAML 1.1\n", b"---\n"),
    *(
        b"...\n",
        b"<<: ",
        b"{",
        b"}",
        b"[",
        b"]",
        b",",
        b"#",
        b"'",
        b'"',
        b"\\",
        b'"\\U',
        b'"\\Uffffffff"',
        b"\\x",
        b"@",
    ),
    *(
        b"\0",
        b"\x1b[31m",
        b"\r",
        b"\t",
        b"\x85",
        b"\xe2\x80\xa8",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xed\xa0\x80",
        b"\xc3",
    ),
    *(
        b"\n",
        b"\n\n",
        b"    ",
        b".",
        b"..",
        b"*",
        b"institutions.*.",
        b".nan",
        b"1e999",
        b"9" * 400,
        b"=cmd()",
        b"\x80",
    ),
    *(b"a" * 2000, b"[" * 200, b"{a: " * 50, b"- " * 100, b"a." * 100, b"x" * 200_000, b"\xf4\x8f\xbf\xbf"),
)


@st.composite
def mutated(draw: st.DrawFn, originals: Sequence[bytes]) -> bytes:
    """One of `originals` after one to six accidents."""
    data = draw(st.sampled_from(originals))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        to = min(at + draw(st.integers(0, 200)), len(data))
        kind = draw(st.sampled_from(["flip", "insert", "cut", "remove", "double", "splice", "line", "bytes"]))
        if kind == "flip" and data:
            data = data[:at] + bytes([data[at] ^ (1 << draw(st.integers(0, 7)))]) + data[at + 1 :]
        elif kind == "insert":
            data = data[:at] + draw(st.sampled_from(PIECES)) + data[at:]
        elif kind == "cut":
            data = data[:at]
        elif kind == "remove":
            data = data[:at] + data[to:]
        elif kind == "double":
            data = data[:to] + data[at:to] * draw(st.integers(1, 3)) + data[to:]
        elif kind == "splice":
            other = draw(st.sampled_from(originals))
            data = data[:at] + other[draw(st.integers(0, len(other))) :]
        elif kind == "line":
            lines = data.split(b"\n")
            position = draw(st.integers(0, len(lines) - 1))
            lines.insert(draw(st.integers(0, len(lines))), lines[position])
            data = b"\n".join(lines)
        else:
            data = data[:at] + draw(st.binary(max_size=20)) + data[to:]
    return data
