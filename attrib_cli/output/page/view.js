"use strict";
/**
 * The page as it is seen: a bar of choices above, and each report as a chart and a table that follow them. What is
 * chosen stands in the fragment of the address, so that a view can be sent. Texts of the data only ever become text.
 */
const View = (() => {
  const { page, reports } = Answers;
  const { texts, tone, label } = Figures;
  const { OTHER } = Finish;
  const { UNATTRIBUTED } = Credits;
  const MOST_ROWS = 200;
  const MOST_CONVERSIONS = 20;

  /**
   * @typedef {object} Choice what is chosen for all reports; what is null is as each report was computed
   * @property {?string} type
   * @property {?string} period
   * @property {?string} from
   * @property {?string} to
   * @property {?string} compare "none", or what the page has a comparison with
   * @property {?string[]} models
   * @property {?Object<string, number>} weights
   * @property {Object<string, string[]>} only
   * @property {Object<string, [string, boolean]>} sort by report: a column, and whether it falls
   */

  /** @returns {Choice} */
  const nothing = () => ({ type: null, period: null, from: null, to: null, compare: null, models: null, weights: null,
    only: {}, sort: {} });
  let choice = nothing();

  /** Make an element; texts in it are texts.
   * @param {string} name @param {Object<string, any>} more attributes, and listeners (onclick)
   * @param {...(Node | string | null)} inside */
  const make = (name, more = {}, ...inside) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(more)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (key.startsWith("aria-") && value !== null) made.setAttribute(key, String(value));
      else if (value === true) made.setAttribute(key, "");
      else if (value !== false && value !== null) made.setAttribute(key, String(value));
    }
    made.append(...inside.filter((one) => one !== null));
    return made;
  };

  // --- the choice in the address ------------------------------------------------------------------------------------

  const toFragment = () => {
    const parts = new URLSearchParams();
    for (const key of /** @type {const} */ (["type", "period", "from", "to", "compare"])) {
      if (choice[key] !== null) parts.set(key, choice[key]);
    }
    for (const model of choice.models ?? []) parts.append("model", model);
    if (choice.models !== null && choice.models.length === 0) parts.append("model", "");
    for (const [name, value] of Object.entries(choice.weights ?? {})) parts.append("weight", `${name}=${value}`);
    for (const [name, values] of Object.entries(choice.only)) for (const value of values) parts.append(`only.${name}`, value);
    for (const [name, [column, falls]] of Object.entries(choice.sort)) parts.append(`sort.${name}`, `${column}:${falls ? "desc" : "asc"}`);
    const text = parts.toString();
    const address = text ? `#${text}` : `${window.location.pathname}${window.location.search}`;
    window.history.replaceState(null, "", text ? `#${text}` : address);
  };

  const fromFragment = () => {
    const parts = new URLSearchParams(window.location.hash.slice(1));
    const found = nothing();
    for (const key of /** @type {const} */ (["type", "period", "from", "to", "compare"])) found[key] = parts.get(key);
    for (const key of /** @type {const} */ (["from", "to"])) if (!Days.isDay(found[key] ?? "")) found[key] = null;
    if (parts.has("model")) found.models = parts.getAll("model").filter(Boolean);
    for (const text of parts.getAll("weight")) {
      const [name, value] = text.split("=");
      if (Number(value) >= 0) found.weights = { ...found.weights, [name]: Number(value) };
    }
    for (const [key, value] of parts) {
      if (key.startsWith("only.")) (found.only[key.slice(5)] ??= []).push(value);
      if (key.startsWith("sort.")) {
        const at = value.lastIndexOf(":");
        found.sort[key.slice(5)] = [value.slice(0, at), value.slice(at + 1) === "desc"];
      }
    }
    if (found.period !== null) {
      const preset = page.periods.find((/** @type {any} */ one) => one.name === found.period);
      if (preset) [found.from, found.to] = [preset.from, preset.to];
      else found.period = null;
    }
    choice = found;
  };

  /** What a report is asked for by the choice of the page.
   * @param {any} report */
  const askedOf = (report) => {
    /** @type {any} */ const asked = {};
    if (choice.type !== null) asked.type = choice.type;
    if (choice.period !== null || choice.from !== null || choice.to !== null) {
      asked.from = choice.from;
      asked.to = choice.to;
    }
    if (choice.compare !== null) asked.compare = choice.compare === "none" ? null : choice.compare;
    if (choice.period !== null) {
      const preset = page.periods.find((/** @type {any} */ one) => one.name === choice.period);
      asked.before = preset?.before[asked.compare === undefined ? report.own?.compare : asked.compare];
    }
    if (choice.models !== null) asked.models = choice.models;
    else if (choice.weights !== null) asked.models = report.own?.models;
    if (choice.weights !== null) asked.weights = choice.weights;
    const own = report.views[asked.type ?? report.own?.type]?.cube;
    const filters = new Set((Answers.cubes[own]?.filters ?? []).map((one) => one.name));
    asked.only = Object.fromEntries(Object.entries(choice.only).filter(([name]) => filters.has(name)));
    return asked;
  };

  // --- the bar of choices -------------------------------------------------------------------------------------------

  const live = reports.filter((report) => !report.still && report.own);
  /** @type {{name: string, title: string, short: string}[]} */
  const TYPES = Answers.page.types ?? [];

  /** @param {Partial<Choice>} change */
  const choose = (change) => {
    choice = { ...choice, ...change };
    toFragment();
    render();
  };

  const tabs = () => {
    const offered = TYPES.map((type) => type.name).filter((type) => live.some((report) => report.views[type]));
    if (offered.length < 2) return null;
    const own = new Set(live.map((report) => report.own?.type));
    const several = own.size > 1;
    const current = choice.type ?? (several ? "" : [...own][0]);
    const all = [...(several ? [""] : []), ...offered];
    return make("div", { class: "tabs", role: "group", "aria-label": "Report type" }, ...all.map((type) =>
      make("button", {
        type: "button", "data-type": type, "aria-pressed": current === type,
        onclick: () => choose({ type: type && (several || type !== [...own][0]) ? type : null }),
      }, type ? TYPES.find((one) => one.name === type)?.short ?? type : "As saved")));
  };

  const dates = () => {
    const select = make("select", {
      id: "period",
      onchange: (/** @type {any} */ event) => {
        const name = event.target.value;
        if (name === "") choose({ period: null, from: null, to: null });
        else if (name === "custom") choose({ period: null, from: choice.from ?? page.first, to: choice.to ?? page.last });
        else {
          const preset = page.periods.find((/** @type {any} */ one) => one.name === name);
          choose({ period: name, from: preset.from, to: preset.to });
        }
      },
    });
    const custom = choice.period === null && (choice.from !== null || choice.to !== null);
    const options = [["", "As saved"], ...page.periods.map((/** @type {any} */ one) => [one.name, one.title]),
      ["custom", "Other days…"]];
    for (const [value, text] of options) {
      select.append(make("option", { value, selected: value === (custom ? "custom" : choice.period ?? "") }, text));
    }
    const day = (/** @type {"from" | "to"} */ which, /** @type {string} */ text) => make("label", { class: "field" }, text,
      make("input", {
        type: "date", id: which, value: choice[which] ?? "",
        onchange: (/** @type {any} */ event) => choose({ period: null, [which]: event.target.value || null }),
      }));
    return [
      make("label", { class: "field" }, "Period", select),
      day("from", "From"),
      day("to", "To"),
      make("label", { class: "field" }, "Compare with", compareSelect()),
    ];
  };

  const compareSelect = () => {
    const select = make("select", {
      id: "compare", onchange: (/** @type {any} */ event) => choose({ compare: event.target.value || null }),
    });
    const known = page.comparisons.map((/** @type {any} */ one) => [one.name, one.title]);
    for (const [value, text] of [["", "As saved"], ["none", "Nothing"], ...known]) {
      select.append(make("option", { value, selected: value === (choice.compare ?? "") }, text));
    }
    return select;
  };

  /** What makes the long lists of the bar: after all else, or when one is opened. A browser's own search finds
   * what is in a closed list, and opens it, so that it has to be there.
   * @type {Map<string, () => void>} */
  const unfilled = new Map();

  /** A list of choices that unfolds.
   * @param {string} id @param {string} text @param {string} value @param {Node[]} inside
   * @param {() => void} fill what makes a long list, which may wait */
  const unfolding = (id, text, value, inside, fill = () => {}) => {
    const open = document.getElementById(id)?.hasAttribute("open") ?? false;
    let filled = false;
    const once = () => {
      if (!filled) fill();
      filled = true;
      if (unfilled.get(id) === once) unfilled.delete(id);
    };
    if (open) once();
    else unfilled.set(id, once);
    return make("details", { id, class: "choices", open, ontoggle: once },
      make("summary", {}, make("span", { class: "dim" }, `${text} `), value),
      make("div", { class: "box" }, ...inside));
  };

  const models = () => {
    const own = [...new Set(live.flatMap((report) => report.own?.models ?? []))];
    const types = choice.type !== null ? [choice.type] : [...new Set(live.map((report) => report.own?.type ?? ""))];
    const views = live.flatMap((report) => types.map((type) => report.views[type]).filter(Boolean));
    const offered = [...new Set(views.flatMap((view) => Answers.cubes[view.cube].models.map((model) => model.name)))];
    const names = [...offered, ...own.filter((name) => !offered.includes(name))];
    const ticked = new Set(choice.models ?? own);
    const boxes = names.map((name) => make("label", { class: "check" }, make("input", {
      type: "checkbox", name: "model", value: name, checked: ticked.has(name),
      onchange: (/** @type {any} */ event) => {
        const set = new Set(ticked);
        if (event.target.checked) set.add(name);
        else set.delete(name);
        if (!set.size && choice.models === null) event.target.checked = true; // of what is as saved, one stays
        choose({ models: set.size || choice.weights ? names.filter((one) => set.has(one)) : null });
      },
    }), ` ${name}`, offered.includes(name) ? null : make("span", { class: "dim" }, " as computed")));
    const shown = choice.weights ? [...(choice.models ?? []), "own weights"] : choice.models ?? ["as saved"];
    return unfolding("models", "Models", shown.join(", "), [make("fieldset", {}, make("legend", {}, "Models side by side"), ...boxes), weights()]);
  };

  const weights = () => {
    const on = choice.weights !== null;
    const current = choice.weights ?? { first: 40, lead: 0, deal: 0, last: 40, rest: 20 };
    const sliders = ["first", "lead", "deal", "last", "rest"].map((name) => {
      const output = make("output", {}, String(current[name] ?? 0));
      return make("label", { class: "slider" }, make("span", {}, label(name)), make("input", {
        type: "range", name: `weight-${name}`, min: 0, max: 100, step: 1, value: current[name] ?? 0, disabled: !on,
        oninput: (/** @type {any} */ event) => { output.textContent = event.target.value; },
        onchange: (/** @type {any} */ event) => {
          const next = { ...current, [name]: Number(event.target.value) };
          if (Object.values(next).some((value) => value > 0)) choose({ weights: next });
        },
      }), output);
    });
    return make("fieldset", {}, make("legend", {}, "Weights of your own"), make("label", { class: "check" }, make("input", {
      type: "checkbox", id: "weights", checked: on,
      onchange: (/** @type {any} */ event) => choose({ weights: event.target.checked ? current : null }),
    }), " compare with these"), ...sliders);
  };

  const filters = () => {
    /** @type {Map<string, Set<string>>} */ const offered = new Map();
    for (const report of live) {
      const view = report.views[choice.type ?? report.own?.type ?? ""];
      for (const one of view ? Answers.cubes[view.cube].filters : []) {
        const known = offered.get(one.name) ?? new Set();
        one.labels.filter(Boolean).forEach((text) => known.add(text));
        offered.set(one.name, known);
      }
    }
    return [...offered].map(([name, known]) => {
      const chosen = new Set(choice.only[name] ?? []);
      const all = [...known];
      const search = make("input", {
        type: "search", placeholder: "Search", "aria-label": `Search ${label(name).toLowerCase()}s`,
        oninput: (/** @type {any} */ event) => {
          const wanted = event.target.value.toLowerCase();
          for (const one of list.children) /** @type {HTMLElement} */ (one).hidden = !one.textContent?.toLowerCase().includes(wanted);
        },
      });
      const list = make("div", { class: "list" });
      const fill = () => list.replaceChildren(...all.sort(new Intl.Collator().compare).map((text) =>
        make("label", { class: "check" }, make("input", {
          type: "checkbox", name: `only-${name}`, value: text, checked: chosen.has(text),
          onchange: (/** @type {any} */ event) => toggle(name, text, event.target.checked),
        }), " ", make("bdi", {}, text))));
      const shown = chosen.size === 0 ? "all" : chosen.size === 1 ? [...chosen][0] : `${chosen.size} of ${all.length}`;
      return unfolding(`only-${name}`, label(name), shown, [search, list], fill);
    });
  };

  /** Restrict all reports to a value, or no longer.
   * @param {string} name @param {string} text @param {boolean} on */
  const toggle = (name, text, on) => {
    const set = new Set(choice.only[name] ?? []);
    if (on) set.add(text);
    else set.delete(text);
    const only = { ...choice.only, [name]: [...set] };
    if (!set.size) delete only[name];
    choose({ only });
  };

  /** The groups of the bar in their order, each with what of the choice it shows.
   * @type {[() => unknown, () => (Node | null)[]][]} */
  const GROUPS = [
    [() => choice.type, () => [tabs()]],
    [() => [choice.period, choice.from, choice.to, choice.compare], dates],
    [() => [choice.type, choice.models, choice.weights], () => [models()]],
    [() => [choice.type, choice.only], filters],
  ];

  /** What each group last showed, and its elements after an empty text that keeps its place.
   * @type {{shows: string, nodes: ChildNode[]}[]} */
  let groups = [];

  /** Make the bar, or what has changed in it: the rest of it keeps its focus, and need not be laid out again.
   * @param {HTMLElement} place */
  const showBar = (place) => {
    if (!groups.length) {
      groups = GROUPS.map(() => ({ shows: "", nodes: [document.createTextNode("")] }));
      place.replaceChildren(make("div", { class: "choosing", role: "region", "aria-label": "What is shown" },
        ...groups.flatMap((group) => group.nodes),
        make("button", { type: "button", id: "reset", onclick: () => { choice = nothing(); toFragment(); render(); } }, "Reset")));
    }
    GROUPS.forEach(([shown, made], i) => {
      const shows = JSON.stringify(shown());
      if (groups[i].shows === shows) return;
      const [start, ...old] = groups[i].nodes;
      const nodes = /** @type {ChildNode[]} */ (made().filter((one) => one !== null));
      start.after(...nodes);
      old.forEach((one) => one.remove());
      groups[i] = { shows, nodes: [start, ...nodes] };
    });
  };

  // --- a report -----------------------------------------------------------------------------------------------------

  /** @param {any} report @param {any} found @param {any} asked */
  const titleOf = (report, found, asked) => {
    const by = found.columns.filter((/** @type {any} */ column) => column.role === "dimension").map((/** @type {any} */ column) => label(column.name).toLowerCase());
    const what = TYPES.find((one) => one.name === found.type)?.title ?? found.type;
    const shown = found.models.length === 1 ? `${found.models[0]} model` : `${found.models.length} models`;
    const { from, to, before } = Answers.filled(report.own, asked);
    const days = from && to ? `${from} to ${to}` : from ? `from ${from}` : to ? `until ${to}` : "all time";
    const only = Object.entries(asked.only).map(([name, values]) => `${name} ${/** @type {string[]} */ (values).join(" or ")}`);
    return [`${what}${by.length ? ` by ${by.join(" and ")}` : ""}, ${shown}, ${days}${before ? ` against ${before.from} to ${before.to}` : ""}`, ...only].join(" · ");
  };

  /** The rows of a report with the models side by side.
   * @param {any} found */
  const widened = (found) => {
    const dimensions = found.columns.filter((/** @type {any} */ column) => column.role === "dimension");
    const at = dimensions.length;
    /** @type {Map<string, {labels: string[], by: Map<string, any[]>}>} */ const rows = new Map();
    for (const row of found.rows) {
      const labels = row.slice(0, at);
      const key = JSON.stringify(labels);
      const known = rows.get(key) ?? { labels, by: new Map() };
      known.by.set(row[at], row);
      rows.set(key, known);
    }
    const measures = found.columns.map((/** @type {any} */ column, /** @type {number} */ spot) => ({ column, spot }))
      .filter((/** @type {any} */ one) => one.column.role === "measure");
    return { dimensions, rows: [...rows.values()], measures };
  };

  /** @param {any} report @param {any} found @param {any} wide */
  const seriesOf = (report, found, wide) => {
    const made = new Map();
    for (const { column, spot } of wide.measures) {
      for (const model of found.models) {
        const values = wide.rows.map((/** @type {any} */ row) => row.by.get(model)?.[spot] ?? null);
        const total = found.totals.find((/** @type {any} */ row) => row[wide.dimensions.length] === model)?.[spot] ?? null;
        made.set(`${column.name}\u0000${model}`, { values, ...texts(column, values, total, report.currency) });
      }
    }
    return made;
  };

  /** @type {Map<string, string[]>} */ const bucketsKnown = new Map();

  /** All buckets of the page's days, found once.
   * @param {any} bucket @returns {string[]} */
  const allBuckets = (bucket) => {
    const start = Answers.cubes[0]?.week_starts_on ?? 0;
    const found = bucketsKnown.get(bucket.name)
      ?? [...new Set(Days.all(page.first, page.last, bucket).map((day) => Days.bucketOf(bucket.name, day, start)))];
    bucketsKnown.set(bucket.name, found);
    return found;
  };

  /** Buckets of time in their order: without gaps, where the script knows what comes between two of them.
   * @param {any} bucket @param {string[]} found @returns {string[]} */
  const inTime = (bucket, found) => {
    const there = [...found].sort(Numbers.byCodePoint);
    if (!bucket.scripted || !page.first || !page.last) return there;
    const labels = allBuckets(bucket);
    const [first, last] = [labels.indexOf(there[0]), labels.indexOf(there[there.length - 1])];
    const between = labels.slice(first, last + 1);
    return first >= 0 && last >= first && there.every((text) => between.includes(text)) ? between : there;
  };

  /** Points with those that there is no room for summed as one; see output/charts/data.py.
   * @param {any[]} points @param {"category" | "series"} key @param {Set<string>} kept the other names, and `OTHER`
   * @param {any} column @param {?string} currency @returns {any[]} */
  const merged = (points, key, kept, column, currency) => {
    const found = [];
    const sums = new Map();
    for (const point of points) {
      if (kept.has(point[key]) && point[key] !== OTHER) {
        found.push(point);
        continue;
      }
      const name = key === "category" ? point.series : point.category;
      const sum = sums.get(name);
      if (!sum) {
        sums.set(name, { ...point, [key]: OTHER });
        continue;
      }
      sum.value += point.value;
      sum.exact += point.exact;
      if (point.before !== null) {
        sum.before = (sum.before ?? 0) + point.before;
        sum.exactBefore = (sum.exactBefore ?? 0n) + point.exactBefore;
      }
    }
    for (const sum of sums.values()) {
      sum.text = texts(column, [sum.exact], null, currency).text(0);
      sum.beforeText = sum.before === null ? "" : texts(column, [sum.exactBefore], null, currency).text(0);
    }
    return [...found, ...sums.values()];
  };

  /** @param {any} report @param {any} found @param {any} wide @param {any} series */
  const chartOf = (report, found, wide, series, /** @type {number} */ width, /** @type {number} */ sight) => {
    const { column } = wide.measures[0];
    const scale = column.unit === "count" ? 1 : 1000000;
    const several = found.models.length > 1;
    const rest = (/** @type {string} */ text) => /^\((unattributed|other|no .*)\)$/.test(text);
    const bucket = page.buckets.find((/** @type {any} */ one) => one.name === wide.dimensions[0]?.name);
    const overTime = bucket !== undefined;
    /** @type {any[]} */ let points = [];
    wide.rows.forEach((/** @type {any} */ row, /** @type {number} */ i) => {
      for (const model of found.models) {
        const one = series.get(`${column.name}\u0000${model}`);
        const before = series.get(`${column.name}_previous\u0000${model}`);
        if (one.values[i] === null) continue;
        points.push({
          category: row.labels[0] ?? label(column.name), value: Number(one.values[i]) / scale, text: one.text(i),
          series: [...row.labels.slice(1), ...(several ? [model] : [])].join(" · "),
          before: before && before.values[i] !== null ? Number(before.values[i]) / scale : null,
          beforeText: before ? before.text(i) : "",
          exact: one.values[i], exactBefore: before ? before.values[i] : null,
        });
      }
    });
    let categories = [...new Set(points.map((point) => point.category))];
    if (overTime) {
      const rests = categories.filter(rest);
      categories = [...inTime(bucket, categories.filter((text) => !rest(text))), ...rests];
      if (column.additive) {
        const known = new Set(points.map((point) => `${point.category}\u0000${point.series}`));
        const nothing = texts(column, [0n], null, report.currency).text(0);
        for (const series of new Set(points.map((point) => point.series))) {
          for (const category of categories) {
            if (rests.includes(category) || known.has(`${category}\u0000${series}`)) continue;
            points.push({ category, value: 0, text: nothing, series, before: null, beforeText: "", exact: 0n, exactBefore: null });
          }
        }
      }
      const order = new Map(categories.map((category, i) => [category, i]));
      points.sort((one, other) => (order.get(one.category) ?? 0) - (order.get(other.category) ?? 0));
    }
    const weight = new Map();
    for (const point of points) weight.set(point.series, (weight.get(point.series) ?? 0) + Math.abs(point.value));
    let names = [...weight.keys()];
    let left = 0;
    const most = report.chart === "heatmap" ? Charts.MOST : Charts.SHADES;
    if (names.length > most) {
      names = names.filter((name) => name !== OTHER).sort((a, b) => weight.get(b) - weight.get(a));
      if (column.additive && !several) {
        names = [...names.slice(0, most - 1), OTHER];
        points = merged(points, "series", new Set(names), column, report.currency);
      } else {
        left += weight.size - most;
        names = names.slice(0, most);
      }
    }
    const [order] = report.views[found.type]?.sort ?? [];
    if (!overTime && wide.dimensions.length > 1 && column.additive && order && order[0] === column.name && order[1]) {
      const sums = new Map();
      for (const point of points) sums.set(point.category, (sums.get(point.category) ?? 0) + point.value);
      categories.sort((a, b) => Number(rest(a)) - Number(rest(b)) || sums.get(b) - sums.get(a));
    }
    if (!overTime && categories.length > Charts.MOST) {
      const special = categories.filter((text) => rest(text) && text !== OTHER);
      const kept = categories.filter((text) => !rest(text)).slice(0, Charts.MOST - 1 - special.length);
      if (!column.additive) left += categories.length - kept.length - special.length;
      categories = [...kept, ...(column.additive ? [OTHER] : []), ...special];
      if (column.additive) points = merged(points, "category", new Set(categories), column, report.currency);
    }
    const short = Figures.formatter({ notation: "compact", maximumFractionDigits: 1, ...(column.unit === "share" || column.unit === "percent" ? { style: "percent" } : {}) });
    const filtersOf = new Set(filterNames(report));
    const first = wide.dimensions[0]?.name;
    /** @type {any} */ const data = {
      kind: "", measure: label(column.name), categories, series: names, isRest: rest,
      points: points.filter((point) => categories.includes(point.category) && names.includes(point.series)),
      short: (/** @type {number} */ value) => short.format(value),
      choose: filtersOf.has(first) ? (/** @type {string} */ text) => toggle(first, text, !(choice.only[first] ?? []).includes(text)) : null,
    };
    data.kind = Charts.kindOf(report.chart, data, { overTime, dimensions: wide.dimensions.length, additive: column.additive, models: found.models.length });
    data.label = `${label(column.name)}${first ? ` by ${label(first).toLowerCase()}` : ""}: ${data.points.slice(0, 6).map((/** @type {any} */ point) => [point.category, point.series, point.text].filter(Boolean).join(" ")).join(", ")}${data.points.length > 6 ? ", …" : ""}. The table below has all figures.`;
    return { data, ...Charts.draw(data, width, sight), left };
  };

  /** @param {any} report */
  const filterNames = (report) => {
    const view = report.views[choice.type ?? report.own?.type];
    return view ? Answers.cubes[view.cube].filters.map((one) => one.name) : [];
  };

  /** What makes a long figure small enough for one line; see output/dashboard/markup.py.
   * @param {string} text */
  const long = (text) => (text.length > 14 ? " longer" : text.length > 10 ? " long" : "");

  /** @param {any} report @param {any} found @param {any} wide @param {any} series */
  const figureOf = (report, found, wide, series) => found.models.map((/** @type {string} */ model) => {
    const { column } = wide.measures[0];
    const one = series.get(`${column.name}\u0000${model}`);
    const change = series.get(`${column.name}_change\u0000${model}`);
    const before = series.get(`${column.name}_previous\u0000${model}`);
    const changed = wide.measures.find((/** @type {any} */ each) => each.column.name === `${column.name}_change`)?.column;
    return make("div", {}, make("p", { class: `figure${long(one.total || one.text(0))}` }, one.total || one.text(0) || Figures.NOTHING),
      make("p", { class: "small" }, label(column.name) + (found.models.length > 1 ? `, ${model}` : "")),
      change && before ? sinceOf(changed, change.total === null ? null : totalValue(found, wide, changed, model), change.total || change.text(0), before.total || before.text(0)) : null);
  });

  /** @param {any} found @param {any} wide @param {any} column @param {string} model */
  const totalValue = (found, wide, column, model) => {
    const spot = found.columns.indexOf(column);
    return found.totals.find((/** @type {any} */ row) => row[wide.dimensions.length] === model)?.[spot] ?? null;
  };

  /** @param {any} column @param {any} value @param {string} change @param {string} before */
  const sinceOf = (column, value, change, before) => {
    if (value === null && before === Figures.NOTHING) return null;
    const arrow = value === null || value === 0n ? "" : value > 0n ? "▲ " : "▼ ";
    return make("small", {}, value === null ? "" : make("span", { class: tone(column, value) }, `${arrow}${change}`), ` from ${before}`);
  };

  /** @param {any} report @param {any} found @param {any} wide @param {any} series */
  const tableOf = (report, found, wide, series, /** @type {any} */ asked) => {
    const own = wide.measures.filter((/** @type {any} */ one) => one.column.of === null);
    const several = found.models.length > 1;
    const canFilter = new Set(filterNames(report));
    const sorted = choice.sort[report.name];
    const order = wide.rows.map((/** @type {any} */ _, /** @type {number} */ i) => i);
    if (sorted) sortRows(order, wide, series, sorted, found);
    const direction = (/** @type {string} */ key) => (sorted && sorted[0] === key ? (sorted[1] ? "descending" : "ascending") : null);
    const header = (/** @type {string} */ key, /** @type {string} */ text, /** @type {boolean} */ number) => make("th", {
      scope: "col", class: number ? "n" : "name", "aria-sort": direction(key),
    }, make("button", {
      type: "button", class: "sort", "data-sort": key,
      onclick: () => choose({ sort: { ...choice.sort, [report.name]: [key, sorted && sorted[0] === key ? !sorted[1] : number] } }),
    }, text));
    const heads = [
      ...wide.dimensions.map((/** @type {any} */ column) => header(column.name, label(column.name), false)),
      ...own.flatMap((/** @type {any} */ { column }) => found.models.map((/** @type {string} */ model) =>
        header(`${column.name}|${model}`, several ? `${label(column.name)}, ${model}` : label(column.name), true))),
    ];
    const conversions = report.views[found.type]?.conversions ?? null;
    const body = order.slice(0, MOST_ROWS).map((/** @type {number} */ i) => {
      const row = wide.rows[i];
      const cells = row.labels.map((/** @type {string} */ text, /** @type {number} */ d) => {
        const name = wide.dimensions[d].name;
        const inside = canFilter.has(name) && text !== OTHER && text !== UNATTRIBUTED
          ? make("button", {
            type: "button", class: "pick", title: `Restrict all reports to ${text}`,
            onclick: () => toggle(name, text, !(choice.only[name] ?? []).includes(text)),
          }, make("bdi", {}, text))
          : make("bdi", {}, text);
        const drill = d === 0 && conversions !== null && !row.labels.includes(OTHER)
          ? make("button", {
            type: "button", class: "drill", "aria-label": `Largest conversions of ${row.labels.join(", ")}`,
            onclick: () => openConversions(report, asked, row.labels),
          }, "⋯") : null;
        return make("th", { scope: "row" }, inside, drill);
      });
      for (const { column } of own) {
        for (const model of found.models) {
          const one = series.get(`${column.name}\u0000${model}`);
          const change = series.get(`${column.name}_change\u0000${model}`);
          const before = series.get(`${column.name}_previous\u0000${model}`);
          const changed = wide.measures.find((/** @type {any} */ each) => each.column.name === `${column.name}_change`)?.column;
          const low = series.get(`${column.name}_low\u0000${model}`);
          const high = series.get(`${column.name}_high\u0000${model}`);
          cells.push(make("td", { class: "n" }, one.text(i),
            low && low.values[i] !== null ? make("small", {}, `${low.text(i)} – ${high.text(i)}`) : null,
            change ? sinceOf(changed, change.values[i], change.text(i), before.text(i)) : null));
        }
      }
      return make("tr", { class: /^\(/.test(row.labels[0] ?? "") ? "rest" : null }, ...cells);
    });
    const foot = found.totals.length ? make("tfoot", {}, make("tr", {},
      ...wide.dimensions.map((/** @type {any} */ _, /** @type {number} */ i) => (i === 0 ? make("th", { scope: "row" }, "Total") : make("td"))),
      ...own.flatMap((/** @type {any} */ { column }) => found.models.map((/** @type {string} */ model) => make("td", { class: "n" }, series.get(`${column.name}\u0000${model}`).total))))) : null;
    const compared = wide.measures.some((/** @type {any} */ one) => one.column.name.endsWith("_change"));
    const many = own.length * found.models.length * (compared ? 2 : 1) > 6;
    /** @type {any} */ const table = make("table", { class: many ? "many" : null }, make("caption", {}, report.name), make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...body), foot);
    const search = make("input", {
      type: "search", placeholder: "Search rows", "aria-label": `Search the rows of ${report.name}`,
      oninput: (/** @type {any} */ event) => {
        const wanted = event.target.value.toLowerCase();
        for (const row of table.tBodies[0].rows) row.hidden = ![...row.querySelectorAll("th")].some((/** @type {Element} */ cell) => cell.textContent?.toLowerCase().includes(wanted));
      },
    });
    const download = make("button", { type: "button", class: "csv", onclick: () => save(`${report.name}.csv`, Answers.asCsv(found)) }, "Download CSV");
    const more = wide.rows.length > MOST_ROWS ? make("p", { class: "small" }, `${wide.rows.length - MOST_ROWS} more rows are in the CSV`) : null;
    return [make("div", { class: "tools" }, search, download), make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": `Table: ${report.name}` }, table), more];
  };

  /** @param {number[]} order @param {any} wide @param {any} series @param {[string, boolean]} sorted @param {any} found */
  const sortRows = (order, wide, series, sorted, found) => {
    const [key, falls] = sorted;
    const dimension = wide.dimensions.findIndex((/** @type {any} */ column) => column.name === key);
    const [measure, model] = key.split("|");
    const values = series.get(`${measure}\u0000${found.models.includes(model) ? model : found.models[0]}`)?.values;
    const compare = new Intl.Collator(undefined, { numeric: true }).compare;
    order.sort((a, b) => {
      if (dimension >= 0) return compare(wide.rows[a].labels[dimension], wide.rows[b].labels[dimension]) * (falls ? -1 : 1);
      if (!values || values[a] === values[b]) return a - b;
      if (values[a] === null) return 1;
      if (values[b] === null) return -1;
      return (values[a] < values[b] ? -1 : 1) * (falls ? -1 : 1);
    });
  };

  /** @param {string} name @param {string} text */
  const save = (name, text) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = make("a", { href: address, download: name.replace(/[\\/:*?"<>|]/g, "_") });
    link.click();
    window.setTimeout(() => URL.revokeObjectURL(address), 1000);
  };

  /** @param {any} report @param {any} asked @param {string[]} labels */
  const openConversions = (report, asked, labels) => {
    const found = Answers.conversionsOf(report, asked, labels);
    if (!found) return;
    const at = labels.length;
    const first = found.columns.findIndex((column) => column.role === "measure");
    const rows = [...found.rows].filter((row) => row[at + 1] === found.models[0])
      .sort((a, b) => (a[first] === b[first] ? 0 : /** @type {any} */ (a[first]) < /** @type {any} */ (b[first]) ? 1 : -1));
    const shown = rows.slice(0, MOST_CONVERSIONS);
    const measures = found.columns.map((column, spot) => ({ column, spot })).filter((one) => one.column.role === "measure" && one.column.name !== "share");
    const made = measures.map(({ column, spot }) => texts(column, shown.map((row) => /** @type {any} */ (row[spot])), null, report.currency));
    const dialog = /** @type {HTMLDialogElement} */ (make("dialog", { "aria-labelledby": "drilled" },
      make("h2", { id: "drilled" }, `Largest conversions: ${labels.join(", ")}`),
      make("p", { class: "small" }, `${shown.length} of ${rows.length} conversions, ${found.models[0]} model`),
      make("table", {}, make("thead", {}, make("tr", {}, make("th", { scope: "col" }, label(found.columns[at].name)), ...measures.map(({ column }) => make("th", { scope: "col", class: "n" }, label(column.name))))),
        make("tbody", {}, ...shown.map((row, i) => make("tr", {}, make("th", { scope: "row" }, make("bdi", {}, String(row[at]))), ...made.map((column) => make("td", { class: "n" }, column.text(i))))))),
      make("form", { method: "dialog" }, make("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close"))));
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  };

  /** Draw a report but for what of its chart is out of sight and for its table: a chart often fills the sight, and a
   * table takes as long.
   * @param {any} report @param {HTMLElement} section @param {number} room its width
   * @param {number} sight pixels of height that are seen of it
   * @returns {?{place: HTMLElement, chart: ?() => void, draw: () => void}} where the table stands, and what draws the
   * rest of the chart and the table; null without one */
  const renderReport = (report, section, room, sight) => {
    const place = /** @type {HTMLElement} */ (section.querySelector(".answer"));
    const note = (/** @type {string} */ text) => make("p", { class: "small note" }, text);
    if (!report.own || report.still) {
      if (report.own && changed()) {
        if (!section.querySelector(".note")) place.append(note(`As computed, whatever is chosen above: ${report.still}.`));
      } else section.querySelector(".note")?.remove();
      return null;
    }
    const asked = askedOf(report);
    let found;
    try {
      found = Answers.answer(report, asked);
    } catch (error) {
      place.replaceChildren(note(error instanceof Error ? error.message : String(error)));
      return null;
    }
    const parts = [];
    const lacking = found.missing.length ? note(`Carried as computed, and so not shown for this choice: ${found.missing.join(", ")}.`) : null;
    if (!found.columns.length || !found.rows.length) {
      place.replaceChildren(note(found.columns.length ? "Nothing is credited under this choice." : "None of these models can be computed here."), lacking ?? "");
      return null;
    }
    const wide = widened(found);
    const series = seriesOf(report, found, wide);
    parts.push(make("p", { class: "small" }, titleOf(report, found, asked)));
    if (found.conversions !== null) parts.push(make("p", { class: "small" }, `${new Intl.NumberFormat().format(found.conversions)} conversions`));
    const width = Math.max(280, Math.floor(room - 34));
    const { data, svg, later, left } = chartOf(report, found, wide, series, width, sight);
    if (data.kind === "figure" || report.display === "figure") parts.push(...figureOf(report, found, wide, series));
    else if (svg) {
      parts.push(svg);
      const names = Charts.legend(data);
      if (names) parts.push(names);
      if (report.chart !== data.kind && report.chart !== "table") {
        parts.push(make("p", { class: "small" }, `A ${report.chart} chart cannot show this choice: it is a ${data.kind} chart here`));
      }
      if (left) parts.push(make("p", { class: "small" }, `${left} more are in the table`));
    }
    if (lacking) parts.push(lacking);
    if (report.display === "figure") {
      place.replaceChildren(.../** @type {Node[]} */ (parts));
      return null;
    }
    /** @type {HTMLElement} */ const below = place.querySelector(":scope > .rows") ?? make("div", { class: "rows" });
    if (below.parentElement !== place) place.replaceChildren(below);
    while (place.firstChild !== below) place.firstChild?.remove(); // what stays where it is need not be laid out again
    below.before(.../** @type {Node[]} */ (parts));
    return {
      place: below,
      chart: later,
      draw: () => below.replaceChildren(.../** @type {Node[]} */ (tableOf(report, found, wide, series, asked).filter((one) => one !== null))),
    };
  };

  /** Say that what is seen is of an earlier choice, or no longer: nobody downloads or sorts it then.
   * @param {HTMLElement} part @param {boolean} waits */
  const mark = (part, waits) => {
    part.inert = waits;
    if (waits) part.setAttribute("aria-busy", "true");
    else part.removeAttribute("aria-busy");
  };

  const changed = () => JSON.stringify({ ...choice, sort: {} }) !== JSON.stringify(nothing());

  // --- all of it ----------------------------------------------------------------------------------------------------

  let round = 0;
  /** Draws what the last choice has left to be drawn. */
  let finishDrawing = () => {};

  /** Draw the choices and what is in sight at once, all else piece by piece right after. */
  const render = () => {
    const focus = focused();
    const start = performance.now();
    round += 1;
    const mine = round;
    const sections = reports.map((_, i) => document.getElementById(`r${i}`));
    const rooms = sections.map((section) => section?.clientWidth ?? 0); // before anything changes, so that it is laid out once
    const places = sections.map((section) => section?.getBoundingClientRect());
    const inSight = places.map((place) => place !== undefined && place.top < window.innerHeight && place.bottom > 0);
    const place = document.getElementById("choices");
    if (place && live.length) showBar(place);
    const order = reports.map((_, i) => i).filter((i) => sections[i]);
    const draw = (/** @type {number} */ i) => {
      const section = /** @type {HTMLElement} */ (sections[i]);
      const sight = inSight[i] ? window.innerHeight - (places[i]?.top ?? 0) : 0;
      const table = renderReport(reports[i], section, rooms[i], sight);
      mark(section, false);
      return table;
    };
    const tables = order.filter((i) => inSight[i]).map(draw).filter((table) => table !== null);
    const isBelow = tables.map((table) => table.place.getBoundingClientRect().top >= window.innerHeight);
    const later = tables.flatMap((table) => table.chart ?? []);
    tables.forEach((table, i) => {
      mark(table.place, isBelow[i]);
      if (!isBelow[i]) table.draw();
      else later.push(() => { table.draw(); mark(table.place, false); });
    });
    for (const i of order.filter((one) => !inSight[one])) {
      mark(/** @type {HTMLElement} */ (sections[i]), true);
      later.push(() => {
        const table = draw(i);
        table?.chart?.();
        table?.draw();
        if (table) mark(table.place, false);
      });
    }
    later.push(...unfilled.values());
    const status = document.getElementById("status");
    if (status) {
      status.textContent = changed() ? "Computed in this page for what is chosen above." : "";
      status.dataset.milliseconds = String(Math.round(performance.now() - start));
    }
    finishDrawing = () => { while (later.length) later.shift()?.(); };
    const next = () => {
      if (mine !== round) return;
      const until = performance.now() + 12;
      while (later.length && performance.now() < until) later.shift()?.();
      if (later.length) setTimeout(next, 0);
      else focus();
    };
    focus();
    // after the next frame, so that what is in sight has been shown before anything else is begun
    if (later.length) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(next, 0)));
  };

  /** Remember what has the focus, which is made anew, and give it back.
   * @returns {() => void} */
  const focused = () => {
    const at = /** @type {HTMLInputElement | null} */ (document.activeElement);
    if (!at || at === document.body) return () => {};
    const section = at.closest("section[id]");
    const { id, name, value } = at;
    const key = at.dataset.sort ?? at.dataset.type;
    return () => {
      const within = section ? document.getElementById(section.id) ?? document : document;
      const same = id ? document.getElementById(id)
        : [...within.querySelectorAll("input,button,select")].find((/** @type {any} */ one) =>
          (key !== undefined ? (one.dataset.sort ?? one.dataset.type) === key : name && one.name === name && (one.type === "range" || one.value === value)));
      if (same instanceof HTMLElement) same.focus();
    };
  };

  const tips = () => {
    const tip = make("div", { id: "tip", hidden: true, "aria-hidden": "true" });
    document.body.append(tip);
    document.addEventListener("mousemove", (event) => {
      const at = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      tip.hidden = !at;
      if (!at) return;
      tip.textContent = at.getAttribute("data-tip");
      const left = Math.min(event.clientX + 12, window.innerWidth - tip.offsetWidth - 8);
      tip.style.left = `${Math.max(left, 4)}px`;
      tip.style.top = `${event.clientY + 16}px`;
    });
  };

  /** Compute each report once while nobody waits, so that the first choice is answered as quickly as later ones. */
  const prepare = () => {
    const idle = window.requestIdleCallback ?? ((/** @type {() => void} */ work) => setTimeout(work, 50));
    const left = [...live];
    const next = () => {
      const report = left.shift();
      if (!report || round > 1) return;
      try {
        Answers.answer(report, {}, true);
      } catch {
        // what cannot be computed is said when it is asked for
      }
      idle(next);
    };
    idle(next);
  };

  const begin = () => {
    fromFragment();
    tips();
    render();
    prepare();
    window.addEventListener("hashchange", () => { fromFragment(); render(); });
    window.addEventListener("beforeprint", () => finishDrawing());
    let width = window.innerWidth;
    window.addEventListener("resize", () => {
      if (Math.abs(window.innerWidth - width) > 40) { width = window.innerWidth; render(); }
    });
  };

  if (reports.length) begin();
  return { render };
})();
