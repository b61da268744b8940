// SVG and HTML elements, scales and axes. Text is only ever set as text.
report.drawing = (() => {
  const SVG = "http://www.w3.org/2000/svg";
  const COLOURS = 8;

  function fill(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) if (value !== null) node.setAttribute(name, value);
    for (const child of children) if (child !== null) node.append(child);
    return node;
  }

  const html = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
  const title = (text) => svg("title", {}, text);
  const text = (x, y, words, attributes) => svg("text", { x, y, ...attributes }, words);

  // A drawing of a width and height in pixels at full size; it shrinks with its column.
  function canvas(width, height, label) {
    return svg("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label });
  }

  const scale = (from, to, start, end) => (x) => start + ((x - from) / (to - from || 1)) * (end - start);

  // About `count` round numbers that span `low` to `high`.
  function ticks(low, high, count) {
    if (!(high > low)) return [low];
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((x) => x * power >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
    return found;
  }

  // A tick's label with as many decimals as the step needs; shares in per cent, their differences with signs and no unit.
  function tickText(metric, value, all, isGap) {
    const factor = metric.share ? 100 : 1;
    const step = all.length > 1 ? Math.abs(all[1] - all[0]) * factor : 1;
    const decimals = Math.max(0, Math.min(4, -Math.floor(Math.log10(step) + 1e-9)));
    const written = (value * factor).toFixed(decimals);
    const sign = isGap && Number(written) > 0 ? "+" : "", unit = metric.share && !isGap ? " %" : "";
    return sign + (Number(written) === 0 ? written.replace("-", "") : written.replace("-", "−")) + unit;
  }

  // Range of some numbers with a little room; with 0 in it if asked for.
  function range(numbers, withZero) {
    const finite = numbers.filter(Number.isFinite);
    if (withZero) finite.push(0);
    if (!finite.length) return [0, 1];
    let low = Infinity, high = -Infinity;
    for (const x of finite) [low, high] = [Math.min(low, x), Math.max(high, x)];
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low === 0 ? 0 : low - room, high + room];
  }

  const look = (k) => `i${k % COLOURS}`;

  const shorter = (words, most) => (words.length > most ? words.slice(0, most - 1) + "…" : words);

  // Institutions with their colours, as HTML so that long names wrap.
  function legend(institutions, chosen) {
    const items = chosen.map((k) =>
      html("li", { class: look(k) },
        svg("svg", { width: 30, height: 10, "aria-hidden": "true", class: "key" },
          svg("line", { x1: 1, y1: 5, x2: 29, y2: 5, "stroke-dasharray": institutions[k].dash, class: "curve" }),
          svg("circle", { cx: 15, cy: 5, r: 3.4, class: "dot" })),
        institutions[k].title));
    return html("ul", { class: "legend" }, ...items);
  }

  // A colour between those of a map; `share` from 0 to 1.
  function colour(map, share) {
    const at = Math.max(0, Math.min(1, share)) * (map.length - 1), k = Math.min(map.length - 2, Math.floor(at));
    const channel = (c, place) => parseInt(c.slice(1 + 2 * place, 3 + 2 * place), 16);
    const mixed = [0, 1, 2].map((p) =>
      Math.round(channel(map[k], p) + (at - k) * (channel(map[k + 1], p) - channel(map[k], p))));
    return `#${mixed.map((c) => c.toString(16).padStart(2, "0")).join("")}`;
  }

  return { html, svg, title, text, canvas, scale, ticks, tickText, range, look, shorter, legend, colour };
})();
