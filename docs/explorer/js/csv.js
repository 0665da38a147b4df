"use strict";
// The list as CSV (RFC 4180) under the names that the data set has for its columns.
{
  // The same signs as in the data set's own exports for spreadsheets.
  const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;
  const COLUMNS = {
    coalition_id: (row) => row.id,
    name: (row) => row.name,
    family: (row) => row.family,
    subtype: (row) => row.subtype,
    countries: (row) => row.countries.map((each) => each.code).join(";"),
    members: (row) => row.members.map((each) => each.id).join(";"),
    start: (row) => row.start,
    start_precision: (row) => row.startPrecision,
    end: (row) => row.end,
    end_precision: (row) => row.endPrecision,
    observed_until: (row) => row.lastSeen,
    status: (row) => row.status,
    end_cause: (row) => row.cause,
    end_cause_basis: (row) => row.causeBasis,
    n_members: (row) => row.size,
    duration: (row) => row.duration,
    power_hhi: (row) => row.hhi,
    interest_depth: (row) => row.depth,
    primary: (row) => (row.primary ? "True" : "False"),
  };

  /** Text that a spreadsheet could take for a formula gets an apostrophe before it. */
  const guarded = (value) =>
    (typeof value === "string" && FORMULA.test(value) ? `'${value}` : value);

  const cell = (value) => {
    if (!explorer.format.known(value)) return "";
    const text = String(guarded(value));
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  const text = (rows) => [
    Object.keys(COLUMNS).join(","),
    ...rows.map((row) => Object.values(COLUMNS).map((value) => cell(value(row))).join(",")),
  ].map((line) => `${line}\r\n`).join("");

  const save = (content, type, name) => {
    const address = URL.createObjectURL(new Blob([content], { type }));
    const link = document.createElement("a");
    link.href = address;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  };

  explorer.csv = {
    guarded,
    text,
    // The byte order mark tells spreadsheets that it is UTF-8.
    download: (rows, version) => save(
      `\uFEFF${text(rows)}`, "text/csv;charset=utf-8", `coalitiondata-${version}-coalitions.csv`),
    json: (record, id, version) => save(
      `${JSON.stringify(record, null, 2)}\n`, "application/json",
      `coalitiondata-${version}-${id}.json`),
  };
}
