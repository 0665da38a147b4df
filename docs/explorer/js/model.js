"use strict";
// The rows of the index, with what filtering and sorting need.
{
  /** Lower case without accents, and letters that are no accented ones in their usual form. */
  const LETTERS = { ø: "o", ł: "l", đ: "d", ð: "d", þ: "th", ß: "ss", æ: "ae", œ: "oe", ı: "i" };
  const fold = (text) => text.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "")
    .replace(/[øłđðþßæœı]/g, (letter) => LETTERS[letter]);

  const read = (index) => {
    const { coalitions: columns, order } = index;
    const [ids, names, also, iso3] = index.actors;
    const actors = ids.map((id, at) => ({ id, name: names[at], also: also[at], iso3: iso3[at] }));
    const countries = index.countries.map(([code, name]) => ({ code, name }));
    const level = (name, at, levels = name) => {
      const sign = columns[name][at];
      return sign === "-" ? null : order[levels][Number.parseInt(sign, 36)];
    };
    const rows = columns.coalition_id.map((id, at) => {
      const cause = level("end_cause", at);
      const status = level("status", at);
      return {
        at,
        id,
        name: columns.name[at],
        family: level("family", at),
        subtype: level("subtype", at),
        start: columns.start[at],
        startPrecision: level("start_precision", at),
        end: columns.end[at],
        endPrecision: level("end_precision", at),
        endKnown: columns.end[at] !== null,
        lastSeen: columns.end[at] ?? columns.observed_until[at],
        status,
        cause,
        causeBasis: level("end_cause_basis", at),
        ended: status === "ongoing" ? "ongoing" : cause ?? explorer.format.UNKNOWN,
        primary: columns.primary[at] === 1,
        countries: columns.countries[at].map((place) => countries[place]),
        members: columns.members[at].map((place) => actors[place]),
        size: columns.n_members[at],
        duration: columns.duration[at],
        durationPrecision: level("duration_precision", at, "start_precision"),
        hhi: columns.power_hhi[at],
        depth: columns.interest_depth[at],
      };
    });
    return {
      rows,
      actors,
      countries,
      byId: new Map(rows.map((row) => [row.id, row])),
      actorById: new Map(actors.map((actor) => [actor.id, actor])),
      index,
    };
  };

  /** All that the search box looks through; made on the first search, to show the page sooner. */
  const haystack = (row) => {
    row.haystack ??= fold([
      row.name,
      row.id,
      ...row.countries.map((each) => `${each.name} ${each.code}`),
      ...row.members.map((each) => `${each.name} ${each.also}`),
    ].join("\n"));
    return row.haystack;
  };

  explorer.model = { read, fold, haystack };
}
