"use strict";
/**
 * What each row of a report is credited with: cells are weighed by the rules of every model (engine/sql/credits.py), and
 * cut to whole millionths that sum to the value of their conversions (the largest remainder).
 *
 * @typedef {object} Line cells of the same period, labels and visibility
 * @property {number} period
 * @property {string[]} labels
 * @property {boolean} shown
 * @property {number} row lines with the same labels have the same
 * @property {number} group lines with the same labels in the dimensions of the conversion itself have the same
 *
 * @typedef {object} Credit
 * @property {Line} line
 * @property {number} model
 * @property {[bigint, bigint]} earned conversions and amount that are credited: in 10^-12 parts, then whole millionths
 * @property {number} interactions
 *
 * @typedef {object} Whole what the conversions of a period and group are worth
 * @property {number} period
 * @property {number} group
 * @property {bigint} conversions
 * @property {bigint} amount
 *
 * @typedef {object} Magnitude whole numbers in base 10^9, by group of cells, and the sign of each
 * @property {Int8Array} sign
 * @property {[Float64Array, Float64Array, Float64Array]} parts
 * @property {number} most the greatest high part
 */
const Credits = (() => {
  const { MICRO, PICO, floorQuotient, byCodePoint } = Numbers;
  const POSITIONS = ["first", "lead", "deal", "last"];
  const UNATTRIBUTED = "(unattributed)";
  const LIMB = 1000000000;
  const BASE = 1000000000n;
  const WEIGHT = 4000000;
  const LARGEST = Number.MAX_SAFE_INTEGER;

  /** The positions that an interaction holds, as rows show them.
   * @param {number} held @returns {string} */
  const positionOf = (held) => POSITIONS.filter((_, i) => held & (1 << i)).join("+") || "middle";

  /** @param {number} high @param {number} middle @param {number} low @returns {bigint} */
  const whole = (high, middle, low) => (high === 0 && middle > -1000000 && middle < 1000000
    ? BigInt(middle * LIMB + low) : (BigInt(high) * BASE + BigInt(middle)) * BASE + BigInt(low));

  /** Parts that have been added up, carried over so that each is from 0 up to the base; multiplied and then divided.
   * @param {Parts} sums @param {number} times a million, or 1 @param {number} by @returns {Magnitude} */
  const magnitudes = (sums, times, by) => {
    const size = sums[0].length;
    const sign = new Int8Array(size);
    /** @type {[Float64Array, Float64Array, Float64Array]} */
    const parts = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
    let most = 0;
    for (let i = 0; i < size; i += 1) {
      let high = sums[0][i];
      let middle = sums[1][i];
      let low = sums[2][i];
      sign[i] = 1;
      for (let turn = 0; turn < 2; turn += 1) {
        let over = Math.floor(low / LIMB);
        low -= over * LIMB;
        middle += over;
        over = Math.floor(middle / LIMB);
        middle -= over * LIMB;
        high += over;
        if (high >= 0) break;
        sign[i] = -1;
        high = -high;
        middle = -middle;
        low = -low;
      }
      if (times > 1) {
        const upper = Math.floor(middle / 1000);
        const over = Math.floor(low / 1000);
        high = high * times + upper;
        middle = (middle - upper * 1000) * times + over;
        low = (low - over * 1000) * times;
      }
      if (by > 1) {
        let rest = high % by;
        high = (high - rest) / by;
        middle += rest * LIMB;
        rest = middle % by;
        middle = (middle - rest) / by;
        low += rest * LIMB;
        low = (low - (low % by)) / by;
      }
      parts[0][i] = high;
      parts[1][i] = middle;
      parts[2][i] = low;
      if (high > most) most = high;
    }
    return { sign, parts, most };
  };

  /** Add a part of a value, cut to whole numbers, to sums in base 10^9.
   * @param {Magnitude} value @param {number} i @param {number} times @param {number} by
   * @param {Float64Array} into @param {number} at */
  const addShare = ({ sign, parts }, i, times, by, into, at) => {
    let dividend = parts[0][i] * times;
    let quotient = Math.floor(dividend / by);
    let rest = dividend - quotient * by;
    if (rest < 0) { quotient -= 1; rest += by; } // a quotient of large numbers may have been rounded up
    into[at] += sign[i] * quotient;
    dividend = rest * LIMB + parts[1][i] * times;
    quotient = Math.floor(dividend / by);
    rest = dividend - quotient * by;
    if (rest < 0) { quotient -= 1; rest += by; }
    into[at + 1] += sign[i] * quotient;
    dividend = rest * LIMB + parts[2][i] * times;
    quotient = Math.floor(dividend / by);
    if (quotient * by > dividend) quotient -= 1;
    into[at + 2] += sign[i] * quotient;
  };

  /** The same for numbers of any size.
   * @param {Magnitude} value @param {number} i @param {number} times @param {number} by @returns {bigint} */
  const shareOf = ({ sign, parts }, i, times, by) =>
    (BigInt(sign[i]) * whole(parts[0][i], parts[1][i], parts[2][i]) * BigInt(times)) / BigInt(by);

  /**
   * What a cell weighs under a model, and how its value is divided: the formula of the models.
   * @param {Kind} kind @param {Model} model
   * @returns {{own: number, journey: number, count: number}}
   */
  const weighed = (kind, model) => {
    const mask = Cells.maskOf(model);
    const holders = [0, 1, 2, 3].map((i) => (kind.pattern >> (4 * i)) & 15);
    const filled = holders[0] | holders[1] | holders[2] | holders[3];
    let own = 0;
    let positions = 0;
    let weighing = 0;
    for (let i = 0; i < 4; i += 1) {
      if (kind.held & (1 << i)) own += model.weights[i];
      if (filled & (1 << i)) positions += model.weights[i];
      if (holders[i] & mask && !holders.slice(0, i).includes(holders[i])) weighing += 1;
    }
    const count = kind.length - weighing;
    return { own, journey: positions + (count > 0 ? model.rest : 0), count };
  };

  /** For each dimension its texts, and which of them each group of cells has.
   * @param {Cube} cube @param {Sums} sums */
  const labelled = (cube, sums) => cube.dimensions.map((one) => {
    /** @type {Map<string, number>} */ const places = new Map();
    const codeOf = (/** @type {string} */ text) => {
      let code = places.get(text);
      if (code === undefined) { code = places.size; places.set(text, code); }
      return code;
    };
    const codes = new Int32Array(sums.size);
    if (one.kind === "bucket") {
      const bucket = Cells.coded(cube, sums.of, one.name);
      const { moment } = cube.cells;
      for (let g = 0; g < sums.size; g += 1) codes[g] = bucket.codes[sums.period[g]][moment[sums.example[g]]];
      return { texts: bucket.texts, codes, own: one.of_conversion };
    }
    const keys = one.kind === "column" ? cube.cells.keys[one.column] : [];
    /** @type {number[]} */ const known = [];
    for (let g = 0; g < sums.size; g += 1) {
      const kind = sums.kind[g];
      const key = one.kind === "position" ? kind.held : keys[sums.example[g]];
      if (!kind.attributed && !one.of_conversion) codes[g] = codeOf(UNATTRIBUTED);
      else codes[g] = known[key] ??= codeOf(one.kind === "position" ? positionOf(key) : one.labels[key]);
    }
    return { texts: [...places.keys()], codes, own: one.of_conversion };
  });

  /** Lines of the groups of cells, and which of them each group is on.
   * @param {Sums} sums @param {{texts: string[], codes: Int32Array, own: boolean}[]} dimensions */
  const linesOf = (sums, dimensions) => {
    const { size } = sums;
    /** @type {Line[]} */ const lines = [];
    const place = new Int32Array(size);
    const product = dimensions.reduce((all, one) => all * Math.max(one.texts.length, 1), 4);
    const key = Float64Array.from(sums.shown, (shown, g) => sums.period[g] * 2 + (shown ? 1 : 0));
    /** @type {string[]} */ const long = product > LARGEST ? Array.from(key, String) : [];
    for (const { texts, codes } of dimensions) {
      if (product > LARGEST) codes.forEach((code, g) => { long[g] += `,${code}`; });
      else for (let g = 0; g < size; g += 1) key[g] = key[g] * texts.length + codes[g];
    }
    /** @type {Map<number | string, number>} */ const places = new Map();
    /** @type {Map<string, number>} */ const rows = new Map();
    /** @type {Map<string, number>} */ const groups = new Map();
    const numbered = (/** @type {Map<string, number>} */ known, /** @type {string} */ name) => {
      const found = known.get(name) ?? known.size;
      known.set(name, found);
      return found;
    };
    for (let g = 0; g < size; g += 1) {
      const name = product > LARGEST ? long[g] : key[g];
      let found = places.get(name);
      if (found === undefined) {
        found = lines.length;
        places.set(name, found);
        const codes = dimensions.map((one) => one.codes[g]);
        lines.push({
          period: sums.period[g], labels: codes.map((code, d) => dimensions[d].texts[code]), shown: sums.shown[g],
          row: numbered(rows, codes.join(",")),
          group: numbered(groups, codes.filter((_, d) => dimensions[d].own).join(",")),
        });
      }
      place[g] = found;
    }
    return { lines, placeOf: place };
  };

  /**
   * Credits by line and model, and what the conversions of each period and group are worth.
   * @param {Cube} cube @param {Taken} asked
   * @returns {{credits: Credit[], wholes: Whole[], counted: {conversions: bigint, attributed: bigint}}}
   */
  const all = (cube, asked) => {
    const sums = Cells.sum(cube, asked);
    const dimensions = labelled(cube, sums);
    const { lines, placeOf } = linesOf(sums, dimensions);
    const { wholes, counted } = worth(sums, lines, placeOf);

    const counts = magnitudes([sums.interactions.map((n) => Math.floor(n / 1000000)),
      sums.interactions.map((n) => (n % 1000000) * 1000), new Float64Array(sums.size)], 1, 1);
    const amounts = magnitudes(sums.amount, 1000000, 1);
    const finer = 2 ** cube.finer;
    const earned = sums.earned.map((parts) => parts && magnitudes(parts, 1, finer));
    /** @type {Credit[]} */ const credits = [];
    asked.models.forEach((model, number) => {
      const into = new Float64Array(lines.length * 6);
      const interactions = new Float64Array(lines.length);
      /** @type {Map<number, [bigint, bigint]>} */ const more = new Map(); // what numbers of this size cannot hold
      const addMore = (/** @type {number} */ line, /** @type {bigint} */ counted, /** @type {bigint} */ valued) => {
        const found = more.get(line) ?? [0n, 0n];
        more.set(line, [found[0] + counted, found[1] + valued]);
      };
      /** @type {Map<Kind, {own: number, journey: number, count: number}>} */ const weights = new Map();
      /** @type {Map<string, {group: number, interactions: number, amount: bigint}>} */ const unweighed = new Map();
      const add = (/** @type {number} */ g, /** @type {Magnitude} */ counted, /** @type {Magnitude} */ valued,
        /** @type {number} */ times, /** @type {number} */ by) => {
        const line = placeOf[g];
        if (times <= WEIGHT && by <= WEIGHT && Math.max(counted.most, valued.most) * times <= LARGEST) {
          addShare(counted, g, times, by, into, line * 6);
          addShare(valued, g, times, by, into, line * 6 + 3);
        } else addMore(line, shareOf(counted, g, times, by), shareOf(valued, g, times, by));
      };
      for (let g = 0; g < sums.size; g += 1) {
        const kind = sums.kind[g];
        if (!kind.attributed) {
          add(g, counts, amounts, 1, 1);
          continue;
        }
        let weight = weights.get(kind);
        if (weight === undefined) { weight = weighed(kind, model); weights.set(kind, weight); }
        if (weight.journey === 0) {
          const key = [sums.period[g], kind.pattern, kind.length, lines[placeOf[g]].group].join(",");
          const found = unweighed.get(key) ?? { group: g, interactions: 0, amount: 0n };
          found.interactions += sums.interactions[g];
          found.amount += amountOf(sums, g);
          unweighed.set(key, found);
          continue;
        }
        if (weight.own > 0) add(g, counts, amounts, weight.own, weight.journey);
        else if (model.rest > 0 && weight.count !== 0) {
          const kernel = earned[2 * model.kernel];
          const kernelValue = earned[2 * model.kernel + 1];
          if (kernel && kernelValue) add(g, kernel, kernelValue, model.rest, weight.journey);
          else add(g, counts, amounts, model.rest, weight.journey * weight.count);
        }
        if (weight.own > 0 || model.rest > 0) interactions[placeOf[g]] += sums.interactions[g];
      }
      const weighing = lines.length;
      for (const found of unweighed.values()) {
        const line = lines[placeOf[found.group]];
        const labels = line.labels.map((text, d) => (dimensions[d].own ? text : UNATTRIBUTED));
        const place = lines.findIndex((one) => one.period === line.period && one.shown === !sums.of.filtered
          && one.labels.every((text, d) => text === labels[d]));
        if (place < 0) {
          lines.push({ period: line.period, labels, shown: !sums.of.filtered, group: line.group,
            row: lines.find((one) => one.labels.every((text, d) => text === labels[d]))?.row ?? -1 - lines.length });
        }
        const length = BigInt(sums.kind[found.group].length);
        addMore(place < 0 ? lines.length - 1 : place, (BigInt(found.interactions) / length) * PICO,
          (found.amount / length) * MICRO);
      }
      lines.forEach((line, i) => {
        const at = i * 6;
        const [counted, valued] = more.get(i) ?? [0n, 0n];
        const known = i < weighing;
        credits.push({
          line,
          model: number,
          earned: known ? [counted + whole(into[at], into[at + 1], into[at + 2]),
            valued + whole(into[at + 3], into[at + 4], into[at + 5])] : [counted, valued],
          interactions: known ? interactions[i] : 0,
        });
      });
    });
    apportion(credits, wholes);
    return { credits, wholes, counted };
  };

  /** @param {Sums} sums @param {number} g @returns {bigint} the amount of a group of cells, in millionths */
  const amountOf = (sums, g) => whole(sums.amount[0][g], sums.amount[1][g], sums.amount[2][g]);

  /** What the conversions of each period and group are worth, and how many conversions the first period has.
   * @param {Sums} sums @param {Line[]} lines @param {Int32Array} placeOf */
  const worth = (sums, lines, placeOf) => {
    /** @type {Map<number, {period: number, group: number, lengths: Map<number, number[]>}>} */ const found = new Map();
    /** @type {Map<number, number>} */ const byLength = new Map();
    let conversions = 0n;
    for (let g = 0; g < sums.size; g += 1) {
      const { length, attributed } = sums.kind[g];
      const { period, group } = lines[placeOf[g]];
      let one = found.get(group * 2 + period);
      if (!one) { one = { period, group, lengths: new Map() }; found.set(group * 2 + period, one); }
      let sum = one.lengths.get(length);
      if (!sum) { sum = [0, 0, 0, 0]; one.lengths.set(length, sum); }
      sum[0] += sums.amount[0][g];
      sum[1] += sums.amount[1][g];
      sum[2] += sums.amount[2][g];
      sum[3] += sums.interactions[g];
      if (period !== 0) continue;
      if (attributed) byLength.set(length, (byLength.get(length) ?? 0) + sums.interactions[g]);
      else conversions += BigInt(sums.interactions[g]);
    }
    const wholes = [...found.values()].map(({ period, group, lengths }) => {
      const one = { period, group, conversions: 0n, amount: 0n };
      for (const [length, [high, middle, low, interactions]] of lengths) {
        const by = BigInt(Math.max(length, 1));
        one.conversions += BigInt(interactions) / by;
        one.amount += whole(high, middle, low) / by;
      }
      return one;
    });
    let attributed = 0n;
    for (const [length, interactions] of byLength) attributed += BigInt(interactions) / BigInt(Math.max(length, 1));
    return { wholes, counted: { conversions: conversions + attributed, attributed } };
  };

  /**
   * Cut credits to whole millionths that sum to the value of their conversions: the largest remainder within each
   * period, group of the conversion's own dimensions and model.
   * @param {Credit[]} credits @param {Whole[]} wholes
   */
  const apportion = (credits, wholes) => {
    /** @type {Map<string, Credit[]>} */ const groups = new Map();
    for (const credit of credits) {
      const key = `${credit.model},${credit.line.period},${credit.line.group}`;
      const group = groups.get(key);
      if (group) group.push(credit);
      else groups.set(key, [credit]);
    }
    const worth = new Map(wholes.map((one) => [`${one.period},${one.group}`, one]));
    const inOrder = (/** @type {Line} */ one, /** @type {Line} */ other) => {
      for (let i = 0; i < one.labels.length; i += 1) {
        const order = byCodePoint(one.labels[i], other.labels[i]);
        if (order) return order;
      }
      return Number(one.shown) - Number(other.shown);
    };
    for (const group of groups.values()) {
      const total = worth.get(`${group[0].line.period},${group[0].line.group}`);
      const whole = [(total?.conversions ?? 0n) * MICRO, total?.amount ?? 0n];
      for (const which of /** @type {const} */ ([0, 1])) {
        let short = whole[which];
        const earning = group.filter((credit) => credit.earned[which] !== 0n).map((credit) => {
          const floor = floorQuotient(credit.earned[which], MICRO);
          const rest = Number(credit.earned[which] - floor * MICRO);
          short -= floor;
          credit.earned[which] = floor;
          return { credit, rest };
        });
        if (short === 0n) continue;
        const count = BigInt(Math.max(earning.length, 1));
        const equal = floorQuotient(short, count);
        const more = Number(short - equal * count);
        if (equal !== 0n) for (const { credit } of earning) credit.earned[which] += equal;
        earning.sort((a, b) => b.rest - a.rest || inOrder(a.credit.line, b.credit.line));
        for (const { credit } of earning.slice(0, more)) credit.earned[which] += 1n;
      }
    }
  };

  return { all, UNATTRIBUTED };
})();
