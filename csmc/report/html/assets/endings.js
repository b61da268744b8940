// How crises end at the chosen points, and into what the endings under one institution turn under another.
report.endings = (() => {
  const { data, floats, percent, K } = report.numbers;
  const { html, svg, title, text, canvas, shorter } = report.drawing;
  const titles = data.outcomes.titles, N = titles.length;
  const WIDTH = 860, SIDE = 200, TOP = 34, HEIGHT = 380, GAP = 5;

  function mean(text, size, points) {
    const all = floats(text), sum = new Float64Array(size);
    let known = 0;
    for (const point of points) {
      if (Number.isNaN(all[point * size])) continue;
      known++;
      for (let k = 0; k < size; k++) sum[k] += all[point * size + k];
    }
    return sum.map((x) => (known ? x / known : NaN));
  }

  const whole = (points) => points.length === data.points.length;

  // Shares (institution, outcome) of some points, or null if only those of all points together are carried.
  function shares(points) {
    if (whole(points)) return floats(data.outcomes.mean);
    return data.outcomes.points === null ? null : mean(data.outcomes.points, K * N, points);
  }

  // Move the bars that the page came with to other shares.
  function bars(found) {
    document.querySelectorAll("#outcomes svg[data-row]").forEach((row) => {
      const k = Number(row.dataset.row);
      let left = 0;
      row.querySelectorAll("g[data-outcome]").forEach((group) => {
        const share = found[k * N + Number(group.dataset.outcome)] || 0, box = group.querySelector("rect");
        box.setAttribute("x", 700 * left);
        box.setAttribute("width", 700 * share);
        group.querySelector("title").textContent = `${titles[Number(group.dataset.outcome)]}: ${percent(share)} %`;
        const label = group.querySelector("text");
        label.setAttribute("x", 700 * (left + share / 2));
        label.textContent = share >= 0.05 ? percent(share) : "";
        left += share;
      });
    });
    document.querySelectorAll("#outcomes tbody tr").forEach((row, k) => {
      row.querySelectorAll("td").forEach((cell) => {
        cell.textContent = percent(found[k * N + Number(cell.dataset.outcome)]);
      });
    });
  }

  // The table (outcome under one, outcome under the other) of shares, or null if it has not been counted or carried.
  function joint(one, other, points) {
    const flow = data.flow;
    if (flow === null) return null;
    const others = flow.pairs ? K : 1, size = K * others * N * N;
    const all = whole(points) ? floats(flow.mean) : flow.points === null ? null : mean(flow.points, size, points);
    if (all === null) return null;
    const at = (a, b) => all.slice((a * others + b) * N * N, (a * others + b + 1) * N * N);
    if (flow.pairs) return at(one, other);
    if (other === data.reference) return at(one, 0);
    if (one !== data.reference) return null;
    const turned = at(other, 0);
    return turned.map((_, k) => turned[(k % N) * N + Math.floor(k / N)]);
  }

  function column(root, sums, x, label, anchor, heading) {
    const used = sums.filter((s) => s > 0).length, room = HEIGHT - GAP * Math.max(used - 1, 0);
    const tops = [];
    let y = TOP, last = -Infinity;
    root.append(text(x + (anchor === "end" ? 14 : 0), 18, shorter(heading, 26), { class: "heading", "text-anchor": anchor }));
    sums.forEach((sum, k) => {
      tops.push(y);
      if (!(sum > 0)) return;
      const height = room * sum;
      root.append(svg("rect", { x, y, width: 14, height: Math.max(height, 0.6), class: `o${k} outcome` },
        title(`${heading}: ${titles[k]} ${percent(sum)} %`)));
      const at = Math.max(y + height / 2 + 4, last + 14); // labels never overlap
      root.append(text(label, at, `${titles[k]} ${percent(sum)} %`, { "text-anchor": anchor }));
      last = at;
      y += height + GAP;
    });
    return { tops, room };
  }

  function sankey(table, one, other) {
    const rows = titles.map((_, i) => titles.reduce((sum, __, j) => sum + table[i * N + j], 0));
    const columns = titles.map((_, j) => titles.reduce((sum, __, i) => sum + table[i * N + j], 0));
    const root = canvas(WIDTH, TOP + HEIGHT + 60, `outcomes of the same crises under ${one} and under ${other}`);
    const start = SIDE, end = WIDTH - SIDE - 14;
    const left = column(root, rows, start, start - 8, "end", one);
    const right = column(root, columns, end, end + 22, "start", other);
    const out = [...left.tops], into = [...right.tops];
    for (let i = 0; i < N; i++)
      for (let j = 0; j < N; j++) {
        const share = table[i * N + j];
        if (!(share > 0)) continue;
        const [a, b] = [share * left.room, share * right.room], [x1, x2] = [start + 14, end], mid = (x1 + x2) / 2;
        root.append(svg("path", {
          d: `M${x1},${out[i]}C${mid},${out[i]} ${mid},${into[j]} ${x2},${into[j]}v${b}`
            + `C${mid},${into[j] + b} ${mid},${out[i] + a} ${x1},${out[i] + a}z`,
          class: `stream o${i}${i === j ? " same" : ""}`,
        }, title(`${titles[i]} under ${one}, ${titles[j]} under ${other}: ${percent(share)} % of crises`)));
        out[i] += a;
        into[j] += b;
      }
    return root;
  }

  function matrix(table, one, other) {
    const used = titles.map((_, k) => k).filter((k) =>
      titles.some((_, j) => table[k * N + j] > 0 || table[j * N + k] > 0));
    const head = html("tr", {}, html("th", { scope: "col" }, `under ${one} ↓, under ${other} →`),
      ...used.map((k) => html("th", { scope: "col" }, titles[k])));
    const rows = used.map((i) => html("tr", {}, html("th", { scope: "row" }, titles[i]),
      ...used.map((j) => html("td", {}, percent(table[i * N + j])))));
    return html("table", { class: "plain" }, html("caption", {}, "per cent of crises"),
      html("thead", {}, head), html("tbody", {}, ...rows));
  }

  return { shares, bars, joint, sankey, matrix };
})();
