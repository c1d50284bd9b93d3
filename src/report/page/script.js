"use strict";
(() => {
  const root = document.documentElement;
  const all = (query, from = document) => [...from.querySelectorAll(query)];
  const one = (id) => document.getElementById(id);
  root.classList.add("js");
  one("tools").hidden = false;

  const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const rows = all("tbody tr").map((row) => ({ row, text: plain(row.textContent) }));
  const filters = all("select[data-filter]");
  const show = () => {
    const words = plain(one("search").value).split(/\s+/).filter(Boolean);
    const wanted = filters.filter((filter) => filter.value !== "");
    let shown = 0;
    for (const { row, text } of rows) {
      const fits = words.every((word) => text.includes(word)) &&
        wanted.every((filter) => row.dataset[filter.dataset.filter] === filter.value);
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    one("count").textContent = shown === rows.length ? `${rows.length} rows` : `${shown} of ${rows.length} rows`;
    one("none").hidden = shown > 0;
  };
  for (const filter of filters) {
    const values = new Set(rows.map(({ row }) => row.dataset[filter.dataset.filter]).filter(Boolean));
    filter.append(...[...values].sort().map((value) => new Option(value, value)));
    filter.hidden = values.size < 2;
    filter.addEventListener("change", show);
  }
  one("search").addEventListener("input", show);
  show();

  one("theme").addEventListener("click", () => {
    const dark = root.classList.contains("dark") ||
      (!root.classList.contains("light") && matchMedia("(prefers-color-scheme: dark)").matches);
    root.classList.toggle("dark", !dark);
    root.classList.toggle("light", dark);
  });

  // Without a secure context there is no clipboard to write to, but a selection can be copied.
  const selected = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("refused"));
  };
  const copy = (text) =>
    navigator.clipboard ? navigator.clipboard.writeText(text).catch(() => selected(text)) : selected(text);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const said = (word) => {
      button.textContent = word;
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    };
    copy(button.dataset.copy).then(() => said("Copied"), () => said("Press Ctrl+C"));
  });
})();
