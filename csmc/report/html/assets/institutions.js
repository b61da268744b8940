// One point, or the mean over a slice: a metric under each institution, and each minus the one it is compared with.
report.institutions = (() => {
  const { data, withInterval, differenceWithInterval, decided } = report.numbers;
  const { valueOf, differenceOf } = report.cells;
  const { svg, title, text, canvas, scale, ticks, tickText, range, look, shorter } = report.drawing;
  const ROW = 30, LEFT = 190, PANEL = 300, GAP = 40, TOP = 30, BOTTOM = 34;

  function panel(root, metric, rows, left, heading, show, isGap) {
    const [low, high] = range(rows.flatMap((r) => [r.value, r.low, r.high]), isGap);
    const x = scale(low, high, left, left + PANEL), bottom = TOP + rows.length * ROW;
    root.append(text(left, 16, heading, { class: "heading" }));
    const marks = ticks(low, high, 4);
    for (const mark of marks) {
      root.append(svg("line", { x1: x(mark), x2: x(mark), y1: TOP, y2: bottom, class: mark === 0 ? "zero" : "grid" }));
      root.append(text(x(mark), bottom + 16, tickText(metric, mark, marks, isGap), { "text-anchor": "middle" }));
    }
    rows.forEach((row, place) => {
      const y = TOP + (place + 0.5) * ROW;
      if (Number.isNaN(row.value)) return;
      const told = () => title(`${row.name}: ${show(row)}`);
      if (!Number.isNaN(row.low))
        root.append(svg("line",
          { x1: x(row.low), x2: x(row.high), y1: y, y2: y, class: `whisker ${row.class}` }, told()));
      root.append(svg("circle", { cx: x(row.value), cy: y, r: 5, class: `dot ${row.class}` }, told()));
    });
  }

  return function draw(metric, other, points) {
    const names = data.institutions.map((one) => one.title);
    const root = canvas(LEFT + 2 * PANEL + GAP + 20, TOP + names.length * ROW + BOTTOM,
      `${metric.title} under each institution, and differences from ${names[other]}`);
    names.forEach((name, k) =>
      root.append(text(LEFT - 10, TOP + (k + 0.5) * ROW + 4, shorter(name, 28), { "text-anchor": "end" })));
    const values = names.map((name, k) => ({ name, class: look(k), ...valueOf(metric, k, points) }));
    panel(root, metric, values, LEFT, shorter(metric.title, 44), (row) => withInterval(metric, row), false);
    const signs = { "-1": "less", 0: "undecided", 1: "more" };
    const gaps = names.map((name, k) => {
      if (k === other) return { name, value: 0, low: NaN, high: NaN, class: "undecided" };
      const gap = differenceOf(metric, k, other, points);
      return { name, class: signs[decided(gap)] || "undecided", ...gap };
    });
    panel(root, metric, gaps, LEFT + PANEL + GAP, `minus ${shorter(names[other], 16)}${metric.share ? ", percentage points" : ""}`,
      (row) => differenceWithInterval(metric, row), true);
    return root;
  };
})();
