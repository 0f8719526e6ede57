"use strict";
/**
 * From the credit cube to the rows of a report: the last step of the engine (engine/sql/credits.py and report_rows.py),
 * written a second time. Small, exact, and the same to the last digit, for any days, rules, weights and filters.
 *
 * The steps: cells of the days chosen are added up to the grain that the engine has for this very request; every model
 * weighs them; credits are cut to whole millionths and what is left goes to those that lost most (largest remainder);
 * rows are made of them, sorted and cut as asked.
 *
 * @typedef {object} Dimension
 * @property {string} name
 * @property {"bucket" | "position" | "column"} kind
 * @property {boolean} of_conversion unattributed conversions have a value of it too
 * @property {string} missing what rows show where there is no value
 * @property {number} column which column of keys it is in
 * @property {string[]} labels the text of each key
 *
 * @typedef {object} Model
 * @property {string} name
 * @property {number[]} weights of first, lead, deal and last, whole numbers
 * @property {number} rest
 * @property {number} kernel place of its decay kernel, -1 without one
 *
 * @typedef {object} Cells columns of equal length; see engine/day_cube.py
 * @property {number[]} moment
 * @property {number[]} attributed
 * @property {number[][]} keys
 * @property {number[]} shown
 * @property {number[]} allowed
 * @property {number[]} held
 * @property {number[]} pattern
 * @property {number[]} length
 * @property {number[]} interactions
 * @property {(number | string)[]} amount
 * @property {(number | string)[][]} earned
 *
 * @typedef {object} Cube
 * @property {{name: string, counted: string, valued: ?string, primary: string}} type
 * @property {"day" | "month"} unit
 * @property {number} positions
 * @property {Model[]} models
 * @property {Dimension[]} dimensions
 * @property {Dimension[]} filters
 * @property {number[]} sizes
 * @property {number} campaign
 * @property {boolean} by_campaign
 * @property {boolean} by_position
 * @property {boolean} filtered
 * @property {number} week_starts_on
 * @property {number} finer
 * @property {string[]} moments
 * @property {Cells} cells
 *
 * @typedef {object} Measure
 * @property {string} name
 * @property {string} unit
 * @property {string} change the unit of a change of it
 * @property {boolean} additive
 * @property {?string} better
 *
 * @typedef {object} Choice what is asked of a cube
 * @property {?string} from first day, null for no limit
 * @property {?string} to last day
 * @property {?{from: string, to: string}} before the period compared with
 * @property {Model[]} models
 * @property {Measure[]} measures
 * @property {[string, boolean][]} sort columns, and whether each falls
 * @property {?number} limit
 * @property {Object<string, string[]>} only texts of the filters of the cube that rows are restricted to, in any case
 *
 * @typedef {object} Answer
 * @property {Array<string | bigint | null>[]} rows dimensions, model, figures in millionths (counts as they are)
 * @property {Array<string | bigint | null>[]} totals
 * @property {{conversions: bigint, attributed: bigint}} counted
 */
