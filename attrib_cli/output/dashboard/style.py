"""The style of a dashboard's page: light and dark, from a phone to a wide screen, and on paper."""

from __future__ import annotations

SHADES = 6
"""Lines of different colours; further ones are in the table below their picture only."""

_COLORS = """
:root{color-scheme:light;--ink:#1c2530;--dim:#556270;--line:#dfe4ea;--card:#fff;--page:#f4f6f8;--bar:#8fcac4;
--good:#11703a;--bad:#b3261e;--s0:#0b7a75;--s1:#b84f14;--s2:#4b5bc4;--s3:#a3337a;--s4:#776708;--s5:#556270}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;--ink:#e6ebf0;--dim:#9aa8b6;--line:#2f3a45;
--card:#1b232b;--page:#12181e;--bar:#2b7f79;--good:#5fce8d;--bad:#ff8a80;--s0:#4fd1c5;--s1:#f4a261;--s2:#a3b1ff;
--s3:#f28cc8;--s4:#e0cf5a;--s5:#9aa8b6}}
"""
_FRAME = """
*{box-sizing:border-box}
body{margin:0 auto;max-width:1800px;padding:clamp(12px,2vw,28px);background:var(--page);color:var(--ink);
font:15px/1.45 system-ui,sans-serif}
h1,h2,p,.figure,td,th{overflow-wrap:anywhere}h1{margin:0;font-size:24px}h2{margin:0;font-size:16px}p{margin:2px 0}
.about,.small,small,summary,caption{color:var(--dim);font-size:13px}
.day{white-space:nowrap}
main{display:grid;gap:16px;margin-top:20px;grid-template-columns:minmax(0,1fr)}
@media(min-width:640px){main{grid-template-columns:repeat(2,minmax(0,1fr))}.half2{grid-column:span 2}}
@media(min-width:1100px){main{grid-template-columns:repeat(4,minmax(0,1fr))}
.of1{grid-column:span 1}.of2{grid-column:span 2}.of3{grid-column:span 3}.of4{grid-column:span 4}}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:16px}
.figure{font-size:32px;line-height:1.2;font-weight:600;margin:12px 0 0}
.figure.long{font-size:24px}.figure.longer{font-size:17px}
.better{color:var(--good)}.worse{color:var(--bad)}
.warning::before{content:"⚠ "}
section.failed{border-color:var(--bad)}section.failed p{margin-top:8px}
"""
_TABLES = """
.scroll{overflow-x:auto;margin-top:12px}.scroll:focus-visible,summary:focus-visible{outline:2px solid var(--s0)}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:4px 8px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
thead th{vertical-align:bottom}tbody th{font-weight:400;min-width:11em}
tbody th:first-child,thead th.name:first-child,tfoot th:first-child{position:sticky;left:0;background:var(--card)}
td.n,th.n{text-align:right;white-space:nowrap}td.n small{display:block}th.group{text-align:center}
tfoot td,tfoot th{font-weight:600;border-bottom:0}tr.rest>*{color:var(--dim)}
td.bar{width:14%;min-width:64px;vertical-align:middle}
.many td.bar{width:auto;min-width:40px}
details{margin-top:8px}summary{cursor:pointer}
"""
_PHONE = """
@media screen and (max-width:639.9px){table{font-size:14px}th,td{padding:4px 6px}tbody th{min-width:8.5em}
.one td.bar{display:none}.one .under{display:block;height:4px;margin-top:3px}
tbody th bdi{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:4;overflow:hidden}}
"""
_LINES = """
svg{display:block;width:100%;height:180px;margin:2px 0;overflow:visible}
svg *{vector-effect:non-scaling-stroke;fill:none}
.axis{display:flex;justify-content:space-between;gap:8px;margin-top:12px}svg+.axis{margin-top:0}
.edge{stroke:var(--line)}.top{stroke:var(--line);stroke-dasharray:2 4}.line{stroke-width:2;stroke-linejoin:round}
.dot{stroke-width:7;stroke-linecap:round}
.key{width:22px;height:10px;margin:0;display:inline-block}
"""
_SHADES = "".join(f".s{i}{{stroke:var(--s{i})}}" for i in range(SHADES))
_DASHES = ".line.s3{stroke-dasharray:8 3}.line.s4{stroke-dasharray:3 3}.line.s5{stroke-dasharray:10 3 2 3}"
_PAPER = """
@media print{body{padding:0;background:none;font-size:12px}.about,.small,small{font-size:10px}
main{display:block}section{margin:0 0 10px;padding:12px;break-inside:avoid}section.long{break-inside:auto}
section.of1{display:inline-block;width:48.5%;vertical-align:top;margin-right:.8%}tr{break-inside:avoid}
.scroll{overflow:visible}details{display:none}svg.share{print-color-adjust:exact;-webkit-print-color-adjust:exact}
th,td{padding:2px 4px}tbody th:first-child,thead th.name:first-child,tfoot th:first-child{position:static;
background:none}tbody th{min-width:0}.figure{font-size:24px}.figure.longer{font-size:17px}
h2,.answer>p{break-after:avoid}thead{display:table-header-group;break-inside:avoid}tfoot{display:table-row-group}
.many{font-size:8px}.many small{font-size:7px}.many th,.many td{padding:1px 2px}.many td.bar{display:none}}
"""

STYLE = _COLORS + _FRAME + _TABLES + _PHONE + _LINES + _SHADES + _DASHES + _PAPER
