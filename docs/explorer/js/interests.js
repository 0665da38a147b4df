"use strict";
// Part of a record about interests: how far they overlap, and what each member wants.
{
  const { el, svg, table } = explorer.dom;
  const { known, number, words, UNKNOWN } = explorer.format;

  const DEPTH = {
    governing: "mean closeness of pairs of parties on left-right, state-market and liberty-authority; 0 to 1",
    wartime: "mean likeness of pairs of states in their alliances, (1 + S) / 2; 0 to 1",
    ngo: "share of pairs of members with the same main area of work; 0 to 1",
  };
  const BREADTH = {
    governing: "share of issues on which the mean pair is closer than the usual pair of parties of that year",
    wartime: "share of channels on which the mean pair is closer than the usual pair of states of that year",
    ngo: "mean over pairs of the share of their areas on which both work (Jaccard)",
  };
  const ISSUES = {
    governing: "dimensions known for all parties",
    wartime: "channels known for all pairs",
    ngo: "areas on which any member works",
  };
  const CHANNELS = {
    governing: {
      left_right: ["Closeness, left to right", "mean of pairs; 1 if all agree"],
      state_market: ["Closeness, state or market", "mean of pairs; 1 if all agree"],
      liberty_authority: ["Closeness, liberty or authority", "mean of pairs; 1 if all agree"],
      eu: ["Closeness, European integration", "mean of pairs; 1 if all agree"],
    },
    wartime: {
      s_alliance: ["Portfolios of alliances (S)", "-1 to 1"],
      un_agreement: ["Votes in the General Assembly", "agreement, 0 to 1"],
      igo_jaccard: ["Organisations of states", "share of memberships in common, 0 to 1"],
      regime_similarity: ["Regimes", "likeness of democracy scores, 0 to 1"],
    },
    ngo: {},
  };

  const SCALE = { left: 8, width: 300, height: 34 };

  /** Parties on a scale from 0 to 10; the table below has the numbers. */
  const strip = (dimension, label, rows, nameOf) => {
    const x = (value) => SCALE.left + (value / 10) * (SCALE.width - 2 * SCALE.left);
    const says = rows.map((row) => `${nameOf(row.actor_id)} ${number(row.value, 1)}`).join(", ");
    return el("figure", {},
      el("figcaption", {}, label),
      svg("svg", { viewBox: `0 0 ${SCALE.width} ${SCALE.height}`, role: "img", class: "strip",
        "aria-label": `${words(dimension)}, 0 to 10: ${says}` },
      svg("title", {}, `${words(dimension)}: ${says}`),
      svg("line", { x1: x(0), x2: x(10), y1: 14, y2: 14 }),
      [0, 5, 10].map((at) => svg("text", { x: x(at), y: 31, "text-anchor": "middle" }, String(at))),
      rows.map((row) => svg("circle", { cx: x(row.value), cy: 14, r: 5,
        class: row.basis === "expert_mean" ? "known" : "filled" },
      svg("title", {}, `${nameOf(row.actor_id)}: ${number(row.value, 1)}`)))));
  };

  const positions = (model, record, nameOf) => {
    const rows = record.positions;
    if (rows.length === 0) return null;
    const labels = model.index.labels["positions.dimension"];
    const dimensions = Object.keys(CHANNELS.governing)
      .filter((name) => rows.some((row) => row.dimension === name));
    const of = new Map(rows.map((row) => [`${row.actor_id} ${row.dimension}`, row]));
    const members = [...new Set(rows.map((row) => row.actor_id))];
    const cell = (row) => (row
      ? [number(row.value, 1), row.basis === "family_mean" && el("small", {}, "mean of party family")]
      : el("span", { class: "unknown" }, UNKNOWN));
    return [
      el("h4", {}, "Positions of parties"),
      el("p", {}, "Full dots are means of expert surveys. Hollow dots are means of the party's family, entered by the source where no survey places the party; the measures above leave them out."),
      el("div", { class: "strips" }, dimensions.map((name) =>
        strip(name, labels[name], rows.filter((row) => row.dimension === name), nameOf))),
      table("Positions of parties, 0 to 10", [
        { label: "Member", cell: (actor) => nameOf(actor) },
        ...dimensions.map((name) => ({
          label: words(name), number: true, cell: (actor) => cell(of.get(`${actor} ${name}`)) })),
      ], members),
    ];
  };

  const areas = (model, record, nameOf) => {
    if (record.facts.family !== "ngo") return null;
    const labels = model.index.labels["issue_areas.issue_area"];
    const members = [...new Set(record.members.map((row) => row.actor_id))];
    const of = (actor) => record.issue_areas.filter((row) => row.actor_id === actor)
      .sort((a, b) => a.rank - b.rank).map((row) => labels[row.issue_area] ?? words(row.issue_area));
    return table("Areas on which members work", [
      { label: "Member", cell: (actor) => nameOf(actor) },
      { label: "Main area", cell: (actor) => of(actor)[0] ?? UNKNOWN },
      { label: "Others", cell: (actor) => of(actor).slice(1).join(", ") },
    ], members);
  };

  const overlap = (model, record, nameOf) => {
    const { family } = record.facts;
    const names = {
      interest_depth: ["Depth", DEPTH[family]],
      interest_breadth: ["Breadth", BREADTH[family]],
      interest_issues: ["Number of issues", ISSUES[family]],
      ...(family === "governing" ? { interest_range: ["Range left to right", "0 to 10"] } : {}),
      ...Object.fromEntries(Object.entries(CHANNELS[family])
        .map(([name, words_]) => [`interest_similarity_${name}`, words_])),
    };
    const blank = !known(record.measures.interest_depth);
    return el("section", { "aria-labelledby": "h-interests" },
      el("h3", { id: "h-interests" }, "Overlap of interests"),
      blank && el("p", {}, "The depth is unknown: it needs a value for every member, or every pair of members, and at least one is missing."),
      explorer.strength.measures(record, names, "Overlap of interests at the start"),
      positions(model, record, nameOf),
      areas(model, record, nameOf));
  };

  explorer.interests = { overlap };
}
