extension HTMLPage {
    /// The look that all pages share: colors, type, spacing, and the parts that charts are made of.
    ///
    /// Colors that mean something are told apart by people who see no red or no green: blue and orange for two
    /// things, `--low` to `--high`, by way of purple, for what has an order.
    static let sharedStyle: StaticString = """
        :root {
          color-scheme: light dark;
          --page: #f6f6f3; --surface: #ffffff; --raised: #ffffff;
          --ink: #1b1e23; --soft: #565d68; --line: #e2e3de; --faint: #eff0ec;
          --first: #0067b1; --second: #c35100; --low: #2b2a8c; --high: #e8850c;
          --shadow: 0 1px 2px rgb(20 24 32 / .05), 0 6px 20px rgb(20 24 32 / .05);
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #101215; --surface: #181b1f; --raised: #24282e;
            --ink: #e9e9e6; --soft: #a0a7b1; --line: #2d3238; --faint: #1f2327;
            --first: #62b4f2; --second: #f2964c; --low: #8b83ff; --high: #ffb454;
            --shadow: none;
          }
        }
        *, *::before, *::after { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body {
          margin: 0; padding: 0 clamp(1rem, 4vw, 3rem); background: var(--page); color: var(--ink);
          font: 15px/1.55 ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
          font-variant-numeric: tabular-nums; overflow-wrap: break-word;
        }
        main { max-width: 1120px; margin: 0 auto; padding: clamp(1.5rem, 5vw, 3.5rem) 0 1rem; }
        footer { max-width: 1120px; margin: 0 auto; padding: 1rem 0 3rem; color: var(--soft); font-size: 13px; }
        h1, h2, h3, p, figure, ul, dl, dd { margin: 0; padding: 0; }
        h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.15; letter-spacing: -.02em; font-weight: 650; }
        h2 { font-size: 1.3rem; line-height: 1.25; letter-spacing: -.01em; font-weight: 620; margin: 2.75rem 0 .9rem; }
        h3 { font-size: 1rem; line-height: 1.35; font-weight: 620; }
        ul { list-style: none; }
        code, pre, .code { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: .92em; }
        pre { margin: 0; padding: .8rem 1rem; overflow-x: auto; background: var(--faint); border-radius: 8px; line-height: 1.5; }
        .soft { color: var(--soft); }
        .note { color: var(--soft); font-size: 13.5px; line-height: 1.5; max-width: 68ch; }
        h2 + .note { margin: -.5rem 0 1rem; }
        .grid { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); }
        .card { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shadow); padding: 1.15rem 1.25rem; min-width: 0; }
        .card > .note + .scroll, .card > .note + pre { margin-top: .9rem; }
        .grid > .chart:last-child:nth-child(odd) { grid-column: 1 / -1; }
        .chart { display: flex; flex-direction: column; }
        .chart > .plot { margin-top: auto; }
        .chart > .legend, .chart > figcaption { margin-bottom: .85rem; }
        .chart > .legend { margin-top: -.4rem; }
        .card > .note { margin-top: .2rem; }
        .scroll { overflow-x: auto; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        :focus-visible { outline: 2px solid var(--first); outline-offset: 2px; border-radius: 6px; }

        table { border-collapse: collapse; font-size: 13.5px; }
        th, td { padding: .3rem .7rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
        th { font-weight: 600; color: var(--soft); }
        th:first-child, td:first-child { text-align: left; padding-left: 0; }
        tbody tr:last-child > * { border-bottom: 0; }
        details { margin-top: .8rem; font-size: 13.5px; }
        summary { cursor: pointer; color: var(--soft); width: fit-content; }
        details .scroll { max-height: 20rem; overflow: auto; margin-top: .5rem; }

        .facts { display: grid; gap: .9rem 1.5rem; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }
        .card > .facts, .card > .code { margin-top: 1.1rem; }
        .code dd { overflow-wrap: anywhere; }
        .facts dt { color: var(--soft); font-size: 13px; }
        .facts dd { font-weight: 560; }

        .s0 { --color: var(--first); }
        .s1 { --color: var(--second); }
        .ordered { --color: color-mix(in oklch, var(--low), var(--high) calc(var(--t) * 100%)); }
        .legend { display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin-top: .45rem; font-size: 13.5px; color: var(--soft); }
        .legend li::before, .tip li::before {
          content: ""; display: inline-block; width: .95em; height: .22em; border-radius: 2px;
          background: var(--color); vertical-align: .28em; margin-right: .5em;
        }
        .plot { position: relative; margin-right: .7rem; padding: 0 0 2.6rem var(--gutter, 3.6rem); font-size: 12.5px; line-height: 1; color: var(--soft); }
        .area { position: relative; height: var(--height, 230px); touch-action: pan-y; }
        .area > svg { position: absolute; inset: 0; width: 100%; height: 100%; overflow: visible; }
        .area path { fill: none; vector-effect: non-scaling-stroke; }
        .lines { stroke: var(--line); stroke-width: 1; }
        .base { stroke: var(--soft); stroke-width: 1; opacity: .55; }
        .curve { stroke: var(--color); stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
        .dots { stroke: var(--color); stroke-width: 6; stroke-linecap: round; opacity: .6; }
        .dot { stroke: var(--color); stroke-width: 9; stroke-linecap: round; }
        .guide { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 3 4; }
        .area path.bars { fill: var(--color); stroke: none; }
        .tick { position: absolute; white-space: nowrap; }
        .tick.y { right: 100%; transform: translate(-.6rem, -50%); }
        .tick.x { top: 100%; transform: translate(-50%, .55rem); }
        .axis { position: absolute; top: 100%; right: 0; transform: translate(0, 1.75rem); }
        .pin { position: absolute; bottom: 100%; transform: translate(-50%, -.25rem); white-space: nowrap; color: var(--ink); font-weight: 560; }
        .pin.left { transform: translate(0, -.25rem); }
        .pin.right { transform: translate(-100%, -.25rem); }
        .pinned { padding-top: 1.3rem; }
        .cursor { position: absolute; top: 0; bottom: 0; width: 0; border-left: 1px solid var(--soft); pointer-events: none; }
        .cursor i { position: absolute; left: -5px; width: 9px; height: 9px; margin-top: -4.5px; border-radius: 50%; background: var(--color); border: 1.5px solid var(--surface); }
        .tip {
          position: absolute; top: .4rem; z-index: 2; padding: .5rem .7rem; border-radius: 8px; pointer-events: none; line-height: 1.5;
          background: var(--raised); color: var(--ink); border: 1px solid var(--line); box-shadow: 0 4px 16px rgb(0 0 0 / .16); white-space: nowrap;
        }
        .tip b, .tip ul { margin: 0; } .tip b { font-weight: 600; }

        .heat { border-collapse: separate; border-spacing: 2px; }
        .heat th, .heat td { border: 0; padding: 0; text-align: center; font-size: 12.5px; }
        .heat thead th { padding: 0 .2rem .3rem; }
        .heat tbody th { text-align: right; padding-right: .5rem; }
        .heat td {
          width: 2.5rem; min-width: 1.75rem; height: 2.1rem; border-radius: 4px; color: var(--ink);
          background: color-mix(in oklab, var(--color) calc(var(--v) * 82%), var(--faint));
        }
        .heat td.deep { color: var(--surface); font-weight: 600; }
        .heat td.none { color: transparent; background: var(--faint); }

        @media (prefers-reduced-motion: no-preference) { .card { transition: border-color .15s; } }
        @media (max-width: 560px) {
          .card { padding: 1rem .9rem; border-radius: 12px; }
          .heat td { width: 1.72rem; min-width: 1.5rem; height: 1.8rem; font-size: 11.5px; }
          .heat { border-spacing: 1.5px; }
        }
        @media print { .card { break-inside: avoid; box-shadow: none; } details { display: none; } }
        """
}
