extension TraceDrawing {
    /// The look of the drawing, by the variables of the shared style and `--back`, for what flows back.
    static let style: StaticString = """
        .network { font: 12px ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-variant-numeric: tabular-nums; }
        .network text { fill: var(--ink); }
        .network .key { fill: var(--soft); }
        .network .name { font-weight: 650; font-size: 13px; }
        .network .value { font-weight: 520; text-anchor: end; }
        .network .gradient, .network .back { fill: var(--back); font-weight: 560; }
        .network .row .value { text-anchor: end; }
        .node > rect { fill: var(--surface); stroke: var(--edge); stroke-width: 1.25; }
        .edge path { fill: none; }
        .edge .weight { stroke: var(--second); opacity: .82; }
        .edge .weight.negative { stroke: var(--first); }
        .edge.result .weight { stroke: var(--edge); stroke-width: 1.25; stroke-dasharray: 3 4; }
        .edge .hit { stroke: transparent; stroke-width: 18; }
        .edge .flow { stroke: none; }
        .label { text-anchor: middle; }
        .label text { paint-order: stroke; stroke: var(--surface); stroke-width: 4px; stroke-linejoin: round; }
        .label .value, .label .gradient { text-anchor: middle; }
        .row .hit { fill: transparent; }
        .edge.chosen .hit { stroke: color-mix(in oklab, var(--mark) 45%, transparent); stroke-width: 16; }
        .label.chosen text { font-weight: 700; stroke: color-mix(in oklab, var(--mark) 30%, var(--surface)); }
        .label.chosen .key { fill: var(--ink); }
        .label.dense { display: none; }
        .off { visibility: hidden; }
        """
}

