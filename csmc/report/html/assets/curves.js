// A metric along one axis: a curve with its band for each institution, and below the difference of the chosen two.
report.curves = (() => {
  const { data, withInterval, differenceWithInterval, shownDifference } = report.numbers;
  const { axes, grouped, valueOf, differenceOf } = report.cells;
  const { html, svg, title, text, canvas, scale, ticks, tickText, range, look, shorter, legend } = report.drawing;
  const WIDTH = 860, LEFT = 70, RIGHT = 20, TOP = 34, BOTTOM = 46;
  const MOST_MARKS = 40; // more points than this get no dot of their own

  // Places where a difference changes sign: on straight lines between points, in the middle of points without any.
  function roots(line) {
    const found = [];
    let last = -1;
    line.forEach((here, k) => {
      if (here.value === 0) return;
      const before = line[last];
      if (last >= 0 && before.value * here.value < 0)
        found.push(k - last > 1 ? (line[last + 1].at + line[k - 1].at) / 2
          : before.at + ((here.at - before.at) * before.value) / (before.value - here.value));
      last = k;
    });
    return found;
  }

  function frame(root, metric, axis, x, y, span, height, heading, isGap) {
    const bottom = height - BOTTOM, marks = ticks(span[0], span[1], 5);
    root.append(text(LEFT, 18, heading, { class: "heading" }));
    for (const mark of marks) {
      root.append(svg("line",
        { x1: LEFT, x2: WIDTH - RIGHT, y1: y(mark), y2: y(mark), class: Math.abs(mark) < 1e-12 ? "zero" : "grid" }));
      root.append(text(LEFT - 8, y(mark) + 4, tickText(metric, mark, marks, isGap), { "text-anchor": "end" }));
    }
    const every = Math.ceil(axis.levels.length / 10);
    const round = axis.numeric ? ticks(axis.levels[0], axis.levels[axis.levels.length - 1], 8) : [];
    const labels = axis.numeric && (axis.cut || axis.levels.length > 10)
      ? round.map((v) => [x(v), String(Number(v.toPrecision(6))).replace("-", "−")])
      : axis.levels.map((_, k) => [x(position(axis, k)), axis.marks[k]]).filter((_, k) => k % every === 0);
    let last = -Infinity;
    for (const [at, words] of labels) {
      const shown = shorter(words, 16), half = shown.length * 3.4;
      if (at - half < last + 6) continue; // labels never overlap
      root.append(text(at, bottom + 18, shown, { "text-anchor": "middle" }));
      last = at + half;
    }
    root.append(text((LEFT + WIDTH - RIGHT) / 2, height - 6, axis.label, { "text-anchor": "middle" }));
  }

  // Numbers stand where they are, text stands in order.
  const position = (axis, k) => (axis.numeric ? axis.levels[k] : k);

  function path(root, line, x, y, look_, dash, joined, told) {
    if (joined) {
      const banded = line.filter((p) => !Number.isNaN(p.low));
      if (banded.length > 1)
        root.append(svg("polygon", {
          points: [...banded.map((p) => `${x(p.at)},${y(p.high)}`),
            ...banded.reverse().map((p) => `${x(p.at)},${y(p.low)}`)].join(" "),
          class: `band ${look_}`,
        }));
      root.append(svg("polyline", {
        points: line.map((p) => `${x(p.at)},${y(p.value)}`).join(" "), class: `curve ${look_}`, "stroke-dasharray": dash,
      }));
    }
    for (const p of line) {
      if (!joined && !Number.isNaN(p.low))
        root.append(svg("line", { x1: x(p.at), x2: x(p.at), y1: y(p.low), y2: y(p.high), class: `whisker ${look_}` }));
      const r = line.length <= MOST_MARKS ? 3.4 : 2;
      root.append(svg("circle", { cx: x(p.at), cy: y(p.value), r, class: `dot ${look_}` }, title(told(p))));
    }
  }

  function lineOf(axis, cells, of) {
    return axis.levels.map((_, k) => [k, cells.get(String(k))]).filter(([, points]) => points)
      .map(([k, points]) => ({ at: position(axis, k), level: axis.texts[k], ...of(points) }))
      .filter((p) => !Number.isNaN(p.value));
  }

  function horizontal(axis) {
    const last = axis.levels.length - 1;
    return axis.numeric
      ? scale(axis.levels[0], axis.levels[last], LEFT + 8, WIDTH - RIGHT - 8)
      : scale(-0.5, last + 0.5, LEFT, WIDTH - RIGHT);
  }

  return function draw(metric, one, other, along, points) {
    const axis = axes[along], cells = grouped(points, [along]), x = horizontal(axis);
    const titles = data.institutions.map((institution) => institution.title);
    const lines = titles.map((_, k) => lineOf(axis, cells, (where) => valueOf(metric, k, where)));
    const span = range(lines.flat().flatMap((p) => [p.value, p.low, p.high]), false);
    const upper = canvas(WIDTH, 330, `${metric.title} along ${axis.label}, a curve for each institution`);
    const y = scale(span[0], span[1], 330 - BOTTOM, TOP);
    frame(upper, metric, axis, x, y, span, 330, metric.title, false);
    const beside = axis.numeric ? 0 : (x(1) - x(0)) * 0.07;
    lines.forEach((line, k) => {
      const shifted = (at) => x(at) + beside * (k - (lines.length - 1) / 2);
      path(upper, line, shifted, y, look(k), data.institutions[k].dash, axis.numeric,
        (p) => `${titles[k]}, ${axis.label} ${axis.sign} ${p.level}: ${withInterval(metric, p)}`);
    });

    const gap = lineOf(axis, cells, (where) => differenceOf(metric, one, other, where));
    const gapSpan = range(gap.flatMap((p) => [p.value, p.low, p.high]), true);
    const lower = canvas(WIDTH, 260, `difference in ${metric.title}: ${titles[one]} minus ${titles[other]}`);
    const v = scale(gapSpan[0], gapSpan[1], 260 - BOTTOM, TOP);
    frame(lower, metric, axis, x, v, gapSpan, 260,
      `difference: ${shorter(titles[one], 44)} minus ${shorter(titles[other], 44)}${metric.share ? ", percentage points" : ""}`, true);
    const flips = axis.numeric ? roots(gap) : [];
    for (const flip of flips) {
      const label = `changes sign near ${Number(flip.toPrecision(3))}`.replace("-", "−");
      lower.append(svg("line", { x1: x(flip), x2: x(flip), y1: TOP, y2: 260 - BOTTOM, class: "flip" }, title(label)));
    }
    path(lower, gap, x, v, "plain", "", axis.numeric,
      (p) => `${axis.label} ${axis.sign} ${p.level}: ${differenceWithInterval(metric, p)}`);
    return html("div", {}, upper, legend(data.institutions, titles.map((_, k) => k)), lower,
      html("p", { class: "note" }, words(metric, axis, gap, flips, titles[one], titles[other])));
  };

  // Where the difference changes sign, in words.
  function words(metric, axis, gap, flips, one, other) {
    if (!gap.length) return "There is nothing to compare here.";
    const open = gap.filter((p) => p.low <= 0 && p.high >= 0).length;
    const undecided = gap.some((p) => !Number.isNaN(p.low))
      ? ` At ${open} of ${gap.length} values the interval holds 0.` : "";
    if (!axis.numeric || !flips.length) {
      const signs = new Set(gap.map((p) => Math.sign(p.value)));
      const same = signs.size === 1 ? " has the same sign everywhere" : " differs in sign between values";
      return `The difference of ${one} and ${other}${same}: ${shownDifference(metric, gap[0].value)} at `
        + `${gap[0].level}, ${shownDifference(metric, gap[gap.length - 1].value)} at ${gap[gap.length - 1].level}.`
        + undecided;
    }
    const where = flips.map((flip) => String(Number(flip.toPrecision(3))).replace("-", "−")).join(", ");
    return `The difference changes sign near ${axis.label} ${axis.sign} ${where} (dashed; on straight lines between `
      + `the values that were run).${undecided} csmc boundary tells how sure that is.`;
  }
})();
