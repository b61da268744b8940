// Which design points a figure is about: slices, cells of an axis or of two, and what is known in each.
report.cells = (() => {
  const { data, places, value, difference, decided } = report.numbers;
  // Axes with more values than this, fewer where the design is no grid, are cut into so many parts of equal width.
  const MOST_LEVELS = data.shape === "sample" ? 30 : 80, PARTS = 12;
  const ALL = "all";

  const rounded = (x) => String(Number(x.toPrecision(3))).replace("-", "−");

  // What a level is called: in full, and as a mark on an axis.
  const written = (texts, marks) => ({ texts, marks: marks || texts });

  const axes = data.axes.map((axis) => {
    const at = places(axis.where);
    const apart = axis.numeric && axis.levels.length > MOST_LEVELS;
    if (!apart) return { ...axis, at, cut: false, ...written(axis.texts.map((t) => t.replace(/^-/, "−"))) };
    const first = axis.levels[0], width = (axis.levels[axis.levels.length - 1] - first) / PARTS;
    const part = axis.levels.map((level) => Math.min(PARTS - 1, Math.floor((level - first) / width)));
    const ends = Array.from({ length: PARTS + 1 }, (_, k) => first + k * width);
    return {
      ...axis,
      cut: true,
      at: at.map((k) => part[k]),
      levels: ends.slice(1).map((end, k) => (end + ends[k]) / 2),
      ...written(
        ends.slice(1).map((end, k) => `${rounded(ends[k])} to ${rounded(end)}`),
        ends.slice(1).map((end, k) => rounded((end + ends[k]) / 2))),
    };
  });

  // The points that a slice leaves: `slice` has a level, or ALL, for each axis.
  function sliced(slice) {
    const kept = [];
    for (let point = 0; point < data.points.length; point++)
      if (axes.every((axis, k) => slice[k] === ALL || slice[k] === undefined || axis.at[point] === slice[k]))
        kept.push(point);
    return kept;
  }

  // Points by cell of the axes named: a Map from "x" or "x,y" to points, in the order of the levels.
  function grouped(points, along) {
    const cells = new Map();
    for (const point of points) {
      const key = along.map((k) => axes[k].at[point]).join(",");
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(point);
    }
    const order = (points) => along.reduce((sum, k) => sum * 65536 + axes[k].at[points[0]], 0);
    const ranked = [...cells].map((cell) => [order(cell[1]), cell]);
    return new Map(ranked.sort((a, b) => a[0] - b[0]).map(([, cell]) => cell));
  }

  function mean(numbers) {
    const finite = numbers.filter((x) => !Number.isNaN(x));
    return finite.length ? finite.reduce((a, b) => a + b, 0) / finite.length : NaN;
  }

  // What is known of points together: one point as it is, with its interval; of several the mean, without.
  function together(points, of) {
    if (points.length === 1) return of(points[0]);
    return { value: mean(points.map((point) => of(point).value)), low: NaN, high: NaN, counted: false };
  }

  const valueOf = (metric, k, points) => together(points, (point) => value(metric, k, point));
  const differenceOf = (metric, one, other, points) => together(points, (p) => difference(metric, one, other, p));

  // In words, what the intervals of the points say of one institution against another.
  function verdict(metric, one, other, points) {
    const found = points.map((point) => decided(difference(metric, one, other, point)));
    if (points.length === 1)
      return Number.isNaN(found[0]) ? "no interval" : ["less", "undecided", "more"][found[0] + 1];
    const count = (sign) => found.filter((x) => x === sign).length;
    if (found.every(Number.isNaN)) return "no intervals";
    return `less at ${count(-1)}, more at ${count(1)}, undecided at ${count(0)} of ${points.length}`;
  }

  // The place of the best institution, or -1 where that is not known; `lower` if less is better.
  function best(metric, points, lower) {
    let place = -1, leading = NaN;
    data.institutions.forEach((_, k) => {
      const here = valueOf(metric, k, points).value;
      if (Number.isNaN(here)) return;
      if (place < 0 || (lower ? here < leading : here > leading)) [place, leading] = [k, here];
    });
    return place;
  }

  const setting = (point) => axes.map((axis) => `${axis.label} ${axis.sign} ${axis.texts[axis.at[point]]}`).join(", ");

  return { axes, sliced, grouped, valueOf, differenceOf, verdict, best, setting, ALL };
})();
