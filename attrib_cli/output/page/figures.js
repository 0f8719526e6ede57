"use strict";
/**
 * Figures for people, in the reader's language: rounded so that what is shown sums to the total shown.
 */
const Figures = (() => {
  const { remainder, floorQuotient } = Numbers;
  const PERCENT = new Set(["share", "percent", "points"]);
  const NOTHING = "–";

  /** @typedef {{name: string, unit: string, additive: boolean, of: ?string, better: ?string}} Column */
  /** @typedef {bigint | null} Figure whole millionths, counts as they are */

  /** @param {Column} column @returns {boolean} */
  const isChange = (column) => column.of !== null && column.name.endsWith("_change");

  /** @param {bigint} value @param {bigint} unit @returns {bigint} half up, to a multiple of a unit */
  const rounded = (value, unit) => {
    const up = (2n * (value < 0n ? -value : value) + unit) / (2n * unit) * unit;
    return value < 0n ? -up : up;
  };

  /** Round figures to a unit so that they sum to the rounded total, by the largest remainder; see output/figures.py.
   * @param {Figure[]} values @param {bigint} total @param {bigint} unit @returns {Figure[]} */
  const apportion = (values, total, unit) => {
    const floors = values.map((value) => (value === null ? null : floorQuotient(value, unit) * unit));
    const sum = floors.reduce((/** @type {bigint} */ all, value) => all + (value ?? 0n), 0n);
    const missing = (rounded(total, unit) - sum) / unit;
    const upward = values
      .map((value, i) => ({ i, rest: value === null ? 0n : remainder(value, unit) }))
      .filter((one) => one.rest > 0n)
      .sort((one, other) => (one.rest === other.rest ? one.i - other.i : one.rest < other.rest ? 1 : -1));
    if (missing < 0n || missing > BigInt(upward.length)) {
      return values.map((value) => (value === null ? null : rounded(value, unit)));
    }
    for (const { i } of upward.slice(0, Number(missing))) floors[i] = /** @type {bigint} */ (floors[i]) + unit;
    return floors;
  };

  /** @param {Column} column @param {Figure[]} values @returns {number} decimals */
  const digitsOf = (column, values) => {
    if (PERCENT.has(column.unit) || (isChange(column) && column.unit !== "difference")) return 3;
    if (column.unit === "count") return 0;
    if (!["contacts", "deals", "conversions"].includes(column.unit)) return 2;
    return values.every((value) => value === null || value % 1000000n === 0n) ? 0 : 2;
  };

  /** The column of a measure as texts, each written when it is asked for, and its total.
   * @param {Column} column @param {Figure[]} values @param {Figure} total @param {?string} currency
   * @returns {{text: (i: number) => string, total: string}} */
  const texts = (column, values, total, currency) => {
    const digits = digitsOf(column, [...values, total]);
    const isCount = column.unit === "count" && !isChange(column);
    const scale = isCount ? 1n : 10n ** BigInt(6 - digits);
    const made = column.additive && total !== null
      ? apportion(values, total, scale)
      : values.map((value) => (value === null ? null : rounded(value, scale)));
    const write = writer(column, digits, isCount, currency);
    return {
      text: (i) => {
        const value = made[i] ?? null;
        return value === null ? NOTHING : write(value);
      },
      total: total === null ? "" : write(rounded(total, scale)),
    };
  };

  /** @param {Column} column @param {number} digits @param {boolean} isCount @param {?string} currency
   * @returns {(value: bigint) => string} */
  const writer = (column, digits, isCount, currency) => {
    const signed = isChange(column) ? "exceptZero" : "auto";
    const percent = digits === 3;
    /** @type {Intl.NumberFormatOptions} */
    const options = {
      minimumFractionDigits: percent ? 1 : digits,
      maximumFractionDigits: percent ? 1 : digits,
      signDisplay: signed,
    };
    if (percent && column.unit !== "points") options.style = "percent";
    else if (column.unit === "currency" && currency) Object.assign(options, { style: "currency", currency });
    const format = formatter(options);
    return (value) => {
      const text = isCount ? String(value) : Numbers.decimal(column.unit === "points" ? value * 100n : value);
      return format.format(/** @type {any} */ (text)) + (column.unit === "points" ? " pp" : "");
    };
  };

  /** @type {Map<string, Intl.NumberFormat>} */ const formatters = new Map();

  /** The one formatter of these options: to make one takes longer than to write a hundred figures.
   * @param {Intl.NumberFormatOptions} options @returns {Intl.NumberFormat} */
  const formatter = (options) => {
    const name = JSON.stringify(options);
    let found = formatters.get(name);
    if (!found) {
      try {
        found = new Intl.NumberFormat(undefined, options);
      } catch {
        found = new Intl.NumberFormat(undefined, { ...options, style: "decimal", currency: undefined });
      }
      formatters.set(name, found);
    }
    return found;
  };

  /** Whether a change is good or bad news, empty where it is neither.
   * @param {Column} column @param {Figure} value @returns {"" | "better" | "worse"} */
  const tone = (column, value) => {
    if (!isChange(column) || !column.better || value === null || value === 0n) return "";
    return (value > 0n) === (column.better === "up") ? "better" : "worse";
  };

  /** @param {string} name @returns {string} a column's name in words */
  const label = (name) => {
    if (name.endsWith("_previous")) {
      const of = label(name.slice(0, -"_previous".length));
      return `Previous ${of === of.toUpperCase() ? of : of[0].toLowerCase() + of.slice(1)}`;
    }
    const short = /** @type {Object<string, string>} */ ({ roi: "ROI", roas: "ROAS", id: "ID", utm: "UTM" });
    const words = name.split("_").filter(Boolean).map((word) => short[word] ?? word).join(" ");
    return words.slice(0, 1).toUpperCase() + words.slice(1);
  };

  return { texts, tone, label, formatter, isChange, NOTHING };
})();
