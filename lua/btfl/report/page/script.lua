--- What the page of the html format does: it makes the cases, the heat map and what is open of its data.
-- luacheck: no max line length
return [==[

"use strict";
(() => {
const m = JSON.parse(document.getElementById("data").textContent), main = document.getElementById("matrix");
// Elements with text in them: no name ever becomes markup.
const el = (tag, props, ...children) => {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props || {})) {
    if (k === "class") e.className = v; else if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else e.setAttribute(k, v);
  }
  for (const c of children) if (c !== null && c !== undefined) e.append(c);
  return e;
};
const finding = n => {
  const [level, text] = m.findings[n], box = el("div", { class: "finding mono " + level });
  text.split("\n").forEach((line, i) => {
    if (i) box.append("\n");
    const caret = /^(\s*\|\s*)(\^+)$/.exec(line);
    if (!i) box.append(el("b", { class: level }, line));
    else if (caret) box.append(caret[1], el("span", { class: "caret" }, caret[2]));
    else line.split(/(\x01[^\x03]*\x03)/).forEach(part => {
      const [text, whole] = part.slice(1, -1).split("\x02");
      box.append(part[0] === "\x01" ? el("details", { class: "more" }, el("summary", {}, text), whole) : part);
    });
  });
  return box;
};
const [LETTER, ABOUT, TONE, FINE] = [0, 1, 2, 3];
const of = s => m.states[s], tone = s => of(s)[TONE];
const swatch = s => el("span", { class: "swatch mono " + tone(s), "aria-hidden": "true" }, of(s)[LETTER]);
const name = r => m.targets[r].n;
const newest = rows => name(rows.reduce((a, b) => m.targets[b].r > m.targets[a].r ? b : a));
const some = rows => rows.length < 6 ? rows.map(name).join(", ")
  : rows.slice(0, 4).map(name).join(", ") + " and " + (rows.length - 4) + " more";
const plural = (n, one) => n + " " + one + (n === 1 ? "" : "s");

// One cell, or one case, in full.
const body = c => {
  const out = el("div", {});
  if (c.p.length) {
    const rows = c.p.map(([p, s, why]) =>
      el("tr", {}, el("td", {}, swatch(s)), el("td", { class: "mono" }, p), el("td", {}, of(s)[ABOUT]),
        el("td", { class: "mono dim" }, why)));
    out.append(el("table", { class: "programs" }, ...rows));
  }
  for (const x of c.x || []) out.append(el("div", { class: "finding mono error" }, x));
  for (const n of c.f) out.append(finding(n));
  if (!c.f.length && !(c.x || []).length) out.append(el("p", { class: "dim" }, "nothing found"));
  return out;
};
const rowsOf = (col, k, rows) => rows.filter(r => col.at[r] === k);

// What is shown.
const on = new Set(m.states.map((_, s) => s));
const input = {};
const matches = (text, word) => text.toLowerCase().includes(word.trim().toLowerCase());
const shownRows = () => m.targets.map((_, r) => r).filter(r => matches(name(r), input.kernel.value) &&
  ["d", "f", "a"].every(k => !input[k] || !input[k].value || m.targets[r][k] === input[k].value));
const shownColumns = rows => m.columns.filter(c => matches(c.l + " " + c.o, input.object.value) &&
  rows.some(r => c.at[r] >= 0 && on.has(c.c[c.at[r] ].s)));

// Filters; the states are the legend, too.
const filters = el("form", { class: "filters", "aria-label": "filters", onsubmit: e => e.preventDefault() });
const field = (key, label, control) => {
  input[key] = control;
  control.addEventListener("input", () => draw());
  filters.append(el("label", {}, label, control));
};
field("kernel", "kernel", el("input", { type: "search", placeholder: "name" }));
field("object", m.by, el("input", { type: "search", placeholder: "name" }));
for (const [k, label] of [["d", "distribution"], ["f", "flavour"], ["a", "architecture"] ]) {
  const values = [...new Set(m.targets.map(t => t[k]).filter(v => v))].sort();
  if (values.length > 1) field(k, label, el("select", {}, el("option", { value: "" }, "all"),
    ...values.map(v => el("option", { value: v }, v))));
}
const chips = el("div", { class: "chips", role: "group", "aria-label": "states" });
m.states.forEach((state, s) => {
  const n = m.columns.reduce((sum, c) => sum + c.at.filter(k => k >= 0 && c.c[k].s === s).length, 0);
  if (!n) return;
  const chip = el("button", { type: "button", class: "chip", "aria-pressed": "true", onclick: () => {
    on.has(s) ? on.delete(s) : on.add(s);
    chip.setAttribute("aria-pressed", on.has(s));
    draw();
  } }, swatch(s), n + " " + state[ABOUT]);
  chips.append(chip);
});
filters.append(chips);
const status = el("span", { class: "dim", role: "status" });
const jump = el("button", { type: "button", onclick: () => { wrap.scrollIntoView(); focus(...current); } }, "Go to the map");

// Cases first.
const cases = el("section", { "aria-label": "cases" });
const drawCases = (rows, columns) => {
  cases.replaceChildren(el("h2", {}, "Cases"));
  if (m.tests.length) cases.append(el("p", {}, "Each case of every " + m.by + " is on one of " +
    plural(m.tests.length, "kernel") + " of " + m.targets.length + ". To test: ",
    el("span", { class: "mono" }, m.tests.map(name).join(", "))));
  let plain = 0;
  for (const col of columns) {
    const own = col.c.map((c, k) => [c, rowsOf(col, k, rows)])
      .filter(([c, on_]) => on_.length && tone(c.s) !== "none" && !c.u);
    if (own.length === 0 || own.length === 1 && of(own[0][0].s)[FINE]) { plain += own.length; continue; }
    const box = el("div", { class: "object" }, el("b", { class: "mono" }, col.l),
      " " + plural(own.length, "case") + (own.length > 1 ? "; to test them: " : ""),
      own.length > 1 ? el("span", { class: "mono" }, own.map(([, r]) => newest(r)).join(", ")) : null);
    for (const [c, r] of own) {
      const more = el("details", { ontoggle: () => { if (more.open && more.children.length < 2)
        more.append(el("p", { class: "dim" }, "on " + r.map(name).join(", ")), body(c)); } },
        el("summary", {}, swatch(c.s), " " + of(c.s)[ABOUT], c.why ? el("span", { class: "mono" }, ": " + c.why) : null,
          el("span", { class: "dim" }, " on " + some(r))));
      box.append(more);
    }
    cases.append(box);
  }
  if (plain) cases.append(el("p", {}, plural(plain, "other " + m.by) + ": one case, which loads"));
};

// The heat map. One cell is in the order of tabs, arrows lead to the others.
const panel = el("aside", { id: "cell", role: "dialog", "aria-modal": "false", "aria-labelledby": "cell-title", hidden: "" });
const wrap = el("div", { class: "wrap" });
let cells = [], current = [0, 0], opened = null;
const focus = (y, x) => {
  y = Math.max(0, Math.min(y, cells.length - 1));
  if (y < 0 || !cells[y].length) return;
  x = Math.max(0, Math.min(x, cells[y].length - 1));
  cells[current[0] ]?.[current[1] ]?.setAttribute("tabindex", "-1");
  current = [y, x];
  cells[y][x].setAttribute("tabindex", "0");
  cells[y][x].focus();
};
const close = () => {
  if (!opened) return;
  opened.setAttribute("aria-selected", "false");
  panel.hidden = true;
  opened.focus();
  opened = null;
};
const open = (td, col, r) => {
  const k = col.at[r];
  if (k < 0) return;
  if (opened) opened.setAttribute("aria-selected", "false");
  opened = td;
  td.setAttribute("aria-selected", "true");
  const c = col.c[k], same = rowsOf(col, k, m.targets.map((_, i) => i)).filter(i => i !== r);
  panel.replaceChildren(
    el("button", { type: "button", class: "close", onclick: close }, "Close"),
    el("h2", { id: "cell-title" }, col.l + " on " + name(r)),
    el("p", {}, swatch(c.s), " " + of(c.s)[ABOUT], c.why ? el("span", { class: "mono" }, ": " + c.why) : null),
    el("p", { class: "dim" }, same.length ? "the same on " + same.map(name).join(", ") : "on no other kernel"), body(c));
  panel.hidden = false;
  panel.querySelector(".close").focus();
};
const drawGrid = (rows, columns) => {
  const head = el("tr", { role: "row" }, el("th", { scope: "col", role: "columnheader" }, "kernel"),
    ...columns.map(c => el("th", { scope: "col", role: "columnheader", title: c.o }, el("span", {}, c.l))));
  cells = [];
  const lines = rows.map((r, y) => {
    const list = columns.map((col, x) => {
      const k = col.at[r], c = k < 0 ? null : col.c[k];
      const about = c ? of(c.s)[ABOUT] + (c.why ? ": " + c.why : "") : "no cell";
      const td = el("td", { role: "gridcell", tabindex: "-1", "aria-selected": "false",
        class: (c ? tone(c.s) : "none") + (c && !on.has(c.s) ? " off" : ""),
        "aria-label": col.l + " on " + name(r) + ": " + about, title: col.l + " on " + name(r) + "\n" + about },
        c ? of(c.s)[LETTER] : "");
      td.addEventListener("click", () => { focus(y, x); open(td, col, r); });
      td.addEventListener("keydown", e => {
        const to = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
          Home: [e.ctrlKey ? 0 : y, 0], End: [e.ctrlKey ? 1e9 : y, 1e9], PageUp: [y - 10, x], PageDown: [y + 10, x] }[e.key];
        if (to) focus(...to); else if (e.key === "Enter" || e.key === " ") open(td, col, r); else return;
        e.preventDefault();
      });
      return td;
    });
    cells.push(list);
    return el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, name(r)), ...list);
  });
  wrap.replaceChildren(el("table", { class: "grid", role: "grid", "aria-label": "kernels down, " + m.by + "s across" },
    el("thead", { role: "rowgroup" }, head), el("tbody", { role: "rowgroup" }, ...lines)));
  current = [0, 0];
  cells[0]?.[0]?.setAttribute("tabindex", "0");
};
const draw = () => {
  if (opened) { opened = null; panel.hidden = true; }
  let rows = shownRows();
  const columns = shownColumns(rows);
  rows = rows.filter(r => columns.some(c => c.at[r] >= 0 && on.has(c.c[c.at[r] ].s)));
  status.textContent = rows.length + " of " + plural(m.targets.length, "kernel") + ", " + columns.length + " of " +
    plural(m.columns.length, m.by);
  drawCases(rows, columns);
  drawGrid(rows, columns);
};
document.addEventListener("keydown", e => { if (e.key === "Escape") close(); });
main.append(filters, el("p", { class: "bar" }, jump, status), cases, el("h2", {}, "Kernels down, " + m.by + "s across"),
  el("p", { class: "dim hint" }, "Arrow keys move, Enter opens a cell, Escape closes it."), wrap, panel);
draw();
})();
]==]
