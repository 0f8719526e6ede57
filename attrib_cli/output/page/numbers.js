"use strict";
/**
 * Whole numbers of any size, as the engine has them: figures are whole millionths, credits whole 10^-12 parts.
 */
const Numbers = (() => {
  const MICRO = 1000000n;
  const PICO = 1000000000000n;

  /** @param {bigint} value @returns {bigint} */
  const abs = (value) => (value < 0n ? -value : value);

  /** @param {bigint} value @returns {bigint} -1, 0 or 1 */
  const sign = (value) => (value > 0n ? 1n : value < 0n ? -1n : 0n);

  /** What dividing by a positive divisor leaves, from 0 up to the divisor.
   * @param {bigint} dividend @param {bigint} divisor @returns {bigint} */
  const remainder = (dividend, divisor) => ((dividend % divisor) + divisor) % divisor;

  /** A division by a positive divisor, rounded down.
   * @param {bigint} dividend @param {bigint} divisor @returns {bigint} */
  const floorQuotient = (dividend, divisor) => (dividend - remainder(dividend, divisor)) / divisor;

  /** A ratio in millionths, rounded half away from zero; null where there is nothing to divide by.
   * @param {?bigint} numerator @param {?bigint} denominator @returns {?bigint} */
  const ratio = (numerator, denominator) => {
    if (numerator === null || denominator === null || denominator === 0n) return null;
    return (numerator * 2n * MICRO + sign(numerator) * abs(denominator)) / (2n * denominator);
  };

  /** Whole millionths in decimal digits: no exponent, no trailing zeros, no minus before a zero.
   * @param {bigint} micros @returns {string} */
  const decimal = (micros) => {
    const size = abs(micros);
    const digits = String(size % MICRO).padStart(6, "0").replace(/0+$/, "");
    return `${micros < 0n ? "-" : ""}${size / MICRO}${digits ? `.${digits}` : ""}`;
  };

  /** The whole millionths that decimal digits say.
   * @param {string} text @returns {bigint} */
  const micros = (text) => {
    const [whole, part = ""] = text.replace("-", "").split(".");
    const size = BigInt(whole) * MICRO + BigInt(part.slice(0, 6).padEnd(6, "0"));
    return text.startsWith("-") ? -size : size;
  };

  /** The order of texts by their code points, as the engine sorts them.
   * @param {string} one @param {string} other @returns {number} */
  const byCodePoint = (one, other) => {
    if (one === other) return 0;
    const length = Math.min(one.length, other.length);
    for (let i = 0; i < length; i += 1) {
      const a = one.charCodeAt(i);
      const b = other.charCodeAt(i);
      if (a === b) continue;
      // a surrogate is half of a code point above all that are written in one unit
      const high = (/** @type {number} */ unit) => unit >= 0xd800 && unit <= 0xdfff;
      if (high(a) !== high(b)) return high(a) ? 1 : -1;
      return a - b;
    }
    return one.length - other.length;
  };

  return { MICRO, PICO, abs, sign, remainder, floorQuotient, ratio, decimal, micros, byCodePoint };
})();
