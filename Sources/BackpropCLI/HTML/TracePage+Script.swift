extension TracePage {
    /// Shows the numbers of a step, as far as a stage has come, and the derivation of what is chosen.
    ///
    /// It writes texts that stand in the page's data, rounds them where there is little room, and makes lines as thick as
    /// their numbers are large. It computes nothing.
    static let script: StaticString = """
        (() => {
          const find = id => document.getElementById(id);
          const all = selector => [...document.querySelectorAll(selector)];
          const { constants, steps, frames } = JSON.parse(find('numbers').textContent);
          const network = JSON.parse(find('network').textContent);
          const { layers, parts } = network;
          const partOf = Object.fromEntries(parts.map(part => [part.name, part]));
          const error = layers + 1, update = 2 * layers + 2;
          let at = 0, stage = 0, chosen = network.chosen, timer = 0;

          const number = slot => slot < constants.length ? constants[slot] : frames[at][slot - constants.length];
          const value = slot => Number(number(slot));
          const typographic = text => text.replaceAll('-', '\\u2212');
          const raised = power => [...String(power)].map(c => '\\u2070\\u00b9\\u00b2\\u00b3\\u2074\\u2075\\u2076\\u2077\\u2078\\u2079'['0123456789'.indexOf(c)] ?? '\\u207b').join('');
          // As the page was written: to four digits, with a power of ten to three.
          const short = text => {
            const x = Number(text), size = Math.abs(x), sign = x < 0 ? '\\u2212' : '';
            if (!Number.isFinite(x)) return text.includes('nan') ? 'NaN' : text.startsWith('-') ? '\\u2212\\u221e' : '\\u221e';
            if (size === 0) return '0';
            if (size >= 1e15 || size < 1e-4) {
              const [digits, power] = size.toExponential(2).split('e').map(Number);
              return sign + (digits === 1 ? '' : digits + '\\u00b7') + '10' + raised(power);
            }
            return sign + (size < 1000 ? String(Number(size.toPrecision(4))) : Math.round(size).toLocaleString('en'));
          };

          const numbers = all('[data-n]'), shorts = all('[data-short]'), staged = all('[data-from]');
          const edges = all('.edge'), nodes = all('[data-node]'), choosable = all('.part');
          const lines = all('.derivation li'), every = find('every'), slider = find('step'), select = find('part');

          const layerOf = name => partOf[name] ? partOf[name].layer : -1;
          // What an edge carries upwards and downwards; thickness and sign, nothing that is read.
          const carried = (edge, back) => {
            const part = partOf[edge.dataset.part];
            if (!part) {
              const output = partOf[edge.dataset.unit].unit;
              return value(back ? network.slopes[output] : network.losses[output]);
            }
            if (back) return value(partOf[part.unitName].gradient) * value(part.value + network.updatedOffset);
            const source = part.layer === 0 ? network.inputs[part.input] : partOf[part.source].value;
            return value(part.value) * value(source);
          };
          const width = (x, largest, least, most) => least + (largest > 0 && Number.isFinite(x) ? (most - least) * Math.abs(x) / largest : 0);

          const drawWeights = () => {
            const weights = parts.filter(part => part.kind === 'weight').map(part => Math.abs(value(part.value)));
            const largest = Math.max(...weights.filter(Number.isFinite));
            for (const edge of edges) {
              const part = partOf[edge.dataset.part];
              if (!part) continue;
              const line = edge.querySelector('.weight'), x = value(part.value);
              line.style.strokeWidth = width(x, largest, 1.25, 6);
              line.classList.toggle('negative', x < 0);
            }
          };
          // The layer that a stage goes into, and whether backwards.
          const going = () => {
            if (stage >= 1 && stage <= layers) return { layer: stage - 1, back: false };
            if (stage === error) return { layer: layers, back: false };
            if (stage > error && stage < update) return { layer: update - stage, back: true };
            return { layer: -1, back: false };
          };
          const drawFlow = () => {
            const { layer, back } = going();
            const layerOfEdge = edge => edge.dataset.part ? layerOf(edge.dataset.part) : layers;
            const moving = edges.filter(edge => layerOfEdge(edge) === layer);
            const sizes = moving.map(edge => Math.abs(carried(edge, back)));
            const largest = Math.max(0, ...sizes.filter(Number.isFinite));
            for (const edge of edges) edge.querySelector('.flow').classList.remove('runs', 'returns');
            moving.forEach((edge, index) => {
              const flow = edge.querySelector('.flow');
              flow.classList.add('runs');
              flow.classList.toggle('returns', back);
              flow.style.strokeWidth = width(sizes[index], largest, 2, 7);
            });
            for (const node of nodes) {
              const own = node.dataset.node === 'E' ? layers : layerOf(node.dataset.node);
              const active = layer >= 0 && own === (back ? layer - 1 : layer);
              node.classList.toggle('active', active);
              node.classList.toggle('returning', active && back);
            }
          };

          // The way of the chosen part's gradient: from what goes into it to the error.
          const onTheWay = edge => {
            const part = partOf[chosen], other = partOf[edge.dataset.part];
            if (!other) return part.layer < layers - 1 || partOf[edge.dataset.unit].unit === part.unit;
            if (other.name === chosen) return true;
            if (other.layer === part.layer) return part.kind === 'unit' && other.unit === part.unit;
            if (other.layer === part.layer + 1) return other.input === part.unit;
            return other.layer > part.layer;
          };
          const drawChoice = () => {
            const way = new Set();
            for (const edge of edges) {
              const on = onTheWay(edge), part = partOf[edge.dataset.part];
              edge.classList.toggle('away', !on);
              if (on) way.add(part ? part.unitName : 'E').add(part ? part.source : edge.dataset.unit);
            }
            way.add(partOf[chosen].unitName);
            for (const node of nodes) node.classList.toggle('on', way.has(node.dataset.node));
            for (const label of all('.label.part')) {
              label.classList.toggle('away', edges.some(edge => edge.dataset.part === label.dataset.part && edge.classList.contains('away')));
            }
            for (const part of choosable) {
              const is = part.dataset.part === chosen;
              part.classList.toggle('chosen', is);
              // A weight is its line for the keyboard; its label is for the pointer.
              if (part.classList.contains('label')) continue;
              part.setAttribute('tabindex', is ? '0' : '-1');
              part.setAttribute('role', 'button');
              part.setAttribute('aria-pressed', String(is));
            }
            select.value = chosen;
            for (const product of all('[data-product]')) product.hidden = product.dataset.product !== chosen;
          };
          const belongs = line => {
            const part = partOf[chosen], { kind, of } = line.dataset;
            const layer = Number(line.dataset.layer), unit = Number(line.dataset.unit);
            const own = layer === part.layer && unit === part.unit;
            switch (kind) {
              case 'net': case 'out': return own;
              case 'error': return part.layer < layers - 1 || own || line.nextElementSibling === null;
              case 'delta': return own || layer > part.layer;
              default: return part.kind === 'unit' ? kind === 'gradient' && own : of === chosen;
            }
          };
          const isNow = line => {
            const { kind } = line.dataset, layer = Number(line.dataset.layer);
            if (stage === update) return kind === 'update';
            if (stage === error) return kind === 'error';
            if (stage > error) return (kind === 'delta' || kind === 'gradient') && layer === update - 1 - stage;
            return stage > 0 && (kind === 'net' || kind === 'out') && layer === stage - 1;
          };
          const drawLines = () => {
            for (const line of lines) {
              line.hidden = !every.checked && !belongs(line);
              line.classList.toggle('now', isNow(line));
            }
            for (const group of all('.lines-of')) group.hidden = !group.querySelector('li:not([hidden])');
          };
          const describe = part => {
            const what = part.kind === 'weight' ? `weight ${part.name} from ${part.source} to ${part.unitName}, ${short(number(part.value))}, gradient `
              : part.kind === 'bias' ? `bias ${part.name} of ${part.unitName}, ${short(number(part.value))}, gradient `
              : `unit ${part.name}, output ${short(number(part.value))}, delta `;
            return what + short(number(part.gradient));
          };

          const drawStage = () => {
            for (const element of staged) {
              const from = Number(element.dataset.from), to = Number(element.dataset.to);
              element.classList.toggle('off', stage === 0 ? from === update : stage < from || stage > to);
            }
            for (const text of all('.caption p')) text.hidden = Number(text.dataset.stage) !== stage;
            for (const button of all('[data-go]')) {
              if (Number(button.dataset.go) === stage) button.setAttribute('aria-current', 'step');
              else button.removeAttribute('aria-current');
            }
            drawFlow();
            drawLines();
          };
          const drawNumbers = () => {
            for (const element of numbers) element.textContent = typographic(number(Number(element.dataset.n)));
            for (const element of shorts) element.textContent = short(number(Number(element.dataset.short)));
            for (const part of choosable) part.setAttribute('aria-label', describe(partOf[part.dataset.part]));
            drawWeights();
            drawFlow();
            find('taken').textContent = steps[at].toLocaleString('en');
            slider.value = network.places[at];
            slider.setAttribute('aria-valuetext', `${steps[at].toLocaleString('en')} steps, error ${short(number(network.loss))}`);
            const cursor = document.querySelector('#curve .cursor'), height = network.heights[at];
            cursor.style.left = 100 * network.places[at] + '%';
            cursor.firstElementChild.hidden = height === null;
            cursor.firstElementChild.style.top = 100 * (height ?? 0) + '%';
          };

          const goTo = next => { stage = next; drawStage(); };
          const takeTo = next => {
            next = Math.max(0, Math.min(steps.length - 1, next));
            if (next !== at) { at = next; drawNumbers(); }
          };
          const choose = (name, focus) => {
            if (!partOf[name]) return;
            chosen = name;
            drawChoice();
            drawLines();
            if (!focus) return;
            const shown = choosable.find(part => part.dataset.part === name && !part.classList.contains('label') && part.getClientRects().length);
            if (shown) shown.focus();
          };
          const forth = () => {
            if (stage < update) return goTo(stage + 1);
            takeTo(at + 1);
            goTo(1);
          };
          const backwards = () => {
            if (stage > (at > 0 ? 1 : 0)) return goTo(stage - 1);
            if (at === 0) return;
            takeTo(at - 1);
            goTo(update);
          };
          const stop = () => { clearInterval(timer); timer = 0; find('play').textContent = 'Play'; };
          const play = () => {
            if (timer) return stop();
            find('play').textContent = 'Pause';
            forth();
            timer = setInterval(() => stage === update && at === steps.length - 1 ? stop() : forth(), 2200);
          };

          find('next').addEventListener('click', () => { stop(); forth(); });
          find('back').addEventListener('click', () => { stop(); backwards(); });
          find('play').addEventListener('click', play);
          for (const button of all('[data-go]')) button.addEventListener('click', () => { stop(); goTo(Number(button.dataset.go)); });
          const nearest = place => network.places.reduce((best, other, index) => Math.abs(other - place) < Math.abs(network.places[best] - place) ? index : best, 0);
          slider.addEventListener('input', () => takeTo(nearest(Number(slider.value))));
          slider.addEventListener('change', () => { slider.value = network.places[at]; });
          slider.addEventListener('keydown', event => {
            const next = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, PageUp: at + 10, PageDown: at - 10, Home: 0, End: steps.length - 1 }[event.key];
            if (next === undefined) return;
            event.preventDefault();
            takeTo(next);
          });
          const curve = find('curve');
          const follow = event => {
            const box = curve.getBoundingClientRect();
            takeTo(nearest((event.clientX - box.left) / box.width));
          };
          curve.addEventListener('pointerdown', follow);
          curve.addEventListener('pointermove', event => { if (event.buttons) follow(event); });
          select.addEventListener('change', () => choose(select.value));
          every.addEventListener('change', drawLines);
          for (const part of choosable) {
            part.addEventListener('click', event => { event.stopPropagation(); choose(part.dataset.part); });
            part.addEventListener('keydown', event => {
              const index = parts.findIndex(other => other.name === chosen);
              const next = { ArrowRight: index + 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowUp: index - 1, Home: 0, End: parts.length - 1 }[event.key];
              if (next === undefined) return;
              event.preventDefault();
              event.stopPropagation();
              choose(parts[Math.max(0, Math.min(parts.length - 1, next))].name, true);
            });
          }
          drawNumbers();
          drawChoice();
          drawStage();
        })();
        """
}
