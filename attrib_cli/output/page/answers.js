"use strict";
/**
 * What the page has, and what it answers: the reports carried, and each of them for a choice of type, models and days.
 * `attrib.reports` and `attrib.rows` are for scripts, and stay as they are from version to version.
 *
 * @typedef {object} View a report as one report type has it
 * @property {number} cube
 * @property {string[]} by the dimensions of the cube that it is cut by
 * @property {Measure[]} measures
 * @property {[string, boolean][]} sort
 * @property {?number} limit
 * @property {?number} conversions the cube of single conversions, where the page has one
 * @property {string} key the dimension of that cube that has them
 *
 * @typedef {object} Own a report as it was computed
 * @property {string} type
 * @property {?string} from
 * @property {?string} to
 * @property {string} period
 * @property {?string} compare
 * @property {?{from: string, to: string}} before
 * @property {Object<string, {from: string, to: string}>} befores what it would be compared with, by kind of comparison
 * @property {string[]} models
 * @property {Column[]} columns
 * @property {(string | null)[][]} rows figures in digits
 * @property {(string | null)[][]} totals
 * @property {string[]} dimensions
 *
 * @typedef {{name: string, role: string, unit: string, additive: boolean, of: ?string, better: ?string}} Column
 *
 * @typedef {object} PageReport
 * @property {string} name
 * @property {string} display
 * @property {string} chart
 * @property {string} still why it is not computed in the page, empty where it is
 * @property {string[]} carried measures that are carried as computed, and so are the figures of data-driven models
 * @property {?string} currency
 * @property {?Own} own
 * @property {Object<string, View>} views by report type
 *
 * @typedef {object} Asked of a report: what is left out is as it was computed
 * @property {string} [type]
 * @property {?string} [from]
 * @property {?string} [to]
 * @property {?string} [compare]
 * @property {?{from: string, to: string}} [before]
 * @property {string[]} [models]
 * @property {Object<string, number>} [weights]
 * @property {Object<string, string[]>} [only]
 *
 * @typedef {object} Found
 * @property {Column[]} columns
 * @property {Array<string | bigint | null>[]} rows
 * @property {Array<string | bigint | null>[]} totals
 * @property {?bigint} conversions
 * @property {boolean} isOwn it is what was computed, with measures and models that the page only carries
 * @property {string[]} missing what is carried only, and is left out here
 * @property {string} type
 * @property {string[]} models
 */
