"use strict";
/**
 * From the credit cube to the rows of a report: the last step of the engine (engine/sql/credits.py and report_rows.py),
 * written a second time. Small, exact, and the same to the last digit, for any days, rules, weights and filters.
 *
 * The steps: cells of the days chosen are added up to the grain that the engine has for this very request (cells.js);
 * every model weighs them; credits are cut to whole millionths and what is left goes to those that lost most (largest
 * remainder, credits.js); rows are made of them, sorted and cut as asked.
 *
 * @typedef {object} Measure
 * @property {string} name
 * @property {string} unit
 * @property {string} change the unit of a change of it
 * @property {boolean} additive
 * @property {?string} better
 *
 * @typedef {object} Order
 * @property {Measure[]} measures
 * @property {[string, boolean][]} sort columns, and whether each falls
 * @property {?number} limit
 *
 * @typedef {Taken & Order} Choice what is asked of a cube
 *
 * @typedef {object} Answer
 * @property {Array<string | bigint | null>[]} rows dimensions, model, figures in millionths (counts as they are)
 * @property {Array<string | bigint | null>[]} totals
 * @property {{conversions: bigint, attributed: bigint}} counted
 */
const Finish = (() => {
  const { MICRO, ratio, sign, byCodePoint } = Numbers;
  const { UNATTRIBUTED } = Credits;
  const OTHER = "(other)";
  const NO_INTERACTION = "(no interaction)";

  /** @param {string} text @param {Dimension} dimension @returns {boolean} whether it stands for no value */
  const isRest = (text, dimension) =>
    text === UNATTRIBUTED || text === OTHER || text === NO_INTERACTION || text === dimension.missing;

  /**
   * @typedef {object} RowFigures what the figures of a row are made of, by period
   * @property {string[]} labels
   * @property {number} model
   * @property {[bigint, bigint, bigint][]} sums counted, valued and interactions of each period
   */

  /**
   * The figures of a row, in the order of its columns: millionths, but counts as they are; null where unknown.
   * @param {Cube} cube @param {Choice} choice @param {RowFigures} line @param {(bigint | null)[]} wholes
   * @returns {(bigint | null)[]}
   */
  const figuresOf = (cube, choice, line, wholes) => {
    const { type } = cube;
    const valueOf = (/** @type {string} */ name, /** @type {number} */ period) => {
      const [counted, valued, interactions] = line.sums[period];
      if (name === type.counted) return counted;
      if (name === type.valued) return valued;
      if (name === "interactions") return interactions;
      if (name === "share") return ratio(type.primary === type.valued ? valued : counted, wholes[period]);
      throw new Error(`'${name}' is not computed in the page`);
    };
    return choice.measures.flatMap((measure) => {
      const now = valueOf(measure.name, 0);
      if (!choice.before) return [now];
      const old = valueOf(measure.name, 1);
      if (now === null || old === null) return [now, old, null];
      const change = now - old;
      if (measure.change !== "ratio") return [now, old, change];
      return [now, old, old <= 0n ? null : (change * 2n * MICRO + sign(change) * old) / (2n * old)];
    });
  };

  /**
   * The report of a choice.
   * @param {Cube} cube @param {Choice} choice @returns {Answer}
   */
  const finish = (cube, choice) => {
    const { credits, wholes: worth, counted } = Credits.all(cube, choice);
    const periods = choice.before ? [0, 1] : [0];
    const wholes = periods.map((period) => {
      /** @type {?bigint} */ let sum = null;
      for (const one of worth) {
        if (one.period !== period) continue;
        sum = (sum ?? 0n) + (cube.type.primary === cube.type.valued ? one.amount : one.conversions * MICRO);
      }
      return sum;
    });

    /** @type {Map<number, RowFigures[]>} */ const rows = new Map();
    const empty = (/** @type {string[]} */ labels, /** @type {number} */ model) => (
      { labels, model, sums: periods.map(() => /** @type {[bigint, bigint, bigint]} */ ([0n, 0n, 0n])) });
    for (const { line, earned, interactions } of credits) {
      const earns = interactions > 0 || earned[0] !== 0n || earned[1] !== 0n;
      if (line.shown && earns && !rows.has(line.row)) {
        rows.set(line.row, choice.models.map((_, model) => empty(line.labels, model)));
      }
    }
    for (const { line, model, earned, interactions } of credits) {
      const figures = line.shown ? rows.get(line.row) : undefined;
      if (!figures) continue;
      const sums = figures[model].sums[line.period];
      sums[0] += earned[0];
      sums[1] += earned[1];
      sums[2] += BigInt(interactions);
    }
    const sorted = inOrder(cube, choice, [...rows.values()], wholes);
    const limited = cut(cube, choice, sorted, empty);
    const shown = (/** @type {RowFigures} */ line) => [
      ...line.labels, choice.models[line.model].name, ...figuresOf(cube, choice, line, wholes)];
    const sums = choice.models.map((_, model) => merged(sorted.map((lines) => lines[model]), empty([], model)));
    return {
      rows: limited.flat().map(shown),
      totals: sorted.length === 0 ? [] : sums.map((line) => [
        ...cube.dimensions.map(() => null),
        choice.models[line.model].name,
        ...figuresOf(cube, choice, line, wholes),
      ]),
      counted,
    };
  };

  /** @param {RowFigures[]} lines @param {RowFigures} into @returns {RowFigures} */
  const merged = (lines, into) => {
    for (const line of lines) {
      line.sums.forEach((sums, period) => sums.forEach((value, i) => { into.sums[period][i] += value; }));
    }
    return into;
  };

  /** Whether a row is the one of all unattributed conversions: it comes last, and no limit cuts it.
   * @param {Cube} cube @param {string[]} labels @returns {boolean} */
  const comesLast = (cube, labels) =>
    labels.length > 0 && cube.dimensions.every((one) => !one.of_conversion) && labels[0] === UNATTRIBUTED;

  /**
   * Rows in the order asked for, by the figures of the first model.
   * @param {Cube} cube @param {Choice} choice @param {RowFigures[][]} rows @param {(bigint | null)[]} wholes
   * @returns {RowFigures[][]}
   */
  const inOrder = (cube, choice, rows, wholes) => {
    const names = choice.measures.flatMap((one) =>
      (choice.before ? [one.name, `${one.name}_previous`, `${one.name}_change`] : [one.name]));
    const keyed = rows.map((lines) => ({ lines, figures: figuresOf(cube, choice, lines[0], wholes) }));
    keyed.sort((one, other) => {
      const a = one.lines[0].labels;
      const b = other.lines[0].labels;
      const last = Number(comesLast(cube, a)) - Number(comesLast(cube, b));
      if (last) return last;
      for (const [name, falls] of choice.sort) {
        const dimension = cube.dimensions.findIndex((each) => each.name === name);
        if (dimension >= 0) {
          const rest = Number(isRest(a[dimension], cube.dimensions[dimension]))
            - Number(isRest(b[dimension], cube.dimensions[dimension]));
          if (rest) return rest;
          const order = byCodePoint(a[dimension], b[dimension]);
          if (order) return falls ? -order : order;
          continue;
        }
        const at = names.indexOf(name);
        if (at < 0) continue;
        const x = one.figures[at];
        const y = other.figures[at];
        if (x === y) continue;
        if (x === null) return 1;
        if (y === null) return -1;
        return (x < y ? -1 : 1) * (falls ? -1 : 1);
      }
      for (let i = 0; i < a.length; i += 1) {
        const order = byCodePoint(a[i], b[i]);
        if (order) return order;
      }
      return 0;
    });
    return keyed.map((each) => each.lines);
  };

  /**
   * The first rows, and all past the limit as one, with what the cube itself has as (other).
   * @param {Cube} cube @param {Choice} choice @param {RowFigures[][]} rows
   * @param {(labels: string[], model: number) => RowFigures} empty @returns {RowFigures[][]}
   */
  const cut = (cube, choice, rows, empty) => {
    const other = cube.dimensions.map(() => OTHER);
    const isOther = (/** @type {RowFigures[]} */ lines) =>
      other.length > 0 && lines[0].labels.every((text) => text === OTHER);
    const last = rows.filter((lines) => comesLast(cube, lines[0].labels));
    const named = rows.filter((lines) => !comesLast(cube, lines[0].labels) && !isOther(lines));
    const limit = choice.limit ?? named.length;
    const past = [...named.slice(limit), ...rows.filter(isOther)];
    const one = past.length
      ? [choice.models.map((_, model) => merged(past.map((lines) => lines[model]), empty(other, model)))]
      : [];
    return [...named.slice(0, limit), ...one, ...last];
  };

  return { finish, OTHER };
})();
