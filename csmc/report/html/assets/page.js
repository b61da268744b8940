// The controls: what is chosen decides what is drawn. Nothing is stored and nothing is sent.
(() => {
  const { data } = report.numbers;
  const { axes, sliced, setting, ALL } = report.cells;
  const { html } = report.drawing;
  const by = (id) => document.getElementById(id);

  function choice(id, label, options, chosen) {
    const select = html("select", { id }, ...options.map(([value, words]) => html("option", { value }, words)));
    select.value = String(chosen);
    select.addEventListener("change", draw);
    return html("div", { class: "choice" }, html("label", { for: id }, label), select);
  }

  const numberOf = (id) => Number(by(id).value);
  const many = axes.map((_, k) => k).filter((k) => axes[k].levels.length > 1);
  const isGrid = data.shape === "grid" || data.shape === "line";

  function controls() {
    const box = by("controls"), names = data.institutions.map((one, k) => [k, one.title]);
    const reference = Math.max(data.reference, 0);
    const wanted = data.institutions.findIndex((one, k) => one.name === "collective_security" && k !== reference);
    const first = wanted >= 0 ? wanted : names.length > 1 ? (reference + 1) % names.length : 0;
    box.append(choice("metric", "Metric", data.metrics.map((one, k) => [k, one.title]), 0));
    box.append(choice("one", "Institution", names, first));
    box.append(choice("other", "compared with", names, reference));
    if (many.length) {
      const views = [["curve", "curves"]];
      if (many.length > 1) views.push(["difference", "map of the difference"], ["best", "map of who is best"],
        ["value", "map of the institution"]);
      views.push(["institutions", "institutions side by side"]);
      box.append(choice("view", "Figure", views, many.length > 1 ? "difference" : "curve"));
      const sizes = [...many].sort((a, b) => axes[b].levels.length - axes[a].levels.length);
      box.append(choice("across", "along", many.map((k) => [k, axes[k].label]), sizes[0]));
      if (many.length > 1) box.append(choice("up", "and", many.map((k) => [k, axes[k].label]), sizes[1]));
      for (const k of many) {
        const all = isGrid ? "mean over all" : "all points";
        box.append(choice(`slice${k}`, axes[k].label, [[ALL, all], ...axes[k].texts.map((t, level) => [level, t])], ALL));
      }
    }
  }

  const shownAxes = (view) =>
    view === "institutions" ? [] : view === "curve" ? [numberOf("across")] : [numberOf("across"), numberOf("up")];

  // The slice of every axis that no figure shows; controls that do not matter are out of the way.
  function slice(view, along) {
    const chosen = axes.map(() => ALL);
    for (const k of many) {
      const select = by(`slice${k}`);
      select.parentElement.hidden = along.includes(k);
      if (!along.includes(k) && select.value !== ALL) chosen[k] = Number(select.value);
    }
    if (by("across")) by("across").parentElement.hidden = along.length < 1 || many.length === 1;
    if (by("up")) by("up").parentElement.hidden = along.length < 2;
    return chosen;
  }

  function told(points) {
    if (!points.length) return "No point that has run is in this slice.";
    if (points.length === 1) return data.points.length > 1 ? `At point ${data.points[points[0]]}: ${setting(points[0])}.` : "";
    const all = points.length === data.points.length ? "all " : "";
    return `Over ${all}${points.length.toLocaleString("en")} points of the design.`;
  }

  const isLess = (metric) => metric.better !== "higher";

  function draw() {
    const metric = data.metrics[numberOf("metric")], one = numberOf("one"), other = numberOf("other");
    const view = by("view") ? by("view").value : "institutions";
    let along = shownAxes(view);
    if (along.length === 2 && along[0] === along[1]) {
      by("up").value = String(many.find((k) => k !== along[0]));
      along = shownAxes(view);
    }
    const points = sliced(slice(view, along));
    by("slice").textContent = told(points);
    by("definition").textContent = `${metric.title}: ${metric.definition}.`;
    const figure = by("figure"), table = by("differences");
    if (!points.length) {
      figure.replaceChildren();
      table.replaceChildren();
      return;
    }
    const uncounted = data.reference >= 0 && one !== data.reference && other !== data.reference && one !== other
      && Number.isNaN(report.numbers.difference(metric, one, other, points[0]).low);
    by("uncounted").hidden = !uncounted;
    if (view === "institutions") {
      figure.replaceChildren(report.institutions(metric, other, points));
      table.replaceChildren(report.tables.institutions(metric, other, points));
    } else if (view === "curve") {
      figure.replaceChildren(report.curves(metric, one, other, along[0], points));
      table.replaceChildren(report.tables.differences(metric, one, other, along, points));
    } else {
      figure.replaceChildren(report.maps(metric, view, one, other, along[0], along[1], points, isLess(metric)));
      table.replaceChildren(report.tables.differences(metric, one, other, along, points));
    }
    endings(one, other, points);
  }

  function endings(one, other, points) {
    const found = report.endings.shares(points);
    if (found !== null) report.endings.bars(found);
    by("outcomes-where").textContent = found === null
      ? "Mean over all points: those of single points are not carried in so large a design." : told(points);
    const flow = by("flow");
    if (!flow) return;
    const names = [one, other].map((k) => data.institutions[k].title);
    const table = one === other ? null : report.endings.joint(one, other, points)
      || report.endings.joint(one, other, data.points);
    flow.replaceChildren(...(table === null
      ? [html("p", { class: "note" }, one === other ? "Choose two different institutions above."
        : "These two have not been counted together; one of them must be the reference, or the run needs "
          + "outputs.joint: all.")]
      : [html("p", { class: "note" }, told(report.endings.joint(one, other, points) ? points : data.points)),
        html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "flow between outcomes" },
          report.endings.sankey(table, ...names)),
        html("details", {}, html("summary", {}, "as a table"),
          html("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "table of the flow" },
            report.endings.matrix(table, ...names)))]));
  }

  document.querySelectorAll("table.sortable").forEach(report.tables.sortable);
  document.documentElement.classList.add("scripted");
  window.addEventListener("beforeprint", () => {
    document.querySelectorAll("details").forEach((one) => { one.open = true; });
  });
  if (data.points.length && data.metrics.length) {
    controls();
    draw();
  }
})();
