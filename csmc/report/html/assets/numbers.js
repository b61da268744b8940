"use strict";
// The numbers of the page: decoding (see encoding.py), looking up, and writing as the tables of csmc do.
const report = {};

report.numbers = (() => {
  const data = JSON.parse(document.getElementById("payload").textContent);
  const K = data.institutions.length;
  const known = new Map();

  function bytes(text) {
    const raw = atob(text);
    const found = new Uint8Array(raw.length);
    for (let k = 0; k < raw.length; k++) found[k] = raw.charCodeAt(k);
    return found;
  }

  function floats(text) {
    if (!known.has(text)) known.set(text, new Float32Array(bytes(text).buffer));
    return known.get(text);
  }

  const places = (text) => new Uint16Array(bytes(text).buffer);

  function part(metric, name, institution, point) {
    const text = metric.parts[name];
    return text === undefined ? NaN : floats(text)[point * K + institution];
  }

  const value = (metric, k, point) => ({
    value: part(metric, "value", k, point),
    low: part(metric, "low", k, point),
    high: part(metric, "high", k, point),
  });

  const minus = (d) => ({ value: -d.value, low: -d.high, high: -d.low, counted: d.counted });

  // One institution minus another at a point. Without an interval (counted false) where the pair has not been counted.
  function difference(metric, one, other, point) {
    if (other === data.reference && metric.parts.difference !== undefined)
      return {
        value: part(metric, "difference", one, point),
        low: part(metric, "difference_low", one, point),
        high: part(metric, "difference_high", one, point),
        counted: true,
      };
    if (one === data.reference && metric.parts.difference !== undefined)
      return minus(difference(metric, other, one, point));
    const pair = data.pairs.find(
      (p) => p.metric === metric.name && Math.min(one, other) === p.one && Math.max(one, other) === p.other);
    if (pair) {
      const [difference_, low, high] = ["difference", "low", "high"].map((name) => floats(pair.parts[name])[point]);
      const found = { value: difference_, low, high, counted: true };
      return one === pair.one ? found : minus(found);
    }
    const gap = part(metric, "value", one, point) - part(metric, "value", other, point);
    return { value: gap, low: NaN, high: NaN, counted: false };
  }

  const MISSING = "–";
  const signed = (text) => (Number(text) === 0 ? text.replace(/^[+-]/, "") : text.replace("-", "−"));
  const digits = (share) => (Math.abs(share) >= 0.01 || share === 0 ? 1 : Math.abs(share) >= 0.001 ? 2 : 3);

  // The seven digits of a number that are right.
  const exact = (number) => Number(number.toPrecision(7));

  // With so many decimals, as Python writes it: exactly between two, the even one.
  function fixed(number, decimals) {
    const whole = number.toFixed(decimals + 40), down = whole.slice(0, -40);
    const isBetween = /^50*$/.test(whole.slice(-40));
    return isBetween && Number(down.at(-1)) % 2 === 0 ? down : number.toFixed(decimals);
  }

  // A share in per cent, with more digits where it is small.
  function percent(share) {
    if (Number.isNaN(share)) return MISSING;
    const value = exact(share);
    return signed(fixed(100 * value, digits(value)));
  }

  // A value: per cent for shares, three digits for others.
  function shown(metric, number) {
    if (Number.isNaN(number)) return MISSING;
    return metric.share ? percent(number) : signed(String(Number(number.toPrecision(3))));
  }

  // A difference with its sign: percentage points for shares.
  function shownDifference(metric, number) {
    const text = shown(metric, number);
    return number > 0 && Number(text) !== 0 ? "+" + text : text;
  }

  const between = (low, high, show) => (Number.isNaN(low) ? "" : ` [${show(low)}, ${show(high)}]`);
  const withInterval = (metric, v) => shown(metric, v.value) + between(v.low, v.high, (x) => shown(metric, x));
  const differenceWithInterval = (metric, d) =>
    shownDifference(metric, d.value) + between(d.low, d.high, (x) => shownDifference(metric, x));

  // What an interval decides: -1 less, 1 more, 0 undecided, NaN unknown.
  const decided = (d) => (Number.isNaN(d.low) ? NaN : d.high < 0 ? -1 : d.low > 0 ? 1 : 0);

  return {
    data, K, floats, places, percent, value, difference, shown, shownDifference, withInterval, differenceWithInterval, decided,
    MISSING,
  };
})();
