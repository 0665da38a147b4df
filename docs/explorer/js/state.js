"use strict";
// The view as it stands in the address, so that a link restores it.
{
  const DEFAULTS = Object.freeze({
    q: "",
    family: [],
    subtype: "",
    from: "",
    to: "",
    country: "",
    member: "",
    ended: "",
    all: false,
    sort: "start",
    desc: true,
    page: 1,
    record: "",
  });
  // Without filters the address still has a fragment: an empty one would scroll to the top.
  const EMPTY = "#list";

  const parse = (hash) => {
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    const view = structuredClone(DEFAULTS);
    for (const name of Object.keys(DEFAULTS)) {
      const value = given.get(name);
      if (value === null) continue;
      if (Array.isArray(DEFAULTS[name])) view[name] = value.split(",").filter(Boolean);
      else if (typeof DEFAULTS[name] === "boolean") view[name] = value === "1";
      else if (typeof DEFAULTS[name] === "number") view[name] = Math.max(1, parseInt(value, 10) || 1);
      else view[name] = value;
    }
    for (const name of ["from", "to"]) if (!/^\d{1,4}$/.test(view[name])) view[name] = "";
    return view;
  };

  const write = (view) => {
    const said = new URLSearchParams();
    for (const [name, fallback] of Object.entries(DEFAULTS)) {
      const value = view[name];
      const text = typeof value === "boolean" ? (value ? "1" : "0") : String(value);
      const usual = typeof fallback === "boolean" ? (fallback ? "1" : "0") : String(fallback);
      if (text !== usual) said.set(name, text);
    }
    const text = said.toString();
    return text ? `#${text}` : EMPTY;
  };

  explorer.state = { DEFAULTS, parse, write };
}
