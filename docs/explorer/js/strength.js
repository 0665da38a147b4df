"use strict";
// Parts of a record about power: shares at the start, all recorded resources, votes.
{
  const { el, table, bar } = explorer.dom;
  const { amount, known, number, percent, words, UNKNOWN } = explorer.format;

  const MEASURES = {
    power_hhi: ["Concentration (Herfindahl-Hirschman)", "sum of squared shares; 1 if one member has all"],
    power_normalized_hhi: ["Concentration, normalised", "0 if all have the same, 1 if one has all"],
    power_effective_number: ["Effective number of members", "Laakso and Taagepera; 1 over the concentration"],
    power_top_share: ["Share of the strongest", "0 to 1"],
    power_leader_margin: ["Lead of the strongest over the second", "difference of shares"],
    power_gini: ["Gini coefficient", "0 if all have the same"],
    power_entropy: ["Entropy of shares", "in nats"],
    power_con: ["Concentration (Singer, Bremer and Stuckey)", "0 to 1"],
    power_total: ["Power of all members", "seats, or share of the state system"],
    seat_share: ["Seats of the cabinet in the chamber", "share, 0 to 1"],
  };

  const why = (model, row) => {
    const reason = model.index.labels["power.missing_reason"][row.missing_reason];
    return el("span", { class: "unknown" }, reason ? `${UNKNOWN}: ${reason}` : UNKNOWN);
  };

  const measures = (record, names, caption) => table(caption, [
    { label: "Measure", cell: (row) => row.label },
    { label: "Value", number: true, cell: (row) => amount(row.value) },
    { label: "Meaning", cell: (row) => row.meaning },
  ], Object.entries(names)
    .filter(([name]) => name !== "seat_share" || record.facts.family === "governing")
    .map(([name, [label, meaning]]) => ({ label, meaning, value: record.measures[name] })));

  const shares = (model, record, nameOf) => {
    const rows = record.power_at_start;
    if (rows.length === 0) {
      return el("p", {}, record.facts.family === "ngo"
        ? "Unknown: organisations have no resource that is known for all members of a coalition, so the data set gives no shares."
        : UNKNOWN);
    }
    const [first] = rows;
    const resource = words(first.resource);
    return [
      el("p", {}, `Members in the coalition within 30 days of its start, by ${
        first.resource === "cinc" ? "material capabilities (CINC, share of the state system)" : resource} in ${first.year}.`),
      table(`Power at the start: ${resource}, ${first.year}`, [
        { label: "Member", cell: (row) => nameOf(row.actor_id) },
        { label: "Share", number: true, cell: (row) => [percent(row.share), bar(row.share)] },
        { label: first.resource === "seats" ? "Seats" : "CINC", number: true,
          cell: (row) => (known(row.value) ? amount(row.value) : why(model, row)) },
        { label: "Unit", cell: (row) => words(row.unit) },
        { label: "Basis", cell: (row) => words(row.basis) },
        { label: "Source", cell: (row) => (row.source ? explorer.origins.link(row.source) : UNKNOWN) },
      ], rows),
    ];
  };

  /** Every value that the data set has, in a box that is filled when it is opened. */
  const recorded = (model, record, nameOf) => {
    const rows = record.power;
    if (rows.length === 0) return null;
    const labels = model.index.labels["power.resource"];
    const most = new Map();
    for (const row of rows) {
      const key = `${row.resource} ${row.unit}`;
      most.set(key, Math.max(most.get(key) ?? 0, row.value ?? 0));
    }
    const resources = [...new Set(rows.map((row) => row.resource))];
    return explorer.later(`All recorded resources (${rows.length})`, () => [
      el("ul", {}, resources.map((each) => el("li", {}, el("b", {}, words(each)), `: ${labels[each]}`))),
      table("All recorded resources of members", [
        { label: "Member", cell: (row) => nameOf(row.actor_id) },
        { label: "Resource", cell: (row) => words(row.resource) },
        { label: "Year", number: true, cell: (row) => String(row.year) },
        { label: "Value", number: true, cell: (row) => (known(row.value)
          ? [amount(row.value), bar(row.value / (most.get(`${row.resource} ${row.unit}`) || 1))]
          : why(model, row)) },
        { label: "Unit", cell: (row) => words(row.unit) },
        { label: "Basis", cell: (row) => words(row.basis) },
        { label: "Source", cell: (row) => explorer.origins.link(row.source) },
      ], rows),
    ]);
  };

  const power = (model, record, nameOf) => el("section", { "aria-labelledby": "h-power" },
    el("h3", { id: "h-power" }, "Power"),
    shares(model, record, nameOf),
    record.facts.family === "ngo" ? null : measures(record, MEASURES, "Measures of power at the start"),
    recorded(model, record, nameOf));

  const votes = (model, record, nameOf) => {
    const [game] = record.votes;
    if (!game) return null;
    return el("section", { "aria-labelledby": "h-votes" },
      el("h3", { id: "h-votes" }, "Voting power"),
      el("p", {}, known(game.quota)
        ? `All ${game.parties} parties of a chamber of ${game.chamber_seats} seats, simple majority of ${game.quota}.`
        : "Unknown: the seats of at least one party of the chamber are."),
      table("Voting power of the members in the chamber at the start", [
        { label: "Member", cell: (row) => nameOf(row.actor_id) },
        { label: "Seats", number: true, cell: (row) => number(row.seats) },
        { label: "Banzhaf", number: true, cell: (row) => [number(row.banzhaf), bar(row.banzhaf)] },
        { label: "Shapley-Shubik", number: true, cell: (row) => number(row.shapley_shubik) },
      ], game.members));
  };

  explorer.strength = { power, votes, measures };
}
