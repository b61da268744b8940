// Two axes: a map of a difference, a value, or who is best, with the boundary along the edges of its cells.
report.maps = (() => {
  const { data, shown, shownDifference, withInterval, differenceWithInterval } = report.numbers;
  const { axes, grouped, valueOf, differenceOf, best } = report.cells;
  const { html, svg, title, text, canvas, ticks, tickText, look, shorter, legend, colour } = report.drawing;
  const LEFT = 120, TOP = 52, BOTTOM = 52, PLOT = 600, BAR = 110;

  const dark = (hex) => {
    const [r, g, b] = [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.45;
  };

  function bar(root, metric, map, low, high, height, isGap) {
    const left = LEFT + PLOT + 24, steps = 60, y = (v) => height - ((v - low) / (high - low || 1)) * (height - TOP);
    for (let k = 0; k < steps; k++) {
      const each = (height - TOP) / steps;
      root.append(svg("rect", {
        x: left, y: height - (k + 1) * each, width: 14, height: each + 0.5, fill: colour(map, (k + 0.5) / steps) }));
    }
    const marks = ticks(low, high, 5);
    for (const mark of marks) root.append(text(left + 20, y(mark) + 4, tickText(metric, mark, marks, isGap), {}));
  }

  function labels(root, axis, count, place, along) {
    const every = Math.ceil(count / (along ? 9 : 14));
    for (let k = 0; k < count; k += every) {
      const words = shorter(axis.marks[k], along ? 10 : 18);
      root.append(along
        ? text(place(k), along, words, { "text-anchor": "middle" })
        : text(LEFT - 8, place(k) + 4, words, { "text-anchor": "end" }));
    }
  }

  // Edges between cells next to each other that are of different kinds; unknown cells have no edge.
  function boundary(root, kinds, columns, rows, cellX, cellY, width, height) {
    const parts = [];
    const kind = (i, j) => kinds.get(`${i},${j}`);
    const differ = (a, b) => a !== undefined && b !== undefined && a !== b;
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < rows; j++) {
        if (i + 1 < columns && differ(kind(i, j), kind(i + 1, j))) parts.push(`M${cellX(i + 1)},${cellY(j)}v${height}`);
        if (j + 1 < rows && differ(kind(i, j), kind(i, j + 1))) parts.push(`M${cellX(i)},${cellY(j)}h${width}`);
      }
    if (parts.length) {
      root.append(svg("path", { d: parts.join(""), class: "boundary halo" }));
      root.append(svg("path", { d: parts.join(""), class: "boundary" }));
    }
    return parts.length;
  }

  // `view` is difference, value or best; `lower` says whether less of the metric is better.
  return function draw(metric, view, one, other, across, up, points, lower) {
    const [first, second] = [axes[across], axes[up]], cells = grouped(points, [across, up]);
    const columns = first.levels.length, rows = second.levels.length;
    const width = PLOT / columns, height = Math.max(8, Math.min(44, 420 / rows, width)), bottom = TOP + rows * height;
    const cellX = (i) => LEFT + i * width, cellY = (j) => bottom - (j + 1) * height;
    const names = data.institutions.map((institution) => institution.title);
    const heading = {
      difference: `${metric.title}: ${names[one]} minus ${names[other]}${metric.share ? ", percentage points" : ""}`,
      value: `${metric.title} under ${names[one]}${metric.share ? ", per cent" : ""}`,
      best: `${lower ? "least" : "most"}: ${metric.title}, by institution`,
    }[view];
    const root = canvas(LEFT + PLOT + BAR, bottom + BOTTOM, `map of ${heading}, over ${first.label} and ${second.label}`);
    root.append(text(LEFT, 18, shorter(heading, 96), { class: "heading" }));

    const found = new Map();
    for (const [key, where] of cells)
      found.set(key, view === "best" ? { value: best(metric, where, lower), where }
        : { ...(view === "value" ? valueOf(metric, one, where) : differenceOf(metric, one, other, where)), where });
    const known = [...found.values()].map((c) => c.value).filter((v) => !Number.isNaN(v) && !(view === "best" && v < 0));
    let low = Math.min(...known), high = Math.max(...known);
    if (view === "difference") [low, high] = [-1, 1].map((s) => s * (Math.max(Math.abs(low), Math.abs(high)) || 1e-9));
    const map = data.colours[view === "value" ? "value" : "difference"], kinds = new Map();

    for (const [key, cell] of found) {
      const [i, j] = key.split(",").map(Number);
      const place = { x: cellX(i), y: cellY(j), width, height };
      const where = `${first.label} ${first.sign} ${first.texts[i]}, ${second.label} ${second.sign} ${second.texts[j]}`;
      const many = cell.where.length > 1 ? `, mean of ${cell.where.length} points` : "";
      if (Number.isNaN(cell.value) || (view === "best" && cell.value < 0)) continue;
      if (view === "best") {
        const value = withInterval(metric, valueOf(metric, cell.value, cell.where));
        root.append(svg("rect", { ...place, class: `cell best ${look(cell.value)}` },
          title(`${where}: ${names[cell.value]}, ${value}${many}`)));
        kinds.set(key, cell.value);
        continue;
      }
      const fill = colour(map, (cell.value - low) / (high - low || 1));
      const told = view === "value" ? withInterval(metric, cell) : differenceWithInterval(metric, cell);
      root.append(svg("rect", { ...place, fill, class: "cell" }, title(`${where}: ${told}${many}`)));
      if (view === "difference") kinds.set(key, cell.value > 0);
      const middle = [cellX(i) + width / 2, cellY(j) + height / 2];
      if (width >= 46 && height >= 20)
        root.append(text(middle[0], middle[1] + 4, view === "value" ? shown(metric, cell.value)
          : shownDifference(metric, cell.value), { "text-anchor": "middle", class: dark(fill) ? "inside light" : "inside" }));
      if (view === "difference" && cell.low <= 0 && cell.high >= 0)
        root.append(svg("circle", { cx: cellX(i) + 6, cy: cellY(j) + 6, r: 2.4, class: "open" }));
    }
    const edges = view === "value" ? 0 : boundary(root, kinds, columns, rows, cellX, cellY, width, height);
    labels(root, first, columns, (i) => cellX(i) + width / 2, bottom + 18);
    labels(root, second, rows, (j) => cellY(j) + height / 2, 0);
    root.append(text(LEFT + PLOT / 2, bottom + 42, `${first.label} →`, { "text-anchor": "middle" }));
    root.append(text(LEFT, TOP - 10, `↑ ${second.label}`, {}));
    const box = html("div", {}, root);
    if (view === "best") box.append(legend(data.institutions, [...new Set(kinds.values())].sort((a, b) => a - b)));
    else if (known.length) bar(root, metric, map, low, high, bottom, view === "difference");
    box.append(html("p", { class: "note" }, words(view, edges, cells, first.cut || second.cut)));
    return box;
  };

  function words(view, edges, cells, cut) {
    const told = [];
    if (view === "difference") {
      told.push("Blue is less, red more. A dot marks where the interval holds 0.");
      told.push(edges ? "The line runs between cells with more and cells without." : "No cells next to each other differ in that.");
    }
    if (view === "best")
      told.push(edges ? "The line runs between cells with different institutions. Estimates decide, however close they "
        + "are: csmc best tells how sure that is." : "The same institution everywhere, by its estimates.");
    const most = Math.max(0, ...[...cells.values()].map((points) => points.length));
    if (most > 1)
      told.push(`A cell is the mean of up to ${most} points, whatever else varies${cut ? ", in parts of equal width that are marked by their middles" : ""}; `
        + "such means have no intervals.");
    return told.join(" ");
  }
})();
