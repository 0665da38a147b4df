"use strict";
// Members as swim lanes. A table beside it says the same, so the drawing has one description only.
{
  const { svg } = explorer.dom;
  const { date, words } = explorer.format;
  const DAY = 86_400_000;
  const HALF = { day: 0, month: 15.5 * DAY, year: 183 * DAY };
  const LANE = { wide: 22, narrow: 38 };

  const time = (iso) => Date.parse(iso);

  /** Round steps: years if it lasted years, months if months, days if days. */
  const ticks = (from, to, room) => {
    const most = Math.max(2, Math.floor(room / 110));
    const span = (to - from) / DAY;
    const steps = [[1, "day"], [2, "day"], [7, "day"], [14, "day"], [1, "month"], [3, "month"],
      [6, "month"], [1, "year"], [2, "year"], [5, "year"], [10, "year"], [20, "year"], [50, "year"]];
    const days = { day: 1, month: 30.4, year: 365.25 };
    const [size, unit] = steps.find(([n, each]) => span / (n * days[each]) <= most) ?? steps.at(-1);
    const at = new Date(from);
    if (unit === "year") {
      at.setUTCFullYear(Math.floor(at.getUTCFullYear() / size) * size, 0, 1);
    } else if (unit === "month") {
      at.setUTCMonth(Math.floor(at.getUTCMonth() / size) * size, 1);
    }
    const found = [];
    while (at.getTime() <= to && found.length < 200) {
      if (at.getTime() >= from) {
        found.push([at.getTime(), at.toISOString().slice(0, { day: 10, month: 7, year: 4 }[unit])]);
      }
      if (unit === "day") at.setUTCDate(at.getUTCDate() + size);
      else if (unit === "month") at.setUTCMonth(at.getUTCMonth() + size);
      else at.setUTCFullYear(at.getUTCFullYear() + size);
    }
    return found;
  };

  const lanes = (members) => {
    const found = new Map();
    for (const spell of members) {
      if (!found.has(spell.actor_id)) found.set(spell.actor_id, []);
      found.get(spell.actor_id).push(spell);
    }
    return [...found.values()];
  };

  const short = (text, letters) =>
    (text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text);

  const says = (spell) => {
    const joined = spell.joined ? date(spell.joined, spell.joined_precision) : "entry not known";
    const left = spell.left ? date(spell.left, spell.left_precision)
      : spell.exit_cause === null ? "still in when last observed" : "exit not known";
    return `${joined} to ${left}${spell.exit_cause ? `, ${words(spell.exit_cause)}` : ""}`;
  };

  /** A spell: solid while known, pale where a date is known to the month or year, dashed if not. */
  const bar = (spell, scale, y, height, span) => {
    const [from, to] = span;
    const start = spell.joined ? time(spell.joined) : from;
    const stop = spell.left ? time(spell.left) : to;
    const near = spell.joined ? HALF[spell.joined_precision] : 0;
    const far = spell.left ? HALF[spell.left_precision] : 0;
    const box = (a, b, kind) => svg("rect", {
      x: scale(Math.max(from, a)),
      y,
      width: Math.max(2, scale(Math.min(to, b)) - scale(Math.max(from, a))),
      height,
      rx: 2,
      class: kind,
    });
    const open = !spell.left && spell.exit_cause === null;
    const certain = spell.joined && (spell.left || open);
    const parts = [];
    if (near) parts.push(box(start - near, start + near, "vague"));
    if (far) parts.push(box(stop - far, stop + far, "vague"));
    // A spell within one year of which only the year is known has no certain day.
    if (start + near < stop - far || (!near && !far)) {
      parts.push(box(start + near, stop - far,
        `${certain ? "spell" : "undated"}${spell.leader ? " leader" : ""}`));
    }
    if (open) {
      const x = scale(stop);
      parts.push(svg("path", { d: `M${x} ${y}l6 ${height / 2}l-6 ${height / 2}z`, class: "spell" }));
    }
    return svg("g", {}, svg("title", {}, says(spell)), parts);
  };

  /** The drawing for this width in pixels. */
  const draw = (record, nameOf, width) => {
    const { facts, members } = record;
    const narrow = width < 560;
    const label = narrow ? 0 : Math.min(260, width * 0.32);
    const lane = narrow ? LANE.narrow : LANE.wide;
    const every = lanes(members);
    const right = 12;
    const from = time(facts.start) - HALF[facts.start_precision];
    const last = facts.end ?? facts.observed_until;
    const to = Math.max(from + DAY, time(last) + (facts.end ? HALF[facts.end_precision] : 0));
    const scale = (at) => label + ((at - from) / (to - from)) * (width - label - right);
    const top = 24;
    const height = top + every.length * lane + 6;
    const marks = ticks(from, to, width - label).filter(([at]) => scale(at) < width - 24);
    return svg("svg",
      { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", class: "timeline",
        "aria-labelledby": "timeline-title timeline-desc" },
      svg("title", { id: "timeline-title" }, `Members of ${facts.name} over time`),
      svg("desc", { id: "timeline-desc" }, `${every.length} lanes from ${
        date(facts.start, facts.start_precision)} to ${
        facts.end ? date(facts.end, facts.end_precision) : `last observed ${last}`}; the table below says the same.`),
      marks.map(([at, text]) => svg("g", { class: "tick" },
        svg("line", { x1: scale(at), x2: scale(at), y1: top - 6, y2: height }),
        svg("text", { x: scale(at), y: 12, "text-anchor": scale(at) - label < 24 ? "start" : "middle" },
          text))),
      every.map((spells, place) => {
        const y = top + place * lane;
        const leader = spells.some((spell) => spell.leader);
        const name = (leader ? "★ " : "") + nameOf(spells[0].actor_id);
        const letters = Math.floor((narrow ? width : label - 8) / (leader ? 8 : 7));
        return svg("g", { class: "lane" },
          svg("text", { x: 0, y: y + 14, class: leader ? "leader" : null },
            short(name, letters), svg("title", {}, name)),
          spells.map((spell) => bar(spell, scale, y + (narrow ? 20 : 4), 12, [from, to])));
      }));
  };

  explorer.timeline = { draw, says };
}