const Answers = (() => {
  const POSITIONS = ["first", "lead", "deal", "last"];
  const { folded } = AskedByScript;

  /** @type {any} */
  const page = JSON.parse(document.getElementById("page")?.textContent ?? "{}");
  /** @type {PageReport[]} */
  const reports = page.reports ?? [];
  /** @type {Cube[]} */
  const cubes = page.cubes ?? [];

  /** The model that weights make; called by them, as the command line calls it.
   * @param {Object<string, number>} weights @returns {Model} */
  const weightsModel = (weights) => {
    const names = [...POSITIONS, "rest"].filter((name) => weights[name] !== undefined);
    const whole = Object.fromEntries(names.map((name) => [name, Math.round(Number(weights[name]) * 1000000)]));
    let divisor = 0;
    for (const value of Object.values(whole)) {
      let [a, b] = [divisor, value];
      while (b) [a, b] = [b, a % b];
      divisor = a;
    }
    if (divisor === 0 || Object.values(whole).some((value) => !(value >= 0))) {
      throw new Error("weights are numbers of at least 0, and one of them is above 0");
    }
    return {
      name: names.map((name) => `${name}=${Number(weights[name])}`).join(" "),
      weights: POSITIONS.map((name) => (whole[name] ?? 0) / divisor),
      rest: (whole.rest ?? 0) / divisor,
      kernel: -1,
    };
  };

  /** A cube with some of its dimensions, in this order: cells that are alike in these add up.
   * @param {Cube} cube @param {string[]} by @returns {Cube} */
  const cutBy = (cube, by) => ({
    ...cube, dimensions: by.flatMap((name) => cube.dimensions.filter((one) => one.name === name)),
  });

  /** @param {?string} one @param {?string | undefined} other */
  const same = (one, other) => (one ?? null) === (other ?? null);

  /** What is asked, with all that is left out as the report was computed; `before` is the period compared with.
   * @param {Own} own @param {Asked} asked */
  const filled = (own, asked) => {
    const dated = asked.from !== undefined || asked.to !== undefined;
    const from = asked.from === undefined ? own.from : asked.from;
    const to = asked.to === undefined ? own.to : asked.to;
    const compare = asked.compare === undefined ? own.compare : asked.compare;
    let before = null;
    if (compare && asked.before) before = asked.before;
    else if (compare && !dated) before = compare === own.compare ? own.before : own.befores[compare] ?? null;
    else if (compare && from && to) before = Days.previous(/** @type {any} */ (compare), from, to);
    if (before && from && before.to >= from) {
      throw new RangeError(`${before.from} to ${before.to} overlaps the days that it would be compared with`);
    }
    return { from, to, before };
  };

  /** Whether a choice is that of a report as it was computed.
   * @param {Own} own @param {Asked} asked @param {string[]} models */
  const isOwn = (own, asked, models) => {
    const { from, to, before } = filled(own, asked);
    return (asked.type === undefined || asked.type === own.type)
      && same(own.from, from) && same(own.to, to)
      && same(own.before?.from ?? null, before?.from) && same(own.before?.to ?? null, before?.to)
      && !Object.keys(asked.only ?? {}).length
      && models.length === own.models.length && models.every((name, i) => name === own.models[i]);
  };

  /** A report for a choice. Raises an Error where the page has not what it takes.
   * @param {PageReport} report @param {Asked} asked @param {boolean} fresh compute it even where it was computed before
   * @returns {Found} */
  const answer = (report, asked, fresh = false) => {
    const { own } = report;
    if (!own) throw new Error(`'${report.name}' has no figures`);
    const weights = asked.weights && Object.keys(asked.weights).length ? weightsModel(asked.weights) : null;
    const names = (asked.models ?? (weights ? [] : own.models)).map((name) =>
      own.models.find((one) => folded(one) === folded(name)) ?? name);
    const models = weights ? [...names, weights.name] : names;
    if (!fresh && isOwn(own, asked, models)) {
      const counts = new Set(own.columns.filter((column) => column.unit === "count" && !column.name.endsWith("_change"))
        .map((column) => column.name));
      const read = (/** @type {(string | null)[]} */ row) => row.map((cell, i) => {
        if (cell === null || own.columns[i].role !== "measure") return cell;
        return counts.has(own.columns[i].name) ? BigInt(cell) : Numbers.micros(cell);
      });
      return {
        columns: own.columns, rows: own.rows.map(read), totals: own.totals.map(read), conversions: null, isOwn: true,
        missing: [], type: own.type, models: own.models,
      };
    }
    if (report.still) throw new Error(`'${report.name}' is carried as it was computed: ${report.still}`);
    const type = asked.type ?? own.type;
    const view = report.views[type];
    if (!view) throw new Error(`'${report.name}' cannot be had as ${type}: ${Object.keys(report.views).join(", ")}`);
    const cube = cutBy(cubes[view.cube], view.by);
    const missing = /** @type {string[]} */ ([]);
    const chosen = names.flatMap((name) => {
      const model = cube.models.find((one) => folded(one.name) === folded(name));
      if (!model) missing.push(name);
      return model ? [model] : [];
    });
    if (weights) chosen.push(weights);
    if (type === own.type) missing.push(...report.carried);
    const { from, to, before } = filled(own, asked);
    if (chosen.length === 0) {
      return { columns: [], rows: [], totals: [], conversions: null, isOwn: false, missing, type, models: [] };
    }
    const found = Finish.finish(cube, {
      from, to, before, models: chosen, measures: view.measures, sort: view.sort, limit: view.limit,
      only: asked.only ?? {},
    });
    return {
      columns: columnsOf(cube, view.measures, before !== null),
      rows: found.rows,
      totals: found.totals,
      conversions: found.counted.conversions,
      isOwn: false,
      missing,
      type,
      models: chosen.map((model) => model.name),
    };
  };

  /** @param {Cube} cube @param {Measure[]} measures @param {boolean} compared @returns {Column[]} */
  const columnsOf = (cube, measures, compared) => [
    ...cube.dimensions.map((one) =>
      ({ name: one.name, role: "dimension", unit: "text", additive: false, of: null, better: null })),
    { name: "model", role: "model", unit: "text", additive: false, of: null, better: null },
    ...measures.flatMap((one) => {
      const own = { name: one.name, role: "measure", unit: one.unit, additive: one.additive, of: null, better: null };
      if (!compared) return [own];
      return [
        own,
        { ...own, name: `${one.name}_previous`, of: one.name },
        { ...own, name: `${one.name}_change`, unit: one.change, additive: false, of: one.name, better: one.better },
      ];
    }),
  ];

  /** The largest conversions behind a row: what `--by ...,deal_id` reports of it.
   * @param {PageReport} report @param {Asked} asked @param {string[]} labels @returns {?Found} */
  const conversionsOf = (report, asked, labels) => {
    const { own } = report;
    const type = asked.type ?? own?.type ?? "";
    const view = report.views[type];
    if (!own || !view || view.conversions === null || view.conversions === undefined) return null;
    const single = { ...report, still: "", carried: [],
      views: { [type]: { ...view, cube: view.conversions, by: [...view.by, view.key], limit: null } } };
    const found = answer(single, { ...asked, type, compare: null }, true);
    const rows = found.rows.filter((row) => labels.every((text, i) => row[i] === text));
    return { ...found, rows };
  };

  /** Rows as the objects of `--format json`, an object a line, with all digits.
   * @param {Found} found @returns {string} */
  const asJson = (found) => {
    const lines = found.rows.map((row) => `{${row.map((cell, i) => {
      const key = JSON.stringify(found.columns[i].name);
      return `${key}: ${written(cell, found.columns[i], JSON.stringify)}`;
    }).join(", ")}}`);
    return lines.length ? `[\n${lines.join(",\n")}\n]` : "[]";
  };

  /** @param {string | bigint | null} cell @param {Column} column @param {(text: string) => string} text */
  const written = (cell, column, text) => {
    if (cell === null) return "null";
    if (typeof cell === "string") return text(cell);
    return column.unit === "count" && !column.name.endsWith("_change") ? String(cell) : Numbers.decimal(cell);
  };

  /** Rows as CSV, with all digits.
   * @param {Found} found @returns {string} */
  const asCsv = (found) => {
    const field = (/** @type {string} */ text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const lines = [found.columns.map((column) => field(column.name)), ...found.rows.map((row) =>
      row.map((cell, i) => (cell === null ? "" : written(cell, found.columns[i], field))))];
    return lines.map((line) => `${line.join(",")}\n`).join("");
  };

  const api = Object.freeze({
    /** The names of the reports on the page. */
    reports: Object.freeze(reports.map((report) => report.name)),

    /** The records that `attrib report --format json` prints for the same choice; what is left out is as computed.
     * Raises an Error for what the page does not have, see asked.js.
     * @param {Object<string, any>} asked @returns {Object<string, string | number | null>[]} */
    rows: (asked = {}) => JSON.parse(api.json(asked)),

    /** The same as text, with all digits.
     * @param {Object<string, any>} asked @returns {string} */
    json: (asked = {}) => {
      if (!reports.length) throw new Error("there is no report on this page");
      const { report, asked: rest } = AskedByScript.read(asked, page);
      const found = answer(report, rest);
      const lacking = found.missing.filter((name) => (rest.models ?? []).some((one) => folded(one) === folded(name)));
      if (lacking.length || found.columns.length === 0) {
        throw new Error(`${(lacking.length ? lacking : found.missing).join(", ")}: carried as computed, or not offered here`);
      }
      return asJson(found);
    },
  });
  Object.defineProperty(window, "attrib", { value: api });

  return { page, reports, cubes, answer, conversionsOf, asCsv, filled };
})();