extension TracePage {
    static let style: StaticString = """
        :root { --edge: #c9cbc5; --back: #8a3ea8; --mark: #f5b800; }
        @media (prefers-color-scheme: dark) { :root { --edge: #474d56; --back: #d29bf0; } }
        body { padding-inline: clamp(.8rem, 2.5vw, 2rem); }
        main, footer { max-width: 1320px; }
        main { padding-top: clamp(1.2rem, 3vw, 2.2rem); }
        header { margin-bottom: 1.1rem; }
        header .note { max-width: none; margin-top: .35rem; }
        h2 { margin: 0 0 .4rem; font-size: 1.1rem; }

        .bench { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); align-items: start; }
        .stage, .training, .paper { grid-column: 1; }
        @media (min-width: 1080px) {
          .bench { grid-template-columns: minmax(0, 1fr) minmax(0, 28.5rem); grid-template-rows: auto 1fr; }
          .paper { grid-column: 2; grid-row: 1 / span 2; }
          .bench.wide .stage { grid-column: 1 / -1; }
          .bench.wide .paper { grid-column: 1; grid-row: 2; }
          .bench.wide .training { grid-column: 2; grid-row: 2; }
        }
        .downward { display: none; }
        @media (max-width: 640px) { .rightward { display: none; } .downward { display: block; } }
        .network { display: block; margin: 0 auto; max-width: 100%; height: auto; }
        .scroll .network { min-width: var(--least, 0); }

        .controls { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; }
        .buttons { display: flex; gap: .3rem; }
        button, select, .every { font: inherit; color: inherit; }
        button { cursor: pointer; }
        .buttons button {
          min-width: 2.4rem; height: 2.25rem; padding: 0 .75rem; border: 1px solid var(--line); border-radius: 9px; background: var(--surface); font-weight: 600;
        }
        #play { min-width: 4.4rem; background: var(--ink); color: var(--surface); border-color: var(--ink); }
        .buttons button:hover { border-color: var(--soft); }
        .stages { display: flex; flex-wrap: wrap; margin: 0; padding: 0; list-style: none; gap: .25rem; }
        .stages button { height: 2.25rem; min-width: 1.9rem; padding: 0 .6rem; border: 0; border-bottom: 3px solid var(--line); background: none; color: var(--soft); font-size: 13.5px; }
        .stages .forward button { border-color: color-mix(in oklab, var(--first) 45%, var(--line)); }
        .stages .backward button { border-color: color-mix(in oklab, var(--back) 45%, var(--line)); }
        .stages button:hover { color: var(--ink); }
        .stages button[aria-current] { color: var(--ink); font-weight: 650; background: var(--faint); border-radius: 7px 7px 0 0; }
        .stages .forward button[aria-current] { border-color: var(--first); }
        .stages .backward button[aria-current] { border-color: var(--back); }
        .stages .all button[aria-current], .stages .error button[aria-current], .stages .update button[aria-current] { border-color: var(--ink); }
        .caption { min-height: 3.2em; margin: .7rem 0 .4rem; max-width: 78ch; line-height: 1.5; }
        .legend .thick::before { height: .42em; background: var(--soft); }
        .legend .back { --color: var(--back); }

        .part { cursor: pointer; }
        .part:focus { outline: none; }
        .edge.part:hover .weight, .edge.part:focus-visible .weight { stroke-width: 7; }
        .node.part:hover > rect, .node.part:focus-visible > rect { stroke: var(--ink); stroke-width: 2; }
        .row.part:hover .hit, .row.part:focus-visible .hit { fill: var(--faint); }
        .chosen .row.part .hit, .row.part.chosen .hit { fill: color-mix(in oklab, var(--mark) 28%, transparent); }
        .edge.away .weight { opacity: .25; }
        .node.on > rect { stroke: var(--ink); stroke-width: 1.75; }
        .node.chosen > rect { stroke: var(--mark); stroke-width: 3.5; }
        .label.dense.chosen { display: inline; }
        .label.away { opacity: .45; }
        .edge .flow { stroke-dasharray: 2 9; stroke-linecap: round; stroke: none; pointer-events: none; }
        .edge .flow.runs { stroke: var(--ink); }
        .edge .flow.runs.returns { stroke: var(--back); }
        .node.active > rect { fill: color-mix(in oklab, var(--first) 11%, var(--surface)); stroke: var(--first); stroke-width: 2; }
        .node.active.returning > rect { fill: color-mix(in oklab, var(--back) 12%, var(--surface)); stroke: var(--back); }
        @media (prefers-reduced-motion: no-preference) {
          .edge .flow.runs { animation: run 1s linear infinite; }
          .edge .flow.runs.returns { animation-direction: reverse; }
          @keyframes run { from { stroke-dashoffset: 22; } to { stroke-dashoffset: 0; } }
        }

        .training .plot { --height: 150px; margin-top: .7rem; padding-bottom: 1.6rem; }
        .training .cursor { border-left-width: 1.5px; }
        .training .axis { display: none; }
        .slide { padding-left: 3.6rem; margin-right: .3rem; }
        .slide input { display: block; width: calc(100% + 16px); margin: .2rem -8px 0; accent-color: var(--first); height: 1.6rem; }
        #curve { cursor: pointer; }

        .choice { display: flex; flex-wrap: wrap; gap: .3rem .6rem; align-items: center; font-weight: 620; }
        select { flex: 1; min-width: 0; height: 2.25rem; padding: 0 .4rem; border: 1px solid var(--line); border-radius: 9px; background: var(--surface); font-weight: 520; }
        .product { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .5rem .22rem; margin: .9rem 0 .3rem; }
        .product[hidden] { display: none; }
        .factor { display: flex; flex-direction: column; align-items: center; gap: .12rem; padding: .45rem .3rem .35rem; border-radius: 9px; background: var(--faint); font-size: 11.5px; }
        .factor.whole { background: color-mix(in oklab, var(--back) 13%, transparent); font-weight: 620; }
        .factor math { font-size: 1.2em; min-height: 2.5em; }
        .factor small { font-size: 12px; color: var(--soft); max-width: 15ch; text-align: center; line-height: 1.35; }
        .factor data { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: .94em; }
        .times { display: flex; gap: .22rem; }
        .sign { align-self: flex-start; padding-top: .95rem; color: var(--soft); font-weight: 600; }
        .derivation h3 { margin: .9rem 0 .25rem; font-size: 12.5px; letter-spacing: .02em; color: var(--soft); }
        .derivation li { padding: .3rem .55rem; border-left: 3px solid var(--line); font-size: 13px; line-height: 1.6; }
        .derivation .forward li { border-color: color-mix(in oklab, var(--first) 40%, var(--line)); }
        .derivation .backward li { border-color: color-mix(in oklab, var(--back) 40%, var(--line)); }
        .derivation li.now { background: var(--faint); }
        .derivation .forward li.now { border-color: var(--first); }
        .derivation .backward li.now { border-color: var(--back); }
        .derivation .error li.now, .derivation .update li.now { border-color: var(--ink); }
        .derivation [hidden] { display: none; }
        .derivation data { font-family: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace; font-size: .92em; white-space: nowrap; }
        .derivation .side:last-child data:last-child { font-weight: 650; }
        .derivation var { font-style: italic; }
        sub, sup { font-size: .75em; line-height: 0; }
        .every { display: block; margin-top: .9rem; color: var(--soft); font-size: 13.5px; cursor: pointer; }
        @media (max-width: 560px) {
          .caption { min-height: 6.2em; }
          .stages { gap: .15rem; }
          .stages button { padding: 0 .4rem; min-width: 1.5rem; font-size: 13px; }
        }
        """
}
