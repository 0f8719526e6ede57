"use strict";
/**
 * The cells of a cube that a choice takes in, added up to the grain that the engine has for this very request.
 *
 * Reports of a page share cubes, and are all asked for the same days, models and filters: what is common to them (the
 * cells of the days, and of what kind each is) is found once. Sums are exact: numbers are kept as whole parts in base
 * 10^9, small enough that JavaScript's own numbers add them up without rounding.
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
 * @typedef {object} Columns columns of equal length; see engine/day_cube.py
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
 * @property {Columns} cells
 *
 * @typedef {object} Taken what is asked of the cells
 * @property {?string} from first day, null for no limit
 * @property {?string} to last day
 * @property {?{from: string, to: string}} before the period compared with
 * @property {Model[]} models
 * @property {Object<string, string[]>} only texts of the filters of the cube that rows are restricted to, in any case
 *
 * @typedef {object} Kind what makes cells alike, but for their keys and days
 * @property {boolean} attributed
 * @property {boolean} shown
 * @property {number} held
 * @property {number} pattern
 * @property {number} length
 *
 * @typedef {object} Selected the cells of a choice, as all reports of a cube share them
 * @property {Int32Array[]} members the cells of each period
 * @property {Int32Array} kind of each cell, its place among `kinds`
 * @property {Kind[]} kinds
 * @property {(string | null)[][]} days by period: the day of each moment that its buckets are of, null outside
 * @property {(boolean[])[]} campaigns for each filter on campaigns, the keys that it lets through
 * @property {boolean} filtered there are filters on credits, the cube's own or chosen ones
 * @property {Map<string, {texts: string[], codes: Int32Array[]}>} buckets texts of a bucket, by period a code of each moment
 *
 * @typedef {object} Sums columns of equal length, one entry for each group of cells that are alike
 * @property {Selected} of
 * @property {number} size
 * @property {number[]} period
 * @property {number[]} example a cell of it
 * @property {Kind[]} kind
 * @property {boolean[]} shown rows may show it
 * @property {Float64Array} interactions
 * @property {Parts} amount millionths
 * @property {(Parts | undefined)[]} earned by kernel, counted and valued in turn; only those of the models asked for
 *
 * @typedef {[Float64Array, Float64Array, Float64Array]} Parts by group, in base 10^9: high, middle, low
 */
