--- How the page of the html format looks.
-- luacheck: no max line length
return [==[

:root { --bg: #fff; --fg: #1d2129; --dim: #646b78; --line: #d9dde4; --panel: #f6f7f9; --accent: #2457c5;
  --fine: #cdebd3; --dead: #e2f1cf; --warn: #ffe29a; --ask: #d5ddf0; --bad: #f4a9a2; --worse: #e5776d; --none: #f1f2f4;
  --known: #e6e0ef; --cell: #14171c; --err: #b3261e; --wrn: #8a5a00; --nte: #2457c5; }
@media (prefers-color-scheme: dark) { :root { --bg: #14171c; --fg: #e3e6eb; --dim: #9aa2af; --line: #343a45;
  --panel: #1d2129; --accent: #8ab0ff; --fine: #2c6b3d; --dead: #4d6a27; --warn: #8a6510; --ask: #3f4c6e; --bad: #93322b;
  --worse: #b8443a; --none: #1d2129; --known: #4a4358; --cell: #fff; --err: #ff8a80; --wrn: #ffce5c; --nte: #8ab0ff; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 1rem 1.5rem 3rem; background: var(--bg); color: var(--fg);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.6rem 0 .5rem; }
header p, .dim { color: var(--dim); margin: .2rem 0; }
pre, .mono, .grid { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 12.5px; }
.filters { display: flex; flex-wrap: wrap; gap: .5rem .75rem; align-items: end; padding: .75rem; margin: 1rem 0 0;
  background: var(--panel); border: 1px solid var(--line); border-radius: 8px; }
.filters label { display: flex; flex-direction: column; color: var(--dim); font-size: 12px; gap: 2px; }
input, select, button { font: inherit; color: inherit; background: var(--bg); border: 1px solid var(--line);
  border-radius: 6px; padding: .25rem .5rem; }
.chips { display: flex; flex-wrap: wrap; gap: .35rem; width: 100%; }
.chip { display: inline-flex; gap: .4rem; align-items: center; cursor: pointer; padding: .15rem .6rem .15rem .2rem; }
.chip[aria-pressed=false] { opacity: .4; text-decoration: line-through; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
.swatch { display: inline-block; min-width: 22px; text-align: center; border-radius: 4px; font-weight: 600;
  color: var(--cell); padding: 0 3px; }
.fine { background: var(--fine); } .dead { background: var(--dead); } .warn { background: var(--warn); }
.ask { background: var(--ask); } .bad { background: var(--bad); } .worse { background: var(--worse); }
.none { background: var(--none); color: var(--dim); } .known { background: var(--known); }
.wrap { overflow: auto; max-height: 85vh; border: 1px solid var(--line); border-radius: 8px; }
.grid { border-collapse: separate; border-spacing: 1px; }
.grid th { font-weight: 400; background: var(--bg); position: sticky; text-align: left; white-space: nowrap; }
.grid thead th { top: 0; z-index: 1; vertical-align: bottom; padding: 4px 0; }
.grid thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-height: 15rem; overflow: hidden;
  text-overflow: ellipsis; }
.grid tbody th { left: 0; padding: 0 .6rem; z-index: 1; }
.grid thead th:first-child { left: 0; z-index: 2; padding: 4px .6rem; }
.grid td { min-width: 22px; height: 22px; text-align: center; border-radius: 3px; cursor: pointer; color: var(--cell); }
.grid td.none { color: var(--dim); cursor: default; }
.grid td:focus-visible { outline-offset: -2px; }
.grid td[aria-selected=true] { box-shadow: inset 0 0 0 2px var(--accent); }
.grid td.off { opacity: .15; }
.object { margin: .6rem 0; } .object > b { font-weight: 600; }
details { margin: .15rem 0 .15rem 1rem; } summary { cursor: pointer; padding: .1rem .2rem; border-radius: 4px; }
.finding { margin: .5rem 0; padding: .6rem .8rem; background: var(--panel); border-left: 4px solid var(--nte);
  border-radius: 4px; overflow-x: auto; white-space: pre; }
.more { display: inline-block; margin: 0; vertical-align: top; } .more[open] { white-space: pre-wrap; }
.finding.error { border-color: var(--err); } .finding.warning { border-color: var(--wrn); }
.finding b { font-weight: 600; } .finding b.frame { font-weight: 400; color: var(--dim); }
.error b.error, .error .caret { color: var(--err); } .warning b.warning, .warning .caret { color: var(--wrn); }
.note b.note, .note .caret { color: var(--nte); } .caret { font-weight: 700; }
.bar { display: flex; gap: 1rem; align-items: center; } .summary { list-style: none; padding: 0; }
table.rows { border-collapse: collapse; } table.rows :is(td, th) { padding: .1rem .8rem; text-align: left;
  white-space: nowrap; border-bottom: 1px solid var(--line); } table.rows th { position: sticky; top: 0; background: var(--bg); }
main > details > summary { margin: 1.6rem 0 .5rem; font-size: 1.1rem; font-weight: 600; } main > details { margin-left: 0; }
table.programs { border-collapse: collapse; margin: .5rem 0; } table.programs td { padding: .1rem .6rem .1rem 0; }
#cell { position: fixed; inset: 0 0 0 auto; width: min(46rem, 94vw); overflow: auto; padding: 1rem 1.25rem; z-index: 5;
  background: var(--bg); border-left: 1px solid var(--line); box-shadow: -8px 0 30px rgba(0, 0, 0, .25); }
#cell[hidden] { display: none; } #cell h2 { margin-top: 0; padding-right: 4rem; overflow-wrap: anywhere; }
#cell .close { position: absolute; top: 1rem; right: 1rem; }
@media print { body { padding: 0; font-size: 10px; } .filters, #cell, .hint { display: none; }
  .wrap { overflow: visible; max-height: none; border: 0; } .grid th { position: static; }
  .grid { font-size: 8px; } .grid td { min-width: 0; height: auto; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } .finding { white-space: pre-wrap; }
  .object, .finding, tr { break-inside: avoid; } }
]==]
