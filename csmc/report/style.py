"""How figures look: colours that colour-blind readers can tell apart, sizes, and saving as PNG and SVG."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from textwrap import fill
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter

from csmc.errors import ParameterError, suggestion
from csmc.report.words import is_share

#: Okabe and Ito (2008), black last; institutions beyond the eighth repeat them with another line.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7A6F00", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
LINES = ("-", "--", ":")

#: Outcomes from peace (blues) over yielding (greens) to war (yellow to red), in the order of their codes.
OUTCOMES = (
    "#D7DEE6", "#8FB4D9", "#C9E3C1", "#95CC9B", "#5FAE7B", "#2F8A5F", "#14643F", "#F6C667", "#E8853B", "#A8201A",
)  # fmt: skip

#: Less war, more war, and where it cannot be told.
LESS, MORE, UNDECIDED = "#2166AC", "#B2182B", "#777777"

#: The colour maps of differences, from less to more, and of values.
MAPS = {"difference": "RdBu_r", "value": "viridis"}

#: Formats that figures are written in, and what is left out of each so that the same figure gives the same bytes.
FORMATS: dict[str, Any] = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}
#: Those that are written if nothing else is said.
USUAL = ("png", "svg")

#: Writes a share on an axis as per cent.
PERCENT = FuncFormatter(lambda share, _: f"{round(100 * share, 6):g}\N{NO-BREAK SPACE}%".replace("-", "−"))

_SETTINGS: Any = {
    "font.size": 10,
    "axes.titlesize": 10.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "svg.hashsalt": "csmc",
    "text.parse_math": False,  # a dollar sign in a question is a dollar sign
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style to figures made inside, and to nothing else."""
    with mpl.rc_context(_SETTINGS):
        yield


class Drawing(Figure):
    """A figure that notebooks show, whether or not they have been told how to show those of matplotlib."""

    def _repr_png_(self) -> bytes:
        picture = BytesIO()
        self.savefig(picture, format="png", metadata=FORMATS["png"])
        return picture.getvalue()


def new_figure(width: float, height: float) -> Figure:
    """Return a figure that makes room for its labels."""
    return Drawing(figsize=(width, height), layout=ConstrainedLayoutEngine(w_pad=0.08, h_pad=0.06, wspace=0.03))


def look(position: int) -> dict[str, Any]:
    """Colour, marker and line of the institution at a position of the result."""
    kind = position % len(COLOURS)
    line = LINES[position // len(COLOURS) % len(LINES)]
    return {"color": COLOURS[kind], "marker": MARKERS[kind], "linestyle": line, "markersize": 4.5, "linewidth": 1.6}


def titled(figure: Figure, question: str, subtitle: str) -> None:
    """Head a figure with the question and what is shown."""
    width = int(figure.get_figwidth() * 11)
    lines = [fill(text, width) for text in (question, subtitle) if text]
    figure.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=11.5)


def is_dark(colour: str) -> bool:
    """Whether white text is easier to read on a colour than black: its luminance, by Rec. 709, is below two fifths."""
    red, green, blue = to_rgb(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.4


def metric_axis(axes: Axes, metric: str, *, axis: str = "y") -> None:
    """Write a metric as per cent if it is a share."""
    if is_share(metric):
        percent_axis(axes, axis=axis)


def percent_axis(axes: Axes, *, axis: str = "y") -> None:
    """Write shares as per cent."""
    which = axes.yaxis if axis == "y" else axes.xaxis
    which.set_major_formatter(PERCENT)


def legend_below(figure: Figure, handles: Sequence[Any], labels: Sequence[str], columns: int = 4) -> None:
    """Put one legend for all panels under them."""
    figure.legend(handles, labels, loc="outside lower center", ncols=min(columns, len(labels)), fontsize=9.5)


def save(figure: Figure, directory: Path, name: str, formats: Sequence[str] = USUAL) -> list[Path]:
    """Write a figure in each of some formats; the same figure gives the same bytes.

    Raises
    ------
    ParameterError
        A format that there is not.
    """
    paths = [directory / f"{name}.{kind}" for kind in dict.fromkeys(formats)]
    for path in paths:
        write(figure, path)
    return paths


def write(figure: Figure, path: Path) -> None:
    """Write a figure in the format that the name of the file ends in; errors are those of `save`."""
    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        near = suggestion(kind, FORMATS)
        raise ParameterError(f"{kind!r} is no format of figures{near}; known: {', '.join(FORMATS)}")
    figure.savefig(path, metadata=FORMATS[kind])
