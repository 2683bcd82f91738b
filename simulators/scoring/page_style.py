"""The look of the report: one style sheet, light and dark, no script. Pure data."""

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #5b6470; --paper: #fdfdfc; --rule: #e2e4e6;
  --band: #f3f4f4; --m0: #0063b1; --m1: #2f9fd8; --m2: #b97900; --m3: #00805b; --m4: #c4510a; --m5: #a8478b;
  --m6: #6b6f76; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ea; --soft: #a2abb5; --paper: #14171a;
  --rule: #2d3338; --band: #1c2024; --m0: #5aa9f0; --m1: #8fd3f7; --m2: #f0b13c; --m3: #3fc79a; --m4: #ff8f50;
  --m5: #e28fc8; --m6: #a2a7ad; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 70rem; background: var(--paper);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.7rem; margin: 0 0 .4rem; } h2 { font-size: 1.35rem; margin: 3rem 0 .3rem; }
h3 { font-size: 1.05rem; margin: 2rem 0 .3rem; }
p, li { max-width: 46rem; } .soft { color: var(--soft); }
nav a { margin-right: 1rem; } a { color: var(--m0); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: .875rem; margin: .6rem 0 1rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { padding: .28rem .7rem; text-align: right; border-bottom: 1px solid var(--rule);
  font-variant-numeric: tabular-nums; vertical-align: bottom; }
td { vertical-align: top; } th { font-weight: 600; max-width: 9.5rem; }
th:first-child, td:first-child { text-align: left; white-space: nowrap; position: sticky; left: 0;
  background: var(--paper); }
tr.ours td { background: var(--band); } td.best { font-weight: 700; }
td small { display: block; color: var(--soft); font-weight: 400; white-space: nowrap; }
figure { margin: .6rem 0 1.6rem; } figure svg { display: block; width: 100%; max-width: 46rem; height: auto; }
figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; font-size: .875rem; padding: 0; margin: .2rem 0;
  list-style: none; max-width: 46rem; }
svg.swatch { display: inline-block; width: .85rem; height: .85rem; vertical-align: -.1rem; margin-right: .35rem; }
svg text { fill: var(--ink); font: 12px system-ui, sans-serif; }
svg .tick { fill: var(--soft); font-size: 11.5px; }
svg .name { font-size: 11.5px; } svg .title { font-size: 12.5px; }
svg .grid { stroke: var(--rule); stroke-width: 1; } svg .axis { stroke: var(--soft); stroke-width: 1; }
svg .line { fill: none; stroke-width: 1.8; stroke: var(--c); } svg .faint { stroke: var(--soft); stroke-dasharray: 5 4;
  stroke-width: 1.2; } svg .curve { stroke-width: 1.2; opacity: .75; }
svg .whisker { stroke: var(--c); stroke-width: 1.6; opacity: .8; }
svg .dot { fill: var(--c); stroke: var(--paper); stroke-width: .8; }
svg .ring { fill: var(--paper); stroke: var(--c); stroke-width: 2.2; }
svg .small { opacity: .8; }
.m0 { --c: var(--m0); } .m1 { --c: var(--m1); } .m2 { --c: var(--m2); } .m3 { --c: var(--m3); }
.m4 { --c: var(--m4); } .m5 { --c: var(--m5); } .m6 { --c: var(--m6); }
@media print { body { max-width: none; } nav { display: none; } }
"""
