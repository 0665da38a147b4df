"use strict";
// Which rows a view shows, in which order.
{
  const { fold, haystack } = explorer.model;
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const words = (row) => explorer.format.words(row.ended);
  const KEYS = {
    name: (row) => row.name,
    family: (row) => `${row.family} ${row.subtype}`,
    country: (row) => row.countries.map((each) => each.name).join(", ") || null,
    start: (row) => row.start,
    end: (row) => row.end,
    duration: (row) => row.duration,
    ended: (row) => (words(row) === explorer.format.UNKNOWN ? null : words(row)),
    size: (row) => row.size,
    hhi: (row) => row.hhi,
    depth: (row) => row.depth,
  };

  const year = (iso) => Number(iso.slice(0, 4));

  const matching = (rows, view) => {
    const asked = fold(view.q).split(/\s+/).filter(Boolean);
    const tests = [
      !view.all && ((row) => row.primary),
      view.family.length > 0 && ((row) => view.family.includes(row.family)),
      view.subtype && ((row) => row.subtype === view.subtype),
      view.from && ((row) => year(row.lastSeen) >= Number(view.from)),
      view.to && ((row) => year(row.start) <= Number(view.to)),
      view.country && ((row) => row.countries.some((each) => each.code === view.country)),
      view.member && ((row) => row.members.some((each) => each.id === view.member)),
      view.ended && ((row) => row.ended === view.ended),
      asked.length > 0 && ((row) => asked.every((word) => haystack(row).includes(word))),
    ].filter(Boolean);
    return rows.filter((row) => tests.every((test) => test(row)));
  };

  /** Sorted by one column; rows of which the value is unknown come last either way. */
  const sorted = (rows, view) => {
    const key = KEYS[view.sort] ?? KEYS.start;
    const way = view.desc ? -1 : 1;
    const values = new Map(rows.map((row) => [row, key(row)]));
    const compare = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));
    return [...rows].sort((a, b) => {
      const [left, right] = [values.get(a), values.get(b)];
      if (left === null || right === null) {
        return (left === null) - (right === null) || a.at - b.at;
      }
      return way * compare(left, right) || a.at - b.at;
    });
  };

  explorer.filter = { KEYS, shown: (rows, view) => sorted(matching(rows, view), view) };
}