const Finish = (() => {
  const { MICRO, PICO, floorQuotient, remainder, ratio, sign, byCodePoint } = Numbers;
  const POSITIONS = ["first", "lead", "deal", "last"];
  const UNATTRIBUTED = "(unattributed)";
  const OTHER = "(other)";
  const NO_INTERACTION = "(no interaction)";
  const LIMB = 1000000000;
  const LARGEST = Number.MAX_SAFE_INTEGER;
  const SEPARATOR = "\u0000";

  /** @param {string} text @param {Dimension} dimension @returns {boolean} whether it stands for no value */
  const isRest = (text, dimension) =>
    text === UNATTRIBUTED || text === OTHER || text === NO_INTERACTION || text === dimension.missing;

  /** The positions that an interaction holds, as rows show them.
   * @param {number} held @returns {string} */
  const positionOf = (held) => POSITIONS.filter((_, i) => held & (1 << i)).join("+") || "middle";

  /** The positions that a model weighs, as bits.
   * @param {Model} model @returns {number} */
  const maskOf = (model) => model.weights.reduce((mask, weight, i) => mask | (weight ? 1 << i : 0), 0);

  /** A pattern of positions as it is where only some of them are looked for.
   * @param {number} pattern @param {number} wanted @returns {number} */
  const projected = (pattern, wanted) => {
    let found = 0;
    for (let i = 0; i < 4; i += 1) {
      if (wanted & (1 << i)) found |= (((pattern >> (4 * i)) & 15) & wanted) << (4 * i);
    }
    return found;
  };

  /**
   * @typedef {object} Cell
   * @property {number} period
   * @property {boolean} attributed
   * @property {string[]} labels
   * @property {boolean} shown
   * @property {number} held
   * @property {number} pattern
   * @property {number} length
   * @property {bigint} interactions
   * @property {bigint} amount
   * @property {bigint[]} earned
   */

  /**
   * The cells of the days chosen, added up to the grain that the engine has for this request.
   * @param {Cube} cube @param {Choice} choice @returns {Cell[]}
   */
  const cellsOf = (cube, choice) => {
    const { cells } = cube;
    const periods = periodsOf(cube, choice);
    const buckets = cube.dimensions.filter((one) => one.kind === "bucket");
    const bucketLabels = periods.map((period) => buckets.map((one) =>
      period.moments.map((day) => (day === null ? "" : Days.bucketOf(one.name, day, cube.week_starts_on)))));
    const bucketCodes = coded(bucketLabels);

    let wanted = choice.models.reduce((mask, model) => mask | maskOf(model), 0);
    if (cube.by_position || cube.dimensions.some((one) => one.kind === "position")) wanted = cube.positions;
    const filters = cube.filters.filter((one) => choice.only[one.name]);
    const onCampaign = filters.filter((one) => one.column === cube.campaign);
    const onInteraction = filters.filter((one) => one.column !== cube.campaign);
    const allowedKeys = (/** @type {Dimension} */ one) => {
      const texts = new Set(choice.only[one.name].map((text) => text.toLowerCase()));
      return one.labels.map((label) => texts.has(label.toLowerCase()));
    };
    const campaignAllowed = onCampaign.map(allowedKeys);
    const interactionAllowed = onInteraction.map((one) => ({ column: one.column, allowed: allowedKeys(one) }));
    const own = new Set(cube.dimensions.filter((one) => one.kind === "column").map((one) => one.column));
    if (cube.campaign >= 0 && (cube.by_campaign || onCampaign.length)) own.add(cube.campaign);
    const columns = [...own];
    const filtered = cube.filtered || filters.length > 0;

    /** @type {Map<number, number>} */ const patterns = new Map();
    /** @type {number[]} */ const patternCodes = [];
    for (const pattern of cells.pattern) {
      const made = projected(pattern, wanted);
      let code = patterns.get(made);
      if (code === undefined) { code = patterns.size; patterns.set(made, code); }
      patternCodes.push(code);
    }
    /** @type {Map<number, number>} */ const lengths = new Map();
    const lengthCodes = cells.length.map((length) => {
      let code = lengths.get(length);
      if (code === undefined) { code = lengths.size; lengths.set(length, code); }
      return code;
    });
    const radices = [periods.length, 2, 2, 16, patterns.size, lengths.size, ...columns.map((c) => cube.sizes[c]),
      ...bucketCodes.sizes];
    const small = radices.reduce((product, radix) => product * Math.max(radix, 1), 1) <= LARGEST;

    /** @type {Map<number | string, number>} */ const places = new Map();
    /** @type {number[]} */ const example = [];
    /** @type {number[]} */ const periodOf = [];
    /** @type {boolean[]} */ const shownOf = [];
    /** @type {number[]} */ const counts = [];
    /** @type {number[]} */ const high = [];
    /** @type {number[]} */ const low = [];
    /** @type {(bigint | number)[][]} */ const earned = [];
    /** @type {number[]} */ const digits = new Array(radices.length);
    const kernels = [...new Set(choice.models.map((model) => model.kernel).filter((kernel) => kernel >= 0))];
    const total = cells.moment.length;
    for (const [number, period] of periods.entries()) {
      for (let i = 0; i < total; i += 1) {
        const moment = cells.moment[i];
        if (period.moments[moment] === null) continue;
        const attributed = cells.attributed[i];
        let shown = cells.shown[i] === 1;
        for (const one of interactionAllowed) shown = shown && one.allowed[cells.keys[one.column][i]];
        if (!attributed) shown = !filtered;
        digits[0] = number;
        digits[1] = attributed;
        digits[2] = shown ? 1 : 0;
        digits[3] = cells.held[i] & wanted;
        digits[4] = patternCodes[i];
        digits[5] = lengthCodes[i];
        let at = 6;
        for (const column of columns) { digits[at] = cells.keys[column][i]; at += 1; }
        for (const codes of bucketCodes.codes[number]) { digits[at] = codes[moment]; at += 1; }
        /** @type {number | string} */ let key = 0;
        if (small) for (let d = 0; d < radices.length; d += 1) key = key * radices[d] + digits[d];
        else key = digits.join(",");
        let place = places.get(key);
        if (place === undefined) {
          place = example.length;
          places.set(key, place);
          example.push(i);
          periodOf.push(number);
          shownOf.push(shown);
          counts.push(0);
          high.push(0);
          low.push(0);
          earned.push(kernels.flatMap(() => [0n, 0n]));
        }
        counts[place] += cells.interactions[i];
        const amount = cells.amount[i];
        if (typeof amount === "number") {
          const upper = Math.trunc(amount / LIMB);
          high[place] += upper;
          low[place] += amount - upper * LIMB;
        } else {
          const whole = BigInt(amount);
          high[place] += Number(whole / BigInt(LIMB));
          low[place] += Number(whole % BigInt(LIMB));
        }
        for (let k = 0; k < kernels.length; k += 1) {
          const sums = earned[place];
          sums[2 * k] = /** @type {bigint} */ (sums[2 * k]) + BigInt(cells.earned[2 * kernels[k]][i]);
          sums[2 * k + 1] = /** @type {bigint} */ (sums[2 * k + 1]) + BigInt(cells.earned[2 * kernels[k] + 1][i]);
        }
      }
    }
    const finer = 2n ** BigInt(cube.finer);
    return example.map((i, place) => {
      const attributed = cells.attributed[i] === 1;
      const number = periodOf[place];
      const held = cells.held[i] & wanted;
      let bucket = -1;
      const labels = cube.dimensions.map((one) => {
        if (one.kind === "bucket") { bucket += 1; return bucketLabels[number][bucket][cells.moment[i]]; }
        if (!attributed && !one.of_conversion) return UNATTRIBUTED;
        return one.kind === "position" ? positionOf(held) : one.labels[cells.keys[one.column][i]];
      });
      let shown = shownOf[place];
      if (attributed) {
        shown = shown && cells.allowed[i] === 1;
        for (const allowed of campaignAllowed) shown = shown && allowed[cells.keys[cube.campaign][i]];
      }
      const sums = /** @type {bigint[]} */ (new Array(cube.cells.earned.length).fill(0n));
      kernels.forEach((kernel, k) => {
        sums[2 * kernel] = /** @type {bigint} */ (earned[place][2 * k]) / finer;
        sums[2 * kernel + 1] = /** @type {bigint} */ (earned[place][2 * k + 1]) / finer;
      });
      return {
        period: number,
        attributed,
        labels,
        shown,
        held,
        pattern: projected(cells.pattern[i], wanted),
        length: cells.length[i],
        interactions: BigInt(counts[place]),
        amount: BigInt(high[place]) * BigInt(LIMB) + BigInt(low[place]),
        earned: sums,
      };
    });
  };

  /**
   * The periods of a choice: for each moment of the cube the day that its buckets are of, null where it is outside.
   * @param {Cube} cube @param {Choice} choice @returns {{moments: (string | null)[]}[]}
   */
  const periodsOf = (cube, choice) => {
    const first = (/** @type {string} */ moment) => (cube.unit === "month" ? `${moment}-01` : moment);
    const last = (/** @type {string} */ moment) => (cube.unit === "month" ? Days.monthEnd(`${moment}-01`) : moment);
    const within = (/** @type {?string} */ from, /** @type {?string} */ to) => (/** @type {string} */ moment) => {
      const inside = (from === null || first(moment) >= from) && (to === null || last(moment) <= to);
      const outside = (from !== null && last(moment) < from) || (to !== null && first(moment) > to);
      if (!inside && !outside) throw new RangeError("the page has figures by month: choose whole months");
      return inside;
    };
    const now = within(choice.from, choice.to);
    const periods = [{ moments: cube.moments.map((moment) => (now(moment) ? first(moment) : null)) }];
    if (choice.before && choice.from) {
      const move = Days.shift(choice.from, choice.before.from);
      const then = within(choice.before.from, choice.before.to);
      periods.push({
        moments: cube.moments.map((moment) =>
          (then(moment) ? Days.plusDays(Days.plusMonths(first(moment), move.months), move.days) : null)),
      });
    }
    return periods;
  };

  /**
   * Texts of buckets as numbers, by period, bucket and moment.
   * @param {string[][][]} labels @returns {{codes: number[][][], sizes: number[]}}
   */
  const coded = (labels) => {
    const sizes = labels[0].map(() => 0);
    const numbers = labels[0].map(() => /** @type {Map<string, number>} */ (new Map()));
    const codes = labels.map((period) => period.map((texts, bucket) => texts.map((text) => {
      let code = numbers[bucket].get(text);
      if (code === undefined) { code = numbers[bucket].size; numbers[bucket].set(text, code); }
      return code;
    })));
    numbers.forEach((known, bucket) => { sizes[bucket] = known.size; });
    return { codes, sizes };
  };

  /**
   * What a cell weighs under a model, and how its value is divided: the formula of the models.
   * @param {Cell} cell @param {Model} model
   * @returns {{own: number, journey: number, count: number}}
   */
  const weighed = (cell, model) => {
    const mask = maskOf(model);
    const holders = [0, 1, 2, 3].map((i) => (cell.pattern >> (4 * i)) & 15);
    const filled = holders[0] | holders[1] | holders[2] | holders[3];
    let own = 0;
    let positions = 0;
    let weighing = 0;
    for (let i = 0; i < 4; i += 1) {
      if (cell.held & (1 << i)) own += model.weights[i];
      if (filled & (1 << i)) positions += model.weights[i];
      if (holders[i] & mask && !holders.slice(0, i).includes(holders[i])) weighing += 1;
    }
    const count = cell.length - weighing;
    return { own, journey: positions + (count > 0 ? model.rest : 0), count };
  };

  /**
   * @typedef {object} Credit
   * @property {number} period
   * @property {string[]} labels
   * @property {boolean} shown
   * @property {number} model
   * @property {bigint[]} earned what is credited: conversions and amount, in 10^-12 parts, then whole millionths
   * @property {bigint} interactions
   */

  /**
   * Credits by dimensions and model, and what the conversions of each period and group are worth.
   * @param {Cube} cube @param {Choice} choice
   */
  const creditsOf = (cube, choice) => {
    const cells = cellsOf(cube, choice);
    const ofConversion = cube.dimensions.map((one) => one.of_conversion);
    const hasGroups = ofConversion.includes(true);
    const groupOf = (/** @type {string[]} */ labels) =>
      (hasGroups ? labels.filter((_, i) => ofConversion[i]).join(SEPARATOR) : "");
    const filtered = cube.filtered || cube.filters.some((one) => choice.only[one.name]);
    /** @type {Map<string, {conversions: bigint, amount: bigint}>} */ const totals = new Map();
    /** @type {Map<string, {period: number, labels: string[], length: bigint, interactions: bigint, amount: bigint}>} */
    const sums = new Map();
    let conversions = 0n;
    let attributed = 0n;

    /** @type {Map<string, number>} */ const places = new Map();
    /** @type {{period: number, labels: string[], shown: boolean, credits: Credit[]}[]} */ const lines = [];
    const placeOf = (/** @type {number} */ period, /** @type {string[]} */ labels, /** @type {boolean} */ shown) => {
      const key = `${period}${SEPARATOR}${shown ? 1 : 0}${SEPARATOR}${labels.join(SEPARATOR)}`;
      let place = places.get(key);
      if (place === undefined) {
        place = lines.length;
        places.set(key, place);
        lines.push({ period, labels, shown, credits: [] });
      }
      return place;
    };
    const add = (/** @type {number} */ place, /** @type {number} */ model, /** @type {bigint} */ counted,
      /** @type {bigint} */ valued, /** @type {bigint} */ interactions) => {
      const line = lines[place];
      const found = line.credits[model];
      if (found) {
        found.earned[0] += counted;
        found.earned[1] += valued;
        found.interactions += interactions;
      } else {
        const { period, labels, shown } = line;
        line.credits[model] = { period, labels, shown, model, earned: [counted, valued], interactions };
      }
    };

    const groups = cells.map((cell) => groupOf(cell.labels));
    cells.forEach((cell, i) => {
      const key = `${cell.period}${SEPARATOR}${cell.length}${SEPARATOR}${groups[i]}`;
      const sum = sums.get(key);
      if (sum) {
        sum.interactions += cell.interactions;
        sum.amount += cell.amount;
      } else {
        sums.set(key, {
          period: cell.period,
          labels: cell.labels,
          length: BigInt(Math.max(cell.length, 1)),
          interactions: cell.interactions,
          amount: cell.amount,
        });
      }
    });
    for (const sum of sums.values()) {
      const key = `${sum.period}${SEPARATOR}${groupOf(sum.labels)}`;
      const found = totals.get(key) ?? { conversions: 0n, amount: 0n };
      found.conversions += sum.interactions / sum.length;
      found.amount += sum.amount / sum.length;
      totals.set(key, found);
    }
    /** @type {Map<number, bigint>} */ const byLength = new Map();
    for (const cell of cells) {
      if (cell.period !== 0) continue;
      if (cell.attributed) byLength.set(cell.length, (byLength.get(cell.length) ?? 0n) + cell.interactions);
      else conversions += cell.interactions;
    }
    for (const [length, interactions] of byLength) attributed += interactions / BigInt(Math.max(length, 1));
    conversions += attributed;

    const placed = cells.map((cell) => placeOf(cell.period, cell.labels, cell.shown));
    const counts = cells.map((cell) => cell.interactions * PICO);
    const amounts = cells.map((cell) => cell.amount * MICRO);
    choice.models.forEach((model, number) => {
      const rest = BigInt(model.rest);
      /** @type {Map<number, {own: bigint, journey: bigint, count: bigint}>} */ const weights = new Map();
      const weightOf = (/** @type {Cell} */ cell) => {
        const key = (cell.pattern * 16 + cell.held) * 2 ** 30 + cell.length;
        let weight = weights.get(key);
        if (weight === undefined) {
          const { own, journey, count } = weighed(cell, model);
          weight = { own: BigInt(own), journey: BigInt(journey), count: BigInt(count) };
          weights.set(key, weight);
        }
        return weight;
      };
      /** @type {Map<string, {cell: Cell, interactions: bigint, amount: bigint}>} */ const unweighed = new Map();
      cells.forEach((cell, i) => {
        if (!cell.attributed) {
          add(placed[i], number, counts[i], amounts[i], 0n);
          return;
        }
        const weight = weightOf(cell);
        if (weight.journey === 0n) {
          const key = `${cell.period}${SEPARATOR}${cell.pattern}${SEPARATOR}${cell.length}${SEPARATOR}${groups[i]}`;
          const found = unweighed.get(key);
          if (found) {
            found.interactions += cell.interactions;
            found.amount += cell.amount;
          } else unweighed.set(key, { cell, interactions: cell.interactions, amount: cell.amount });
          add(placed[i], number, 0n, 0n, 0n);
          return;
        }
        let counted = 0n;
        let valued = 0n;
        if (weight.own > 0n) {
          counted = (counts[i] * weight.own) / weight.journey;
          valued = (amounts[i] * weight.own) / weight.journey;
        } else if (rest > 0n && weight.count !== 0n) {
          if (model.kernel >= 0) {
            counted = (cell.earned[2 * model.kernel] * rest) / weight.journey;
            valued = (cell.earned[2 * model.kernel + 1] * rest) / weight.journey;
          } else {
            const parts = weight.journey * weight.count;
            counted = (counts[i] * rest) / parts;
            valued = (amounts[i] * rest) / parts;
          }
        }
        const earns = weight.own > 0n || rest > 0n;
        add(placed[i], number, counted, valued, earns ? cell.interactions : 0n);
      });
      for (const { cell, interactions, amount } of unweighed.values()) {
        const labels = cell.labels.map((text, i) => (ofConversion[i] ? text : UNATTRIBUTED));
        const length = BigInt(cell.length);
        const place = placeOf(cell.period, labels, !filtered);
        add(place, number, (interactions / length) * PICO, (amount / length) * MICRO, 0n);
      }
    });
    const credits = choice.models.flatMap((_, model) => lines.flatMap((line) => line.credits[model] ?? []));
    return { credits, totals, groupOf, counted: { conversions, attributed } };
  };

  /**
   * Cut credits to whole millionths that sum to the value of their conversions: the largest remainder within each
   * period, group of the conversion's own dimensions and model.
   * @param {Credit[]} credits @param {Map<string, {conversions: bigint, amount: bigint}>} totals
   * @param {(labels: string[]) => string} groupOf
   */
  const apportion = (credits, totals, groupOf) => {
    /** @type {Map<string, Credit[]>} */ const groups = new Map();
    for (const credit of credits) {
      const key = [credit.model, credit.period, groupOf(credit.labels)].join(SEPARATOR);
      const group = groups.get(key);
      if (group) group.push(credit);
      else groups.set(key, [credit]);
    }
    const inOrder = (/** @type {Credit} */ one, /** @type {Credit} */ other) => {
      for (let i = 0; i < one.labels.length; i += 1) {
        const order = byCodePoint(one.labels[i], other.labels[i]);
        if (order) return order;
      }
      return Number(one.shown) - Number(other.shown);
    };
    for (const group of groups.values()) {
      const total = totals.get(`${group[0].period}${SEPARATOR}${groupOf(group[0].labels)}`);
      const whole = [(total?.conversions ?? 0n) * MICRO, total?.amount ?? 0n];
      for (const which of [0, 1]) {
        const earned = group.map((credit) => credit.earned[which]);
        const floors = earned.map((value) => floorQuotient(value, MICRO));
        const rests = earned.map((value) => remainder(value, MICRO));
        const short = floors.reduce((left, value) => left - value, whole[which]);
        const count = BigInt(Math.max(earned.filter((value) => value !== 0n).length, 1));
        const equal = floorQuotient(short, count);
        const more = remainder(short, count);
        const ranked = group.map((_, i) => i).filter((i) => earned[i] !== 0n).sort((a, b) =>
          (rests[a] === rests[b] ? inOrder(group[a], group[b]) : rests[a] < rests[b] ? 1 : -1));
        group.forEach((credit, i) => { credit.earned[which] = earned[i] === 0n ? 0n : floors[i] + equal; });
        ranked.forEach((i, rank) => { if (BigInt(rank) < more) group[i].earned[which] += 1n; });
      }
    }
  };

  /**
   * @typedef {object} Line what the figures of a row are made of, by period
   * @property {string[]} labels
   * @property {number} model
   * @property {[bigint, bigint, bigint][]} sums counted, valued and interactions of each period
   */

  /**
   * The figures of a row, in the order of its columns: millionths, but counts as they are; null where unknown.
   * @param {Cube} cube @param {Choice} choice @param {Line} line @param {(bigint | null)[]} wholes
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
    const { credits, totals, groupOf, counted } = creditsOf(cube, choice);
    apportion(credits, totals, groupOf);
    const periods = choice.before ? [0, 1] : [0];
    const wholes = periods.map((period) => {
      /** @type {?bigint} */ let sum = null;
      for (const [key, total] of totals) {
        if (key.split(SEPARATOR)[0] !== String(period)) continue;
        sum = (sum ?? 0n) + (cube.type.primary === cube.type.valued ? total.amount : total.conversions * MICRO);
      }
      return sum;
    });

    /** @type {Map<string, Line[]>} */ const rows = new Map();
    const empty = (/** @type {string[]} */ labels, /** @type {number} */ model) => (
      { labels, model, sums: periods.map(() => /** @type {[bigint, bigint, bigint]} */ ([0n, 0n, 0n])) });
    for (const credit of credits) {
      const earns = credit.interactions > 0n || credit.earned[0] !== 0n || credit.earned[1] !== 0n;
      const key = credit.labels.join(SEPARATOR);
      if (credit.shown && earns && !rows.has(key)) {
        rows.set(key, choice.models.map((_, model) => empty(credit.labels, model)));
      }
    }
    for (const credit of credits) {
      const lines = credit.shown ? rows.get(credit.labels.join(SEPARATOR)) : undefined;
      if (!lines) continue;
      const sums = lines[credit.model].sums[credit.period];
      sums[0] += credit.earned[0];
      sums[1] += credit.earned[1];
      sums[2] += credit.interactions;
    }
    const sorted = inOrder(cube, choice, [...rows.values()], wholes);
    const limited = cut(cube, choice, sorted, empty);
    const shown = (/** @type {Line} */ line) => [
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

  /** @param {Line[]} lines @param {Line} into @returns {Line} */
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
   * @param {Cube} cube @param {Choice} choice @param {Line[][]} rows @param {(bigint | null)[]} wholes
   * @returns {Line[][]}
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
   * @param {Cube} cube @param {Choice} choice @param {Line[][]} rows
   * @param {(labels: string[], model: number) => Line} empty @returns {Line[][]}
   */
  const cut = (cube, choice, rows, empty) => {
    const other = cube.dimensions.map(() => OTHER);
    const isOther = (/** @type {Line[]} */ lines) =>
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

  return { finish, isRest, UNATTRIBUTED, OTHER };
})();
