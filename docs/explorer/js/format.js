"use strict";
// How values read. What nobody knows is "unknown", never a zero or a blank.
{
  const UNKNOWN = "unknown";
  const LENGTHS = { day: 10, month: 7, year: 4 };
  const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

  const known = (value) => value !== null && value !== undefined;

  explorer.format = {
    UNKNOWN,
    known,
    /** As much of an ISO date as is known: 1914, 1914-08 or 1914-08-01. */
    date: (iso, precision) => (known(iso) ? iso.slice(0, LENGTHS[precision] ?? 10) : UNKNOWN),
    number: (value, digits = 3) => (known(value)
      ? new Intl.NumberFormat("en", { maximumFractionDigits: digits }).format(value) : UNKNOWN),
    /** A small share keeps two significant digits: 0.0004 is not 0. */
    amount: (value) => (known(value)
      ? new Intl.NumberFormat("en",
        Math.abs(value) < 0.01 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: 3 })
        .format(value) : UNKNOWN),
    percent: (value) => (known(value) ? `${(100 * value).toFixed(1)} %` : UNKNOWN),
    /** A level of a variable in words: `early_election` is "early election". */
    words: (level) => (known(level) ? level.replaceAll("_", " ") : UNKNOWN),
    count: (n, one, many) => `${whole.format(n)} ${n === 1 ? one : many}`,
    /** Days, with what is not certain about them. */
    duration: (row) => {
      if (!known(row.duration)) return UNKNOWN;
      const before = row.endKnown ? (row.durationPrecision === "day" ? "" : "about ") : "over ";
      return `${before}${whole.format(row.duration)}`;
    },
  };
}
