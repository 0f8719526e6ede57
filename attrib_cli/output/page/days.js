"use strict";
/**
 * Days as texts (2026-03-05), the buckets of time that they are in, and the period before a range of them.
 */
const Days = (() => {
  const DAY = 86400000;

  /** @param {string} day @returns {Date} midnight of a day, in UTC */
  const date = (day) => new Date(`${day}T00:00:00Z`);

  /** @param {Date} moment @returns {string} */
  const text = (moment) => moment.toISOString().slice(0, 10);

  /** @param {string} written @returns {boolean} whether it is a day, as 2026-02-30 is not */
  const isDay = (written) =>
    /^\d{4}-\d\d-\d\d$/.test(written) && !Number.isNaN(date(written).getTime()) && text(date(written)) === written;

  /** @param {string} day @param {number} days @returns {string} */
  const plusDays = (day, days) => text(new Date(date(day).getTime() + days * DAY));

  /** A day some months on; where its month is shorter, the last day of that.
   * @param {string} day @param {number} months @returns {string} */
  const plusMonths = (day, months) => {
    const at = date(day);
    const first = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months, 1));
    const last = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + 1, 0)).getUTCDate();
    first.setUTCDate(Math.min(at.getUTCDate(), last));
    return text(first);
  };

  /** @param {string} day @returns {string} the last day of its month */
  const monthEnd = (day) => plusDays(plusMonths(`${day.slice(0, 8)}01`, 1), -1);

  /** @param {string} first @param {string} last @returns {number} days from one to the other */
  const between = (first, last) => Math.round((date(last).getTime() - date(first).getTime()) / DAY);

  /** @param {string} day @returns {number} 0 for a Monday to 6 */
  const weekday = (day) => (date(day).getUTCDay() + 6) % 7;

  /** @param {string} day @returns {string} as 2026-W05 */
  const isoWeek = (day) => {
    const thursday = plusDays(day, 3 - weekday(day));
    const week = Math.floor(between(`${thursday.slice(0, 4)}-01-01`, thursday) / 7) + 1;
    return `${thursday.slice(0, 4)}-W${String(week).padStart(2, "0")}`;
  };

  /** The label of the bucket of time that a day is in, as rows of reports show it.
   * @param {string} bucket @param {string} day @param {number} weekStartsOn @returns {string} */
  const bucketOf = (bucket, day, weekStartsOn) => {
    const month = Number(day.slice(5, 7));
    switch (bucket) {
      case "day": return day;
      case "month": return day.slice(0, 7);
      case "year": return day.slice(0, 4);
      case "quarter": return `${day.slice(0, 4)}-Q${Math.floor((month + 2) / 3)}`;
      case "week":
        if (weekStartsOn === 0) return isoWeek(day);
        return plusDays(day, -((weekday(day) + 7 - weekStartsOn) % 7));
      default: throw new Error(`there is no bucket of time '${bucket}'`);
    }
  };

  /** How far the days of a period compared with are moved, so that buckets of time line up.
   * @param {string} from @param {string} earlier first days of both @returns {{months: number, days: number}} */
  const shift = (from, earlier) => {
    if (from.slice(8) !== earlier.slice(8)) return { months: 0, days: between(earlier, from) };
    const months = (/** @type {string} */ day) => Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7));
    return { months: months(from) - months(earlier), days: 0 };
  };

  /** As many days right before a range, or the same dates a year before: what a range without a name is compared with.
   * @param {"previous-period" | "previous-year"} kind @param {string} from @param {string} to
   * @returns {{from: string, to: string}} */
  const previous = (kind, from, to) => {
    if (kind === "previous-period") {
      return { from: plusDays(from, -between(from, to) - 1), to: plusDays(from, -1) };
    }
    if (kind !== "previous-year") throw new RangeError(`${kind} is not computed in the page for days that are chosen`);
    const whole = from.endsWith("-01") && to === monthEnd(to);
    const end = plusMonths(to, -12);
    return { from: plusMonths(from, -12), to: whole ? monthEnd(end) : end };
  };

  /** A day of each bucket of time, from one day to another.
   * @param {string} first @param {string} last @param {{months: number, days: number}} unit @returns {string[]} */
  const all = (first, last, unit) => {
    const found = [];
    let day = unit.months ? `${first.slice(0, 8)}01` : first;
    while (day <= last && found.length < 20000) {
      found.push(day);
      day = unit.months ? plusMonths(day, unit.months) : plusDays(day, unit.days);
    }
    return [...found, last];
  };

  return { isDay, plusDays, plusMonths, monthEnd, between, weekday, bucketOf, shift, previous, all };
})();
