// Tables that can be sorted by any column, and the table of all differences that stands beside the figures.
report.tables = (() => {
  const { data, shown, shownDifference, differenceWithInterval, withInterval, MISSING } = report.numbers;
  const { axes, grouped, valueOf, differenceOf, verdict } = report.cells;
  const { html } = report.drawing;
  const MOST_ROWS = 300;

  // The first number in a cell's text, else the text; what is missing comes last.
  function keyOf(cell) {
    const words = (cell.dataset.key ?? cell.textContent).trim();
    const match = /^[+−-]?[\d,]*\.?\d+(e[+-]?\d+)?/.exec(words);
    if (match) return Number(match[0].replace("−", "-").replaceAll(",", ""));
    return words === MISSING || words === "" ? null : words;
  }

  function compare(a, b, sign) {
    if (a === null || b === null) return (a === null) - (b === null);
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return sign * (typeof a === "number" ? a - b : a.localeCompare(b));
  }

  function sort(table, place, heading) {
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    table.querySelectorAll("thead th").forEach((one) => one.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", sign === 1 ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, key: keyOf(row.cells[place]) }));
    rows.sort((a, b) => compare(a.key, b.key, sign));
    body.append(...rows.map(({ row }) => row));
  }

  function sortable(table) {
    [...table.tHead.rows[0].cells].forEach((heading, place) => {
      const button = html("button", { type: "button", title: "sort by this column" });
      button.append(...heading.childNodes);
      button.addEventListener("click", () => sort(table, place, heading));
      heading.append(button);
    });
    return table;
  }

  function build(caption, headings, rows) {
    const cells = (row) => row.map((words, k) =>
      k === 0 ? html("th", { scope: "row" }, words) : html("td", {}, words));
    const table = html("table", {}, html("caption", {}, caption),
      html("thead", {}, html("tr", {}, ...headings.map((words) => html("th", { scope: "col" }, words)))),
      html("tbody", {}, ...rows.map((row) => html("tr", {}, ...cells(row)))));
    return sortable(table);
  }

  const unit = (metric) => (metric.share ? "per cent" : "numbers");

  // Every institution against one, at the points of a slice.
  function institutions(metric, other, points) {
    const rows = data.institutions.map((institution, k) => [
      institution.title,
      withInterval(metric, valueOf(metric, k, points)),
      k === other ? MISSING : differenceWithInterval(metric, differenceOf(metric, k, other, points)),
      k === other ? MISSING : verdict(metric, k, other, points),
    ]);
    const against = data.institutions[other].title;
    return build(`${metric.title}: ${unit(metric)}${points.length > 1 ? `, mean of ${points.length} points` : ""}`,
      ["institution", "value", `minus ${against}`, `against ${against}`], rows);
  }

  // The chosen two, in each cell of the axes that a figure has.
  function differences(metric, one, other, along, points) {
    const cells = [...grouped(points, along)];
    const [a, b] = [one, other].map((k) => data.institutions[k].title);
    const rows = cells.slice(0, MOST_ROWS).map(([key, where]) => [
      ...key.split(",").map((level, k) => axes[along[k]].texts[Number(level)]),
      shown(metric, valueOf(metric, one, where).value),
      shown(metric, valueOf(metric, other, where).value),
      ...ends(metric, differenceOf(metric, one, other, where)),
      verdict(metric, one, other, where),
    ]);
    const more = cells.length > MOST_ROWS ? `, the first ${MOST_ROWS} of ${cells.length} rows` : "";
    return build(`${metric.title}: ${unit(metric)}; paired differences with intervals of 95 %${more}`,
      [...along.map((k) => axes[k].label), a, b, "difference", "from", "to", "verdict"], rows);
  }

  const ends = (metric, d) => [d.value, d.low, d.high].map((x) => shownDifference(metric, x));

  return { sortable, institutions, differences };
})();
