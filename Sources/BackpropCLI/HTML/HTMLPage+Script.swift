extension HTMLPage {
    /// Shows the values of a chart below the pointer, a finger or the arrow keys. They are read from the chart's table,
    /// so that there is one source for what is drawn, shown and read aloud.
    ///
    /// It writes texts only (`textContent`), never markup.
    static let sharedScript: StaticString = """
        'use strict';
        for (const figure of document.querySelectorAll('figure.chart')) {
          const plot = figure.querySelector('.plot'), area = figure.querySelector('.area');
          const names = [...figure.querySelectorAll('thead th')].map(cell => cell.textContent);
          const rows = [...figure.querySelectorAll('tbody tr')];
          if (!plot || !plot.hasAttribute('tabindex') || !rows.length) continue;
          const make = (tag, name, parent) => {
            const element = document.createElement(tag);
            if (name) element.className = name;
            parent.append(element);
            return element;
          };
          const cursor = make('div', 'cursor', area), tip = make('div', 'tip', area);
          const live = make('output', 'hidden', figure);
          const positions = rows.map(row => Number(row.dataset.x));
          let at = -1;
          const hide = () => { cursor.hidden = tip.hidden = true; at = -1; };
          const show = index => {
            index = Math.max(0, Math.min(rows.length - 1, index));
            if (index === at) return;
            at = index;
            const cells = [...rows[index].children], x = positions[index];
            cursor.replaceChildren();
            tip.replaceChildren();
            make('b', '', tip).textContent = names[0] + ' ' + cells[0].textContent;
            const list = make('ul', '', tip);
            cells.slice(1).forEach((cell, column) => {
              if (!cell.dataset.y) return;
              const source = figure.querySelectorAll('.legend li')[column];
              const item = make('li', source ? source.className : 's0', list);
              if (source) item.style.cssText = source.style.cssText;
              item.append(names[column + 1] + ' ');
              make('b', '', item).textContent = cell.textContent;
              const dot = make('i', item.className, cursor);
              dot.style.cssText = item.style.cssText;
              dot.style.top = 100 * Number(cell.dataset.y) + '%';
            });
            cursor.style.left = 100 * x + '%';
            cursor.hidden = tip.hidden = false;
            const width = area.clientWidth, room = tip.offsetWidth + 14, left = x * width;
            const side = left + room <= width + 6 ? left + 14 : left - room;
            tip.style.left = Math.max(Math.min(side, width - tip.offsetWidth), -40) + 'px';
            live.textContent = tip.innerText;
          };
          const nearest = x => {
            let best = 0;
            positions.forEach((position, index) => {
              if (Math.abs(position - x) < Math.abs(positions[best] - x)) best = index;
            });
            return best;
          };
          const follow = event => {
            const box = area.getBoundingClientRect();
            show(nearest((event.clientX - box.left) / box.width));
          };
          hide();
          area.addEventListener('pointermove', follow);
          area.addEventListener('pointerdown', follow);
          plot.addEventListener('pointerleave', event => { if (event.pointerType === 'mouse') hide(); });
          document.addEventListener('pointerdown', event => { if (!plot.contains(event.target)) hide(); });
          plot.addEventListener('blur', hide);
          plot.addEventListener('keydown', event => {
            const far = Math.max(1, Math.round(rows.length / 10));
            const step = { ArrowLeft: -1, ArrowRight: 1, PageDown: far, PageUp: -far }[event.key];
            if (step) show(at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step);
            else if (event.key === 'Home') show(0);
            else if (event.key === 'End') show(rows.length - 1);
            else if (event.key === 'Escape') hide();
            else return;
            event.preventDefault();
          });
        }
        """
}
