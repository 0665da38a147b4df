"use strict";
// One coalition in full.
{
  const { el, table } = explorer.dom;
  const { date, duration, known, number, percent, words, UNKNOWN } = explorer.format;

  const chunkOf = (model, row) => Math.floor(row.at / model.index.chunk_size);

  /** The record, its file read on first need. */
  const fetchRecord = async (model, row) => {
    const [chunk] = await Promise.all([
      explorer.load(`records-${chunkOf(model, row)}`), explorer.load("sources")]);
    chunk.unpacked ??= explorer.rows(chunk);
    return chunk.unpacked[row.at % model.index.chunk_size];
  };

  const PRECISION = { month: " (known to the month)", year: " (known to the year)" };
  const BASIS = {
    source: "coded by the source",
    derived: "derived by a rule of this data set",
    curated: "looked up by this project",
  };
  const when = (iso, precision) => (known(iso)
    ? date(iso, precision) + (PRECISION[precision] ?? "") : UNKNOWN);

  const pair = (term, ...content) => [el("dt", {}, term), el("dd", {}, content)];

  const meaning = (model, variable, level) => {
    const label = model.index.labels[variable]?.[level];
    return label && label !== words(level) ? ` – ${label.replace(/^(governing|wartime|ngo): /, "")}` : "";
  };

  const end = (facts) => {
    if (facts.end) return when(facts.end, facts.end_precision);
    if (facts.status === "ongoing") return `ongoing when last observed, ${facts.observed_until}`;
    return `${UNKNOWN}: it has ended, but no source says when; last observed ${facts.observed_until}`;
  };

  /** Whether it turned into something lasting, as analyses count it. */
  const transformed = (record) => {
    const { transformed: turned, transformed_on: day, outcome_observed: followed } = record.measures;
    if (!turned) return followed ? "no" : UNKNOWN;
    const bond = record.transformations.find((row) => row.date === day);
    return `yes, ${when(day, bond?.date_precision)}`;
  };

  const rule = (facts) => {
    if (facts.end_cause_basis !== "derived") return null;
    const said = explorer.part("sources").rules[facts.subtype];
    if (!said) return null;
    const parts = said.text.split("`").map((text, at) => (at % 2 ? el("code", {}, text) : text));
    return explorer.later("The rule", () => [el("p", {}, el("b", {}, said.title), ". ", parts)]);
  };

  const facts = (model, row, record, nameOf) => {
    const { facts: f, measures: m } = record;
    const basis = (level) => (level ? ` (${BASIS[level]})` : "");
    const optional = (term, value, text) => (known(value) ? pair(term, text ?? value) : null);
    const stated = record.campaign[0];
    return el("dl", { class: "facts" },
      pair("Start", when(f.start, f.start_precision)),
      pair("End", end(f)),
      pair("Duration", known(m.duration) ? `${duration(row)} days` : UNKNOWN),
      pair("How it ended", row.status === "ongoing" ? "ongoing" : words(f.end_cause),
        meaning(model, "coalitions.end_cause", f.end_cause), basis(f.end_cause_basis), rule(f)),
      optional("Event that ended it", f.terminated),
      pair("Turned into something lasting", transformed(record),
        el("small", {}, "within five years after its end")),
      pair("Goal", f.goal ?? UNKNOWN),
      pair("Outcome of the goal", words(f.goal_outcome), basis(f.goal_outcome_basis)),
      optional("Against", f.opponent),
      optional("Legal basis", f.legal_basis, words(f.legal_basis)
        + meaning(model, "coalitions.legal_basis", f.legal_basis)),
      pair("Leader", f.leader ? nameOf(f.leader) : UNKNOWN),
      pair("Members at the start", number(m.n_members),
        f.family === "ngo" ? " founding organisations, as a source states" : ""),
      pair("Members named", String(new Set(record.members.map((each) => each.actor_id)).size)),
      optional("Coverage of members", f.member_coverage, words(f.member_coverage)
        + meaning(model, "coalitions.member_coverage", f.member_coverage)),
      optional("Chamber", f.chamber_seats, `${number(f.chamber_seats)} seats, elected ${f.chamber_elected ?? UNKNOWN}`),
      stated && [
        pair("Issue area", words(stated.issue_area)),
        pair("Kind of goal", words(stated.goal_type), meaning(model, "campaigns.goal_type", stated.goal_type)),
        pair("Governance", words(stated.governance), meaning(model, "campaigns.governance", stated.governance)),
        pair("Scope", words(stated.scope)),
        pair("Most members", number(stated.peak_members)),
        pair("Went on to another goal", words(stated.went_on)
          + (stated.next_goal ? `: ${stated.next_goal}` : "")),
        pair("Note", stated.note),
      ],
      pair("Source of the record", explorer.origins.link(f.source), `, key ${f.source_key}`));
  };

  const to = (model, view, id) => {
    const row = model.byId.get(id);
    return el("a", { href: explorer.state.write({ ...view, record: id }) }, row?.name ?? id);
  };

  const startOf = (model, id) => {
    const row = model.byId.get(id);
    return date(row.start, row.startPrecision);
  };

  const list = (items) => (items.length === 1 ? items[0]
    : el("ul", {}, items.map((each) => el("li", {}, each))));

  const related = (model, view, record, nameOf) => {
    const { facts: f, related: r } = record;
    const links = (ids) => list(ids.map((id) => to(model, view, id)));
    const [next] = record.next;
    const rows = [
      f.predecessor && pair("Before it", links([f.predecessor])),
      r.successors.length > 0 && pair("After it", links(r.successors)),
      r.lineage.length > 0 && pair("Same parties, one lineage", links(r.lineage)),
      r.same_arena.length > 0 && pair("Same conflict", links(r.same_arena)),
      f.overlaps_with && pair("Primary record of the same coalition", links([f.overlaps_with])),
      r.same_coalition.length > 0 && pair("Other records of the same coalition", links(r.same_coalition)),
      next?.next_id && pair("Members came together again", to(model, view, next.next_id),
        ` from ${startOf(model, next.next_id)}, with ${next.n_carried} of its members: ${
          next.members_carried_over.split(";").map(nameOf).join(", ")}`),
      next && !next.next_id && next.observed
        && pair("Members came together again", "not two of them, within ten years"),
    ].filter(Boolean);
    return rows.length === 0 ? null : el("section", { "aria-labelledby": "h-related" },
      el("h3", { id: "h-related" }, "Before, after and beside it"),
      el("dl", { class: "facts" }, rows));
  };

  const members = (model, view, record, nameOf) => {
    const has = (name) => record.members.some((row) => known(row[name]));
    const only = (name, column) => (has(name) ? [column] : []);
    const drawing = el("div", { class: "drawing" });
    const draw = () => {
      const width = Math.floor(drawing.clientWidth);
      if (width > 0) drawing.replaceChildren(explorer.timeline.draw(record, nameOf, width));
    };
    new ResizeObserver(draw).observe(drawing);
    const link = (row) => el("a", { href: explorer.state.write({
      ...explorer.state.DEFAULTS, member: row.actor_id }),
    title: `All coalitions with ${nameOf(row.actor_id)}` }, nameOf(row.actor_id));
    const left = (row) => (row.left ? date(row.left, row.left_precision)
      : row.exit_cause === null ? "still in when last observed" : UNKNOWN);
    return el("section", { "aria-labelledby": "h-members" },
      el("h3", { id: "h-members" }, "Members"),
      drawing,
      el("p", { class: "legend" }, "★ leads. Pale ends: known to the month or year only. Dashed: the day of entry or exit is not known. Arrow: still in when last observed."),
      table("Members, when they came and went", [
        { label: "Member", cell: (row) => [link(row), row.spell > 1 && el("small", {}, `spell ${row.spell}`)] },
        ...(has("role") || record.members.some((row) => row.leader) ? [{ label: "Role",
          cell: (row) => (row.leader ? "★ leader" : words(row.role)) }] : []),
        { label: "Joined", date: true, cell: (row) => date(row.joined, row.joined_precision) },
        { label: "Left", date: true, cell: left },
        { label: "Why it left", cell: (row) => (row.exit_cause === null ? "" : [words(row.exit_cause),
          row.exit_reason && row.exit_reason !== row.exit_cause && el("small", {}, words(row.exit_reason))]) },
        ...only("exit_informative", { label: "Own decision", cell: (row) => (row.exit_informative === null
          ? UNKNOWN : row.exit_informative ? "yes" : "no") }),
        ...only("inducement", { label: "Inducement", cell: (row) => words(row.inducement) }),
        ...only("power_share", { label: "Share of power on joining", number: true,
          cell: (row) => percent(row.power_share) }),
        { label: "Source", cell: (row) => explorer.origins.link(row.source) },
      ], record.members));
  };

  const became = (model, view, record, nameOf) => {
    const names = (ids) => (ids ? ids.split(";").map(nameOf).join(", ") : UNKNOWN);
    const place = (id, name) => (id ? to(model, view, id) : name);
    const bonds = record.transformations;
    if (bonds.length === 0 && record.successions.length === 0) return null;
    return el("section", { "aria-labelledby": "h-became" },
      el("h3", { id: "h-became" }, "What it turned into"),
      bonds.length > 0 && [
        el("p", {}, "Events after its start and within ten years after its end. Analyses count those within five years; splits of members are no bond and never count."),
        table("Transformations", [
          { label: "Kind", cell: (row) => [words(row.kind), el("small", {}, model.index.labels["transformations.kind"][row.kind])] },
          { label: "Date", date: true, cell: (row) => date(row.date, row.date_precision) },
          { label: "Became", cell: (row) => row.became ?? row.alliance_id ?? UNKNOWN },
          { label: "Members", cell: (row) => names(row.members_carried_over) },
          { label: "Basis", cell: (row) => BASIS[row.basis] },
          { label: "Source", cell: (row) => explorer.origins.link(row.source) },
        ], bonds),
      ],
      record.successions.length > 0 && table("Successions", [
        { label: "From", cell: (row) => place(row.from_coalition, row.from_name) },
        { label: "To", cell: (row) => place(row.to_coalition, row.to_name) },
        { label: "Kind", cell: (row) => words(row.kind) },
        { label: "Date", date: true, cell: (row) => date(row.date, row.date_precision) },
        { label: "Members that went on", cell: (row) => names(row.members_carried_over) },
        { label: "Source", cell: (row) => explorer.origins.link(row.source) },
      ], record.successions));
  };

  const coded = (record) => (record.codings.length === 0 ? null
    : el("section", { "aria-labelledby": "h-coded" },
      el("h3", { id: "h-coded" }, "How certain the coding is"),
      el("p", {}, "Two readers coded this coalition apart from each other; where they differed, the reason for what was settled."),
      table("Codings", [
        { label: "Variable", cell: (row) => words(row.variable) },
        { label: "First reader", cell: (row) => words(row.first) },
        { label: "Second reader", cell: (row) => words(row.second) },
        { label: "Settled", cell: (row) => words(row.settled) },
        { label: "Reason", cell: (row) => row.reason ?? "" },
      ], record.codings)));

  const draw = (model, view, row, record) => {
    const nameOf = (id) => model.actorById.get(id)?.name ?? id;
    const countries = row.countries.map((each) => each.name).join(", ");
    const actions = el("div", { class: "actions" },
      el("a", { href: explorer.state.write({ ...view, record: "" }), class: "button", id: "close" }, "Back to the list"),
      el("button", { type: "button", onclick: () => explorer.copy(location.href, "Link copied.") }, "Copy link"),
      el("button", { type: "button", onclick: () => explorer.csv.json(record, row.id, model.index.version) }, "Download as JSON"));
    return [
      actions,
      el("h2", { id: "record-title", tabindex: "-1" }, row.name),
      el("p", { class: "kind" }, `${words(row.family)}, ${words(row.subtype)}${
        countries && row.family !== "wartime" ? `, ${countries}` : ""} · `, el("code", {}, row.id)),
      row.primary ? null : el("p", { class: "note" },
        "Not the primary record: the same real coalition has another one, ",
        to(model, view, record.facts.overlaps_with), ", on which analyses count it once."),
      facts(model, row, record, nameOf),
      related(model, view, record, nameOf),
      members(model, view, record, nameOf),
      explorer.strength.power(model, record, nameOf),
      explorer.strength.votes(model, record, nameOf),
      explorer.interests.overlap(model, record, nameOf),
      became(model, view, record, nameOf),
      coded(record),
      explorer.origins.sources(record),
      explorer.origins.evidence(record, nameOf),
      explorer.origins.cite(model, record),
    ].filter(Boolean);
  };

  explorer.record = { fetch: fetchRecord, draw };
}
