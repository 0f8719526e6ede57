"use strict";
/**
 * What a script asks of the page, read strictly: names in any case and by their aliases, a text where one name is meant,
 * and an Error for what the page does not have, as the command line has one. Nothing that is asked is left out.
 */
const AskedByScript = (() => {
  const KEYS = ["report", "type", "models", "weights", "period", "from", "to", "compare", "only"];
  const WEIGHTS = ["first", "lead", "deal", "last", "rest"];

  /** @param {string} text @returns {string} what names are alike in */
  const folded = (text) => String(text).trim().toLowerCase().replaceAll("_", "-").replaceAll(" ", "-");

  /** @param {string} text @returns {never} */
  const refuse = (text) => { throw new Error(text); };

  /** @param {any} value a name, names with commas between them, or a list of them @returns {string[]} */
  const namesOf = (value) => (Array.isArray(value) ? value.map(String) : String(value).split(",").map((one) => one.trim()).filter(Boolean));

  /** @param {any} reports @param {any} name */
  const reportOf = (reports, name) => {
    const same = (/** @type {any} */ one) => folded(one.name) === folded(name);
    return reports.find((/** @type {any} */ one) => one.name === name) ?? reports.find(same)
      ?? refuse(`there is no report '${name}' on this page: ${reports.map((/** @type {any} */ one) => one.name).join(", ")}`);
  };

  /** @param {string} key @param {any} value @returns {?string} a day; null, which is none */
  const dayOf = (key, value) => {
    if (value === null) return null;
    const text = String(value);
    return Days.isDay(text) ? text : refuse(`${key}: '${text}' is not a day: write it as 2026-03-05`);
  };

  /** @param {any} value weights by position, or a text such as "first=40,rest=60" @returns {Object<string, number>} */
  const weightsOf = (value) => {
    const pairs = typeof value === "string" ? namesOf(value).map((one) => one.split("=")) : Object.entries(value);
    return Object.fromEntries(pairs.map(([key, text]) => {
      const [name, weight] = [folded(key), Number(text)];
      if (!WEIGHTS.includes(name)) refuse(`weights: there is no position '${key}': ${WEIGHTS.join(", ")}`);
      const whole = weight * 1000000;
      if (!(weight >= 0 && weight <= 1000000) || Math.abs(whole - Math.round(whole)) > 1e-3) {
        refuse(`weights: ${name}: ${text} is not a weight: they are numbers from 0 to 1000000 with at most 6 decimals`);
      }
      return [name, weight];
    }));
  };

  /** The report and the request that a script means.
   * @param {any} asked @param {any} page @returns {{report: any, asked: Asked}} */
  const read = (asked, page) => {
    for (const key of Object.keys(asked)) {
      if (!KEYS.includes(key)) refuse(`there is no '${key}' to ask for: ${KEYS.join(", ")}`);
    }
    const report = asked.report === undefined ? page.reports[0] : reportOf(page.reports, asked.report);
    /** @type {any} */ const found = {};
    if (asked.type !== undefined) {
      const known = page.types.find((/** @type {any} */ one) => [one.name, ...one.aliases].includes(folded(asked.type)));
      found.type = known ? known.name : String(asked.type);
    }
    const view = report.views[found.type ?? report.own?.type];
    const cube = view ? page.cubes[view.cube] : null;
    if (asked.models !== undefined) {
      const offered = [...(report.own?.models ?? []), ...(cube?.models ?? []).map((/** @type {any} */ one) => one.name)];
      found.models = namesOf(asked.models).map((name) => {
        const meant = page.aliases[folded(name)] ?? name;
        return offered.find((one) => folded(one) === folded(meant))
          ?? refuse(`there is no model '${name}' for this report: ${[...new Set(offered)].join(", ")}`);
      });
      if (!found.models.length && asked.weights === undefined) refuse("models: name one of them, or leave it out");
    }
    if (asked.weights !== undefined) found.weights = weightsOf(asked.weights);
    for (const key of ["from", "to"]) if (asked[key] !== undefined) found[key] = dayOf(key, asked[key]);
    if (found.from && found.to && found.from > found.to) refuse(`to: the first day, ${found.from}, is after the last one, ${found.to}`);
    if (asked.compare !== undefined) {
      const kinds = page.comparisons.map((/** @type {any} */ one) => one.name);
      found.compare = asked.compare === null || asked.compare === "none" ? null : folded(asked.compare);
      if (found.compare !== null && !kinds.includes(found.compare)) refuse(`there is no comparison '${asked.compare}': ${kinds.join(", ")}`);
    }
    if (asked.period !== undefined) {
      if (asked.from !== undefined || asked.to !== undefined) refuse("ask for a period, or for days of your own");
      const preset = page.periods.find((/** @type {any} */ one) => one.name === folded(asked.period))
        ?? refuse(`there is no period '${asked.period}' on this page: ${page.periods.map((/** @type {any} */ one) => one.name).join(", ")}`);
      const compare = found.compare === undefined ? report.own?.compare : found.compare;
      Object.assign(found, { from: preset.from, to: preset.to, before: compare ? preset.before[compare] : undefined });
    }
    if (asked.only !== undefined) {
      const filters = (cube?.filters ?? []).map((/** @type {any} */ one) => one.name);
      found.only = Object.fromEntries(Object.entries(asked.only).map(([key, value]) => {
        if (!filters.includes(key)) refuse(`rows cannot be restricted by '${key}' on this page: ${filters.join(", ") || "by nothing"}`);
        return [key, Array.isArray(value) ? value.map(String) : [String(value)]];
      }));
    }
    return { report, asked: found };
  };

  return { read, folded };
})();
