"use strict";
// What several parts of the page do: saying something, copying text, showing a part on demand.
{
  const { el } = explorer.dom;

  /** Says it to those who see and to those who listen. */
  explorer.say = (text) => {
    document.getElementById("said").textContent = text;
  };

  explorer.copy = async (text, done) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Pages opened from a folder, and older browsers, may not write to the clipboard.
      const field = el("textarea", { "aria-hidden": "true", tabindex: "-1" }, text);
      document.body.append(field);
      field.select();
      const copied = document.execCommand("copy");
      field.remove();
      if (!copied) {
        explorer.say(`Copying is not allowed here. The text is: ${text}`);
        return;
      }
    }
    explorer.say(done);
  };

  /** A closed box whose content is made when it is first opened. */
  explorer.later = (summary, make) => {
    const box = el("details", {}, el("summary", {}, summary));
    box.fill = () => {
      if (box.childElementCount === 1) box.append(...[make()].flat(Infinity).filter(Boolean));
    };
    box.addEventListener("toggle", () => box.open && box.fill());
    return box;
  };
}