const Cells = (() => {
  const LIMB = 1000000000;
  const LARGEST = Number.MAX_SAFE_INTEGER;
  const TABLE = 2 ** 21;

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

  /** Whole numbers in base 10^9, each part with the number's own sign; an empty high part is of none that large.
   * @param {(number | string)[]} values @returns {[Float64Array, Float64Array, Float64Array]} */
  const inParts = (values) => {
    const [middle, low] = [new Float64Array(values.length), new Float64Array(values.length)];
    let high = new Float64Array();
    values.forEach((value, i) => {
      if (typeof value === "number") {
        middle[i] = Math.trunc(value / LIMB);
        low[i] = value - middle[i] * LIMB;
        return;
      }
      const size = value.startsWith("-") ? -1 : 1;
      const digits = size < 0 ? value.slice(1) : value;
      low[i] = size * Number(digits.slice(-9));
      middle[i] = size * Number(digits.slice(-18, -9));
      if (digits.length <= 18) return;
      if (!high.length) high = new Float64Array(values.length);
      high[i] = size * Number(digits.slice(0, -18));
    });
    return [high, middle, low];
  };

  /**
   * What is looked at again and again of the cells of a cube, made when it is first asked for.
   * @typedef {object} Prepared
   * @property {Int32Array} moment
   * @property {Int32Array[]} keys
   * @property {Int32Array} kind of each cell, its place among `kinds`
   * @property {Kind[]} kinds as the cube has them, with all positions and without chosen filters
   * @property {Float64Array} interactions
   * @property {[Float64Array, Float64Array, Float64Array]} amount
   * @property {(number: number) => [Float64Array, Float64Array, Float64Array]} earned
   * @property {Map<string, Selected>} selections the last ones
   */
  /** @type {WeakMap<Columns, Prepared>} */ const known = new WeakMap();

  /** @param {Cube} cube @returns {Prepared} */
  const prepared = ({ cells }) => {
    const found = known.get(cells);
    if (found) return found;
    /** @type {[Float64Array, Float64Array, Float64Array][]} */ const earned = [];
    /** @type {Map<number, number>} */ const places = new Map();
    /** @type {Kind[]} */ const kinds = [];
    const kind = Int32Array.from(cells.length, (length, i) => {
      const [attributed, shown] = [cells.attributed[i], cells.shown[i]];
      const key = ((length * 65536 + cells.pattern[i]) * 16 + cells.held[i]) * 4 + attributed * 2 + shown;
      let place = places.get(key);
      if (place === undefined) {
        place = kinds.length;
        places.set(key, place);
        kinds.push({ attributed: attributed === 1, shown: shown === 1, held: cells.held[i], pattern: cells.pattern[i],
          length });
      }
      return place;
    });
    const made = {
      moment: Int32Array.from(cells.moment),
      keys: cells.keys.map((keys) => Int32Array.from(keys)),
      kind,
      kinds,
      interactions: Float64Array.from(cells.interactions),
      amount: inParts(cells.amount),
      earned: (/** @type {number} */ number) => (earned[number] ??= inParts(cells.earned[number])),
      selections: new Map(),
    };
    known.set(cells, made);
    return made;
  };

  /**
   * The periods of a choice: for each moment of the cube the day that its buckets are of, null where it is outside.
   * @param {Cube} cube @param {Taken} asked @returns {(string | null)[][]}
   */
  const periodsOf = (cube, asked) => {
    const monthly = cube.unit === "month";
    const first = (/** @type {string} */ moment) => (monthly ? `${moment}-01` : moment);
    const last = (/** @type {string} */ moment) => (monthly ? Days.monthEnd(`${moment}-01`) : moment);
    const within = (/** @type {?string} */ from, /** @type {?string} */ to) => (/** @type {string} */ moment) => {
      const [start, end] = [first(moment), last(moment)];
      const inside = (from === null || start >= from) && (to === null || end <= to);
      const outside = (from !== null && end < from) || (to !== null && start > to);
      if (!inside && !outside) throw new RangeError("the page has figures by month: choose whole months");
      return inside;
    };
    const now = within(asked.from, asked.to);
    const periods = [cube.moments.map((moment) => (now(moment) ? first(moment) : null))];
    if (asked.before && asked.from) {
      const move = Days.shift(asked.from, asked.before.from);
      const then = within(asked.before.from, asked.before.to);
      periods.push(cube.moments.map((moment) =>
        (then(moment) ? Days.plusDays(Days.plusMonths(first(moment), move.months), move.days) : null)));
    }
    return periods;
  };

  /** The cells of a choice and their kinds; `wanted` are the positions that are looked at, as bits.
   * @param {Cube} cube @param {Taken} asked @param {number} wanted @returns {Selected} */
  const select = (cube, asked, wanted) => {
    const all = prepared(cube);
    const chosen = cube.filters.filter((one) => asked.only[one.name]);
    const name = JSON.stringify([asked.from, asked.to, asked.before, wanted,
      chosen.map((one) => [one.name, asked.only[one.name]])]);
    const found = all.selections.get(name);
    if (found) return found;

    const allowedKeys = (/** @type {Dimension} */ one) => {
      const texts = new Set(asked.only[one.name].map((text) => text.toLowerCase()));
      return one.labels.map((label) => texts.has(label.toLowerCase()));
    };
    const filtered = cube.filtered || chosen.length > 0;
    /** @type {Kind[]} */ const kinds = [];
    const placeOf = (/** @type {Kind} */ kind, /** @type {boolean} */ shown) => {
      const [held, pattern] = [kind.held & wanted, projected(kind.pattern, wanted)];
      const place = kinds.findIndex((one) => one.length === kind.length && one.pattern === pattern && one.held === held
        && one.attributed === kind.attributed && one.shown === shown);
      return place < 0 ? kinds.push({ ...kind, shown, held, pattern }) - 1 : place;
    };
    const places = Int32Array.from(all.kinds, (kind) => placeOf(kind, kind.attributed ? kind.shown : !filtered));
    const kind = all.kind.map((place) => places[place]);
    for (const one of chosen) {
      if (one.column === cube.campaign) continue;
      const [keys, allowed] = [all.keys[one.column], allowedKeys(one)];
      const hidden = Int32Array.from(kinds, (each) => placeOf(each, each.attributed ? false : each.shown));
      for (let i = 0; i < kind.length; i += 1) if (!allowed[keys[i]]) kind[i] = hidden[kind[i]];
    }
    const days = periodsOf(cube, asked);
    const made = {
      members: days.map((period) => {
        const inside = Uint8Array.from(period, (day) => (day === null ? 0 : 1));
        const members = new Int32Array(kind.length);
        let size = 0;
        for (let i = 0; i < kind.length; i += 1) if (inside[all.moment[i]]) { members[size] = i; size += 1; }
        return members.subarray(0, size);
      }),
      kind,
      kinds,
      days,
      campaigns: chosen.filter((one) => one.column === cube.campaign).map(allowedKeys),
      filtered,
      buckets: new Map(),
    };
    if (all.selections.size >= 4) all.selections.clear();
    all.selections.set(name, made);
    return made;
  };

  /** The texts of a bucket of time, and a code of each moment of each period.
   * @param {Cube} cube @param {Selected} selection @param {string} bucket */
  const coded = (cube, selection, bucket) => {
    const found = selection.buckets.get(bucket);
    if (found) return found;
    /** @type {Map<string, number>} */ const places = new Map();
    const codes = selection.days.map((period) => Int32Array.from(period, (day) => {
      if (day === null) return -1;
      const text = Days.bucketOf(bucket, day, cube.week_starts_on);
      let code = places.get(text);
      if (code === undefined) { code = places.size; places.set(text, code); }
      return code;
    }));
    const made = { texts: [...places.keys()], codes };
    selection.buckets.set(bucket, made);
    return made;
  };

  /**
   * The cells of a choice, added up: those that are alike in period, kind, buckets and keys of the report.
   * @param {Cube} cube @param {Taken} asked @returns {Sums}
   */
  const sum = (cube, asked) => {
    let wanted = asked.models.reduce((mask, model) => mask | maskOf(model), 0);
    if (cube.by_position || cube.dimensions.some((one) => one.kind === "position")) wanted = cube.positions;
    const of = select(cube, asked, wanted);
    const { amount, earned, keys, interactions } = prepared(cube);
    const own = new Set(cube.dimensions.filter((one) => one.kind === "column").map((one) => one.column));
    if (cube.campaign >= 0 && (cube.by_campaign || of.campaigns.length)) own.add(cube.campaign);
    const { places, examples, periods } = grouped(cube, of, [...own]);

    const size = examples.length;
    const added = (/** @type {Float64Array} */ values) => {
      const found = new Float64Array(size);
      of.members.forEach((members, period) => {
        const place = places[period];
        for (let m = 0; m < members.length; m += 1) found[place[m]] += values[members[m]];
      });
      return found;
    };
    const inSums = (/** @type {[Float64Array, Float64Array, Float64Array]} */ parts) =>
      /** @type {Parts} */ (parts.map((values) => (values.length ? added(values) : new Float64Array(size))));
    /** @type {(Parts | undefined)[]} */ const kernels = [];
    for (const { kernel } of asked.models) {
      for (const number of kernel < 0 ? [] : [2 * kernel, 2 * kernel + 1]) kernels[number] ??= inSums(earned(number));
    }
    const kind = examples.map((i) => of.kinds[of.kind[i]]);
    const allowed = (/** @type {number} */ i) => cube.cells.allowed[i] === 1
      && of.campaigns.every((keysAllowed) => keysAllowed[keys[cube.campaign][i]]);
    return {
      of, size, period: periods, example: examples, kind,
      shown: examples.map((i, g) => kind[g].shown && (!kind[g].attributed || allowed(i))),
      interactions: added(interactions), amount: inSums(amount), earned: kernels,
    };
  };

  const table = new Int32Array(TABLE);

  /** In which group each cell of a choice is, by period; and of each group its period and a cell as an example.
   * @param {Cube} cube @param {Selected} of @param {number[]} columns those of keys that groups differ in */
  const grouped = (cube, of, columns) => {
    const { keys, moment } = prepared(cube);
    const buckets = cube.dimensions.filter((one) => one.kind === "bucket").map((one) => coded(cube, of, one.name));
    const radices = [of.kinds.length, ...buckets.map((one) => one.texts.length),
      ...columns.map((column) => cube.sizes[column])];
    const product = radices.reduce((all, radix) => all * Math.max(radix, 1), of.members.length);
    /** @type {number[]} */ const examples = [];
    /** @type {number[]} */ const periods = [];
    /** @type {Map<number | string, number>} */ const known = new Map();
    /** @type {number[]} */ const used = [];
    const places = of.members.map((members, period) => {
      const codes = [of.kind, ...buckets.map((one) => one.codes[period]), ...columns.map((column) => keys[column])];
      const byMoment = codes.map((_, d) => d > 0 && d <= buckets.length);
      const key = new Float64Array(members.length).fill(period);
      /** @type {string[]} */ const long = product > LARGEST ? new Array(members.length).fill(String(period)) : [];
      codes.forEach((code, d) => {
        const at = (/** @type {number} */ i) => code[byMoment[d] ? moment[i] : i];
        if (product > LARGEST) members.forEach((i, m) => { long[m] += `,${at(i)}`; });
        else if (byMoment[d]) for (let m = 0; m < key.length; m += 1) key[m] = key[m] * radices[d] + code[moment[members[m]]];
        else for (let m = 0; m < key.length; m += 1) key[m] = key[m] * radices[d] + code[members[m]];
      });
      const place = new Int32Array(members.length);
      const begin = (/** @type {number} */ m) => { periods.push(period); return examples.push(members[m]); };
      if (product <= TABLE) { // where keys are small, a table is quicker than a map
        for (let m = 0; m < key.length; m += 1) {
          let found = table[key[m]];
          if (!found) { found = begin(m); table[key[m]] = found; used.push(key[m]); }
          place[m] = found - 1;
        }
        return place;
      }
      for (let m = 0; m < key.length; m += 1) {
        const name = product > LARGEST ? long[m] : key[m];
        let found = known.get(name);
        if (found === undefined) { found = begin(m) - 1; known.set(name, found); }
        place[m] = found;
      }
      return place;
    });
    for (const key of used) table[key] = 0;
    return { places, examples, periods };
  };

  return { sum, coded, maskOf };
})();
