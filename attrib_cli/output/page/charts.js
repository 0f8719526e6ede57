"use strict";
/**
 * Charts as SVG, drawn from the rows of a report: bars, columns, lines, areas, pies, heat maps, waterfalls and flows.
 * Every mark has a text of its own, shown beside it when it is pointed at; the table below has all figures.
 *
 * @typedef {{category: string, series: string, value: number, text: string, before: ?number, beforeText: string}} Point
 * @typedef {object} Data
 * @property {string} kind
 * @property {string} label what the chart shows, in words
 * @property {string} measure
 * @property {string[]} categories
 * @property {string[]} series
 * @property {Point[]} points
 * @property {(category: string) => boolean} isRest
 * @property {(value: number) => string} short a figure on an axis
 * @property {?(category: string) => void} choose what a click on a category does
 */
const Charts = (() => {
  const SHADES = 6;
  const MOST = 25;
  const SPACE = "http://www.w3.org/2000/svg";
  let clips = 0;

  /** @param {string} name @param {Object<string, string | number>} attributes @param {(Node | string)[]} inside */
  const node = (name, attributes, ...inside) => {
    const made = document.createElementNS(SPACE, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    made.append(...inside);
    return made;
  };

  /** A mark with a text, that a click or a key may choose.
   * @param {Element} made @param {string} tip @param {Data} data @param {string} category */
  const mark = (made, tip, data, category) => {
    made.setAttribute("data-tip", tip);
    if (data.choose) {
      made.classList.add("choose");
      made.addEventListener("click", () => data.choose && data.choose(category));
    }
    return made;
  };

  /** @param {Data} data @param {Point} point */
  const tipOf = (data, point) =>
    [point.category, point.series, point.text, point.before === null ? "" : `before: ${point.beforeText}`]
      .filter(Boolean).join(" · ");

  /** What finds the point of a category and series.
   * @param {Data} data @returns {(category: string, series: string) => Point | undefined} */
  const pointsOf = (data) => {
    const known = new Map(data.points.map((point) => [`${point.category}\u0000${point.series}`, point]));
    return (category, series) => known.get(`${category}\u0000${series}`);
  };

  /** The colour of a series; what stands for no name is grey, or faint beside other series.
   * @param {Data} data @param {string} category @param {number} s */
  const shadeOf = (data, category, s) => {
    if (!data.isRest(category)) return `f${s % SHADES}`;
    return data.series.length > 1 ? `f${s % SHADES} faint` : "rest";
  };

  /** Round numbers from the least to the greatest value, zero among them.
   * @param {number[]} values @returns {number[]} */
  const ticksOf = (values) => {
    const low = Math.min(0, ...values);
    const high = Math.max(0, ...values) || (low < 0 ? 0 : 1);
    const rough = (high - low) / 4;
    const power = 10 ** Math.floor(Math.log10(rough || 1));
    const step = power * ([1, 2, 2.5, 5, 10].find((each) => each * power >= rough) ?? 10);
    const ticks = [];
    for (let at = Math.floor(low / step); at <= Math.ceil(high / step); at += 1) ticks.push(at * step);
    return ticks;
  };

  /** @param {string} text @param {number} most @returns {string} */
  const cut = (text, most) => (text.length > most ? `${[...text].slice(0, most - 1).join("")}…` : text);

  /** @param {number} x @param {number} y @param {string} text @param {Object<string, string | number>} more */
  const words = (x, y, text, more = {}) => node("text", { x, y, ...more }, text);

  /** Bars below each other; those that begin below the sight are left for later.
   * @param {Data} data @param {number} width @param {number} sight pixels of height that are seen */
  const bar = (data, width, sight) => {
    const values = data.points.flatMap((point) => [point.value, point.before ?? 0]);
    const room = Math.min(220, Math.max(90, width * 0.3));
    const ticks = ticksOf(values);
    const low = ticks[0];
    const high = ticks[ticks.length - 1];
    const scale = (/** @type {number} */ value) => room + ((value - low) / (high - low)) * (width - room - 70);
    const compared = data.points.some((point) => point.before !== null);
    const thick = compared ? 18 : 14;
    const group = data.series.length * thick + 8;
    const known = pointsOf(data);
    const barsOf = (/** @type {string} */ category, /** @type {number} */ i) => {
      const top = i * group;
      /** @type {Element[]} */ const parts = [words(room - 8, top + (data.series.length * thick) / 2 + 8, cut(category, Math.floor((room - 8) / 7.4)),
        { "text-anchor": "end", class: data.isRest(category) ? "dim" : "" })];
      data.series.forEach((series, s) => {
        const point = known(category, series);
        if (!point) return;
        const y = top + s * thick + 4;
        const x = Math.min(scale(0), scale(point.value));
        const long = Math.abs(scale(point.value) - scale(0));
        parts.push(mark(node("rect", {
          x, y, width: Math.max(long, 0.5), height: 11, rx: 2,
          class: shadeOf(data, category, s),
        }), tipOf(data, point), data, category));
        if (point.before !== null) {
          parts.push(node("rect", {
            x: Math.min(scale(0), scale(point.before)), y: y + 12, height: 3,
            width: Math.max(Math.abs(scale(point.before) - scale(0)), 0.5), class: "before",
            "data-tip": tipOf(data, point),
          }));
        }
        parts.push(words(Math.max(scale(point.value), scale(0)) + 5, y + 9, point.text, { class: "small" }));
      });
      return parts;
    };
    const seen = Math.max(1, Math.ceil(sight / group));
    const axis = node("path", { d: `M${scale(0)},0V${data.categories.length * group}`, class: "axis-line" });
    return {
      height: data.categories.length * group + 4,
      parts: [...data.categories.slice(0, seen).flatMap(barsOf), axis],
      later: () => data.categories.slice(seen).flatMap((category, i) => barsOf(category, seen + i)),
    };
  };

  /** The frame of charts that stand upright: lines for round numbers, and names below.
   * @param {Data} data @param {number} width @param {number[]} values */
  const upright = (data, width, values) => {
    const ticks = ticksOf(values);
    const left = 12 + Math.max(...ticks.map((tick) => data.short(tick).length)) * 6.6;
    const height = 230;
    const bottom = height - 26;
    const low = ticks[0];
    const high = ticks[ticks.length - 1];
    const y = (/** @type {number} */ value) => bottom - ((value - low) / (high - low)) * (bottom - 10);
    const step = (width - left - 8) / Math.max(data.categories.length, 1);
    const x = (/** @type {number} */ i) => left + step * (i + 0.5);
    const every = Math.ceil(64 / Math.max(step, 1));
    /** @type {Element[]} */ const parts = ticks.flatMap((tick) => [
      node("path", { d: `M${left},${y(tick)}H${width}`, class: tick === 0 ? "axis-line" : "grid-line" }),
      words(left - 6, y(tick) + 4, data.short(tick), { "text-anchor": "end", class: "small" }),
    ]);
    data.categories.forEach((category, i) => {
      if (i % every === 0) {
        parts.push(words(x(i), height - 8, cut(category, Math.max(8, Math.floor((step * every) / 6.6))),
          { "text-anchor": "middle", class: "small" }));
      }
    });
    return { height, parts, x, y, step };
  };

  /** @param {Data} data @param {number} width */
  const column = (data, width) => {
    const frame = upright(data, width, data.points.flatMap((point) => [point.value, point.before ?? 0]));
    const wide = Math.min(36, (frame.step * 0.8) / data.series.length);
    for (const point of data.points) {
      const i = data.categories.indexOf(point.category);
      const s = data.series.indexOf(point.series);
      const x = frame.x(i) + (s - data.series.length / 2) * wide;
      const top = frame.y(Math.max(point.value, 0));
      frame.parts.push(mark(node("rect", {
        x, y: top, width: Math.max(wide - 2, 1), height: Math.max(frame.y(Math.min(point.value, 0)) - top, 0.5),
        class: shadeOf(data, point.category, s),
      }), tipOf(data, point), data, point.category));
      if (point.before !== null) {
        frame.parts.push(node("path", {
          d: `M${x},${frame.y(point.before)}h${Math.max(wide - 2, 1)}`, class: "before-line",
          "data-tip": tipOf(data, point),
        }));
      }
    }
    return frame;
  };

  /** @param {Data} data @param {number} width */
  const stacked = (data, width) => {
    const known = pointsOf(data);
    const sums = data.categories.map((category) =>
      data.points.filter((point) => point.category === category).reduce((sum, point) => sum + point.value, 0));
    const frame = upright(data, width, sums);
    const wide = Math.min(48, frame.step * 0.75);
    data.categories.forEach((category, i) => {
      let level = 0;
      data.series.forEach((series, s) => {
        const point = known(category, series);
        if (!point || !point.value) return;
        frame.parts.push(mark(node("rect", {
          x: frame.x(i) - wide / 2, width: wide, y: frame.y(level + point.value),
          height: Math.max(frame.y(level) - frame.y(level + point.value), 0.5), class: `f${s % SHADES} piece`,
        }), tipOf(data, point), data, category));
        level += point.value;
      });
    });
    return frame;
  };

  /** @param {Data} data @param {number} width */
  const line = (data, width) => {
    const frame = upright(data, width, data.points.flatMap((point) => [point.value, point.before ?? 0]));
    data.series.slice(0, SHADES).forEach((series, s) => {
      const mine = data.points.filter((point) => point.series === series);
      const path = (/** @type {(point: Point) => ?number} */ value) => mine
        .filter((point) => value(point) !== null)
        .map((point, i) => `${i ? "L" : "M"}${frame.x(data.categories.indexOf(point.category))},${
          frame.y(/** @type {number} */ (value(point)))}`).join("");
      if (mine.some((point) => point.before !== null)) {
        frame.parts.push(node("path", { d: path((point) => point.before), class: `stroke s${s} before-line` }));
      }
      frame.parts.push(node("path", { d: path((point) => point.value), class: `stroke s${s}` }));
      for (const point of mine) {
        frame.parts.push(mark(node("circle", {
          cx: frame.x(data.categories.indexOf(point.category)), cy: frame.y(point.value), r: 4, class: `f${s} dot`,
        }), tipOf(data, point), data, point.category));
      }
    });
    return frame;
  };

  /** @param {Data} data @param {number} width */
  const area = (data, width) => {
    const known = pointsOf(data);
    const levels = data.categories.map(() => 0);
    const sums = data.categories.map((category) =>
      data.points.filter((point) => point.category === category).reduce((sum, point) => sum + point.value, 0));
    const frame = upright(data, width, sums);
    data.series.forEach((series, s) => {
      const before = [...levels];
      data.categories.forEach((category, i) => {
        levels[i] += known(category, series)?.value ?? 0;
      });
      const up = levels.map((level, i) => `${i ? "L" : "M"}${frame.x(i)},${frame.y(level)}`).join("");
      const down = before.map((level, i) => `L${frame.x(i)},${frame.y(level)}`).reverse().join("");
      frame.parts.push(node("path", { d: `${up}${down}Z`, class: `f${s % SHADES} part`, "data-tip": series || data.measure }));
    });
    for (const point of data.points) {
      const i = data.categories.indexOf(point.category);
      if (point.series === data.series[data.series.length - 1]) {
        const all = data.points.filter((each) => each.category === point.category);
        frame.parts.push(mark(node("rect", {
          x: frame.x(i) - frame.step / 2, y: 0, width: frame.step, height: frame.height - 26, class: "hit",
        }), [point.category, ...all.map((each) => `${each.series || data.measure}: ${each.text}`)].join(" · "),
        data, point.category));
      }
    }
    return frame;
  };

  /** @param {Data} data @param {number} width @param {boolean} hollow */
  const pie = (data, width, hollow) => {
    const whole = data.points.reduce((sum, point) => sum + Math.max(point.value, 0), 0) || 1;
    const radius = 100;
    const middle = 110;
    let angle = -Math.PI / 2;
    /** @type {Element[]} */ const parts = [];
    data.points.forEach((point, i) => {
      const part = Math.max(point.value, 0) / whole;
      const end = angle + part * Math.PI * 2;
      const spot = (/** @type {number} */ at, /** @type {number} */ r) =>
        `${middle + Math.cos(at) * r},${middle + Math.sin(at) * r}`;
      const large = part > 0.5 ? 1 : 0;
      const hole = hollow ? radius * 0.58 : 0;
      const d = part > 0.9999
        ? `M${spot(0, radius)}A${radius},${radius} 0 1 1 ${spot(Math.PI, radius)}A${radius},${radius} 0 1 1 ${spot(0, radius)}Z`
        : `M${spot(angle, radius)}A${radius},${radius} 0 ${large} 1 ${spot(end, radius)}L${spot(end, hole)}${
          hollow ? `A${hole},${hole} 0 ${large} 0 ${spot(angle, hole)}` : ""}Z`;
      parts.push(mark(node("path", { d, class: `${data.isRest(point.category) ? "rest" : `f${i % SHADES}`} piece${
        i >= SHADES ? " faint" : ""}` }), tipOf(data, point), data, point.category));
      parts.push(node("rect", { x: 240, y: i * 19 + 6, width: 11, height: 11,
        class: `${data.isRest(point.category) ? "rest" : `f${i % SHADES}`}${i >= SHADES ? " faint" : ""}` }));
      parts.push(words(258, i * 19 + 16, cut(`${point.category}  ${point.text}`, Math.floor((width - 260) / 6.6)), {}));
      angle = end;
    });
    return { height: Math.max(222, data.points.length * 19 + 8), parts };
  };

  /** @param {Data} data @param {number} width */
  const heatmap = (data, width) => {
    const known = pointsOf(data);
    const room = Math.min(180, width * 0.3);
    const wide = (width - room) / Math.max(data.series.length, 1);
    const named = data.points.filter((point) => !data.isRest(point.category) && !data.isRest(point.series));
    const greatest = Math.max(...(named.length ? named : data.points).map((point) => Math.abs(point.value)), 0) || 1;
    /** @type {Element[]} */ const parts = data.series.map((series, s) =>
      words(room + wide * (s + 0.5), 12, cut(series, Math.floor(wide / 6.6)), { "text-anchor": "middle", class: "small" }));
    data.categories.forEach((category, i) => {
      parts.push(words(room - 8, 20 + i * 22 + 15, cut(category, Math.floor((room - 8) / 7.4)), { "text-anchor": "end" }));
      data.series.forEach((series, s) => {
        const point = known(category, series);
        if (!point) return;
        parts.push(mark(node("rect", {
          x: room + wide * s + 1, y: 20 + i * 22, width: Math.max(wide - 2, 1), height: 20, class: point.value < 0 ? "less" : "f0",
          "fill-opacity": Math.min(Math.max(Math.abs(point.value) / greatest, 0.04), 1),
        }), tipOf(data, point), data, category));
      });
    });
    return { height: 24 + data.categories.length * 22, parts };
  };

  /** @param {Data} data @param {number} width */
  const waterfall = (data, width) => {
    let level = 0;
    const steps = data.points.map((point) => {
      const start = level;
      level += point.value;
      return { point, start, end: level };
    });
    const total = { category: "Total", series: "", value: level, text: data.short(level), before: null, beforeText: "" };
    const shown = { ...data, categories: [...data.categories, "Total"] };
    const frame = upright(shown, width, steps.flatMap((step) => [step.start, step.end]));
    const wide = Math.min(44, frame.step * 0.75);
    [...steps, { point: total, start: 0, end: level }].forEach(({ point, start, end }, i) => {
      const kind = i === steps.length ? "f0" : data.isRest(point.category) ? "rest" : end < start ? "less" : "more";
      frame.parts.push(mark(node("rect", {
        x: frame.x(i) - wide / 2, width: wide, y: frame.y(Math.max(start, end)),
        height: Math.max(Math.abs(frame.y(start) - frame.y(end)), 0.5), class: kind,
      }), tipOf(data, point), data, point.category));
    });
    return frame;
  };

  /** @param {Data} data @param {number} width */
  const sankey = (data, width) => {
    const whole = data.points.reduce((sum, point) => sum + Math.max(point.value, 0), 0) || 1;
    const height = Math.max(240, 24 * Math.max(data.categories.length, data.series.length));
    const gap = 6;
    const room = Math.min(160, width * 0.28);
    const stack = (/** @type {string[]} */ names, /** @type {(point: Point) => string} */ of) => {
      const scale = (height - gap * names.length) / whole;
      let level = 0;
      const places = new Map();
      for (const name of names) {
        const sum = data.points.filter((point) => of(point) === name)
          .reduce((all, point) => all + Math.max(point.value, 0), 0);
        places.set(name, { start: level, at: level, size: sum * scale, scale });
        level += sum * scale + gap;
      }
      return places;
    };
    const left = stack(data.categories, (point) => point.category);
    const right = stack(data.series, (point) => point.series);
    /** @type {Element[]} */ const parts = [];
    for (const point of data.points) {
      if (point.value <= 0) continue;
      const from = left.get(point.category);
      const to = right.get(point.series);
      const [a, b] = [from.at, to.at];
      const [wa, wb] = [point.value * from.scale, point.value * to.scale];
      from.at += wa;
      to.at += wb;
      const [x1, x2] = [room + 10, width - room - 10];
      const bend = (x1 + x2) / 2;
      const d = `M${x1},${a}C${bend},${a} ${bend},${b} ${x2},${b}V${b + wb}C${bend},${b + wb} ${bend},${a + wa} ${x1},${a + wa}Z`;
      parts.push(mark(node("path", { d, class: `f${data.categories.indexOf(point.category) % SHADES} part` }),
        tipOf(data, point), data, point.category));
    }
    for (const [places, x, anchor, at] of /** @type {const} */ (
      [[left, room, "end", room - 6], [right, width - room - 10, "start", width - room + 6]])) {
      for (const [name, place] of places) {
        parts.push(node("rect", { x, y: place.start, width: 10, height: Math.max(place.size, 1), class: "ink" }));
        parts.push(words(at, place.start + place.size / 2 + 4, cut(name, Math.floor(room / 6.6)),
          { "text-anchor": anchor }));
      }
    }
    return { height, parts };
  };

  /** @type {Object<string, (data: Data, width: number, sight: number) => {height: number, parts: Element[], later?: () => Element[]}>} */
  const DRAWINGS = {
    bar, column, stacked, line, area, heatmap, waterfall, sankey,
    pie: (data, width) => pie(data, width, false),
    doughnut: (data, width) => pie(data, width, true),
  };

  /** The kind of chart that shows some data: the one wanted where it can, else the one that suits.
   * @param {string} wanted @param {Data} data @param {{overTime: boolean, dimensions: number, additive: boolean, models: number}} of
   * @returns {string} */
  const kindOf = (wanted, data, of) => {
    const negative = data.points.some((point) => point.value < 0);
    const parts = of.additive && !negative && of.models === 1;
    const can = /** @type {Object<string, boolean>} */ ({
      bar: of.dimensions > 0, column: of.dimensions > 0, line: of.overTime, area: of.overTime && parts,
      stacked: parts && of.dimensions > 0, pie: parts && of.dimensions === 1 && data.points.length <= 12,
      doughnut: parts && of.dimensions === 1 && data.points.length <= 12, heatmap: data.series.length > 1,
      waterfall: of.additive && of.models === 1 && of.dimensions === 1, sankey: parts && of.dimensions === 2,
      figure: true, table: true,
    });
    if (data.points.length === 0) return "table";
    if (can[wanted]) return wanted;
    if (of.overTime) return "line";
    if (of.dimensions === 0) return "figure";
    return of.dimensions > 1 && data.series.length > 1 && parts ? "stacked" : "bar";
  };

  /** @param {Data} data @param {number} width @param {number} sight pixels of height that are seen
   * @returns {{svg: ?Element, later: ?() => void}} null where the table alone shows it; and what draws the rest of it */
  const draw = (data, width, sight) => {
    const drawing = DRAWINGS[data.kind];
    if (!drawing || data.points.length === 0) return { svg: null, later: null };
    const { height, parts, later } = drawing(data, width, sight);
    clips += 1;
    const made = node("svg", {
      viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-labelledby": `chart${clips}`, class: "chart",
    }, node("title", { id: `chart${clips}` }, data.label), ...parts);
    return { svg: made, later: later ? () => made.append(...later()) : null };
  };

  /** Names of the series beside their colours; null for one.
   * @param {Data} data @returns {?HTMLElement} */
  const legend = (data) => {
    if (["pie", "doughnut", "heatmap", "sankey"].includes(data.kind)) return null;
    const compared = data.points.some((point) => point.before !== null) && ["bar", "column", "line"].includes(data.kind);
    if (data.series.length < 2 && !compared) return null;
    const list = document.createElement("ul");
    list.className = "legend";
    const names = data.series.length < 2 ? [] : data.series.slice(0, MOST);
    names.forEach((series, s) => {
      const item = document.createElement("li");
      const key = node("svg", { width: 12, height: 12, "aria-hidden": "true" },
        node("rect", { width: 12, height: 12, class: `f${s % SHADES}` }));
      item.append(key, ` ${series}`);
      list.append(item);
    });
    if (compared) {
      const item = document.createElement("li");
      item.append(node("svg", { width: 12, height: 12, class: "chart", "aria-hidden": "true" },
        node("rect", { y: 5, width: 12, height: 3, class: "before" })), " period compared with");
      list.append(item);
    }
    return list;
  };

  return { draw, legend, kindOf, MOST, SHADES };
})();
