/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The interactive part of report.html. The page is whole without it; what it adds: a chart a lab that zooms (dygraphs),
 * the single exit at the pointer, and a choice of light or dark. All that it shows goes in as text, never as markup.
 */
'use strict';
(function () {
  const NS = 1e9;
  const SHOWN_EXITS = 200;       // so many in view are listed
  const NARROWEST = 2000;        // ns
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const charts = [];

  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === 'click')
        made.addEventListener('click', value);
      else
        made.setAttribute(name, value);
    }
    made.append(...children);
    return made;
  }

  /* ---- numbers ---- */

  const count = (n) => Math.round(n).toLocaleString('en').replaceAll(',', '\u202f');
  const exact = (ns) => (ns / NS).toFixed(9);
  const seconds = (ns, width) => (ns / NS).toFixed(Math.min(9, Math.max(width < 1e6 ? 6 : 3, Math.ceil(1 - Math.log10(width / NS))))) + '\u202fs';
  const hex = (value) => '0x' + value.toString(16);

  /* ---- single exits: see html-pack.h ---- */

  class Reader {
    constructor(buffer, offset, size) {
      this.view = new DataView(buffer, offset, size);
      this.at = 0;
    }
    u32() { const v = this.view.getUint32(this.at, true); this.at += 4; return v; }
    u64() { const v = this.view.getBigUint64(this.at, true); this.at += 8; return v; }
    i64() { const v = this.view.getBigInt64(this.at, true); this.at += 8; return v; }
    bytes() {
      const size = this.u32();
      const out = new Uint8Array(this.view.buffer, this.view.byteOffset + this.at, size);
      this.at += size;
      return out;
    }
    text() { return new TextDecoder().decode(this.bytes()); }
  }

  // Calls put(i, value) for each of n varints; values beyond 2^53 lose their last digits.
  function varints(bytes, n, put) {
    let at = 0;
    for (let i = 0; i < n; i++) {
      let value = 0, scale = 1, byte;
      do {
        byte = bytes[at++];
        value += (byte & 0x7f) * scale;
        scale *= 128;
      } while (byte & 0x80);
      put(i, value);
    }
  }

  function split(low, high, n) {
    const out = new Float64Array(n);
    varints(high, n, (i, value) => { out[i] = value * 256 + low[i]; });
    return out;
  }

  function known(values, numbers, n) {
    const copy = values.slice();
    const index = new Uint32Array(n);
    let fresh = 0;
    varints(numbers, n, (i, value) => { index[i] = value === 0 ? fresh++ : value - 1; });
    return { values: new BigUint64Array(copy.buffer, 0, copy.length / 8), index };
  }

  function parseExits(buffer) {
    const read = new Reader(buffer, 4, buffer.byteLength - 4);
    const n = read.u32(), kinds = read.u32();
    const unit = Number(read.u64()), base = Number(read.i64());
    const reasons = [];
    for (let i = 0; i < kinds; i++)
      reasons.push({ code: read.u32(), name: read.text(), kind: read.text() });
    const columns = [];
    for (let i = 0; i < 9; i++)
      columns.push(read.bytes());
    const reason = new Uint16Array(n);
    varints(columns[0], n, (i, value) => { reason[i] = value; });
    const time = split(columns[1], columns[2], n);
    let now = base;
    for (let i = 0; i < n; i++)
      time[i] = now += time[i] * unit;
    return { n, reasons, reason, time, cycles: split(columns[3], columns[4], n),
             rip: known(columns[5], columns[6], n), info1: known(columns[7], columns[8], n) };
  }

  async function loadExits(lab) {
    const holder = [...document.querySelectorAll('script.lab-exits')].find((h) => h.dataset.lab === lab);
    if (!holder || typeof DecompressionStream === 'undefined')
      return null;
    const text = atob(holder.textContent);
    const bytes = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++)
      bytes[i] = text.charCodeAt(i);
    holder.textContent = '';
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return parseExits(await new Response(stream).arrayBuffer());
  }

  // The first exit at or after a time; n if there is none.
  function firstAt(exits, ns) {
    let low = 0, high = exits.n;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (exits.time[middle] < ns)
        low = middle + 1;
      else
        high = middle;
    }
    return low;
  }

  function nearest(exits, ns) {
    const after = firstAt(exits, ns);
    if (after === 0)
      return exits.n > 0 ? 0 : -1;
    if (after === exits.n)
      return exits.n - 1;
    return exits.time[after] - ns < ns - exits.time[after - 1] ? after : after - 1;
  }

  // I/O as the processor tells it. VMX: SDM vol. 3, table 28-5; SVM: APM vol. 2, figure 15-2.
  function port(isa, info) {
    const bits = Number(info & 0xffffffffn);
    const vmx = isa === 'vmx';
    const into = vmx ? bits & 8 : bits & 1;
    const size = vmx ? (bits & 7) + 1 : (bits >> 4) & 7;
    const string = vmx ? bits & 16 : bits & 4;
    return `${hex(bits >>> 16)}, ${size} byte${size > 1 ? 's' : ''} ${into ? 'in' : 'out'}${string ? ', string' : ''}`;
  }

  function describe(data, exits, i) {
    const reason = exits.reasons[exits.reason[i]];
    const rip = exits.rip.values[exits.rip.index[i]], info1 = exits.info1.values[exits.info1.index[i]];
    return {
      seq: [i + 1, count(i + 1)],
      t_ns: [exits.time[i], exact(exits.time[i]) + '\u202fs'],
      reason: [reason.code, reason.code],
      name: [reason.name, reason.name],
      kind: [reason.kind, reason.kind],
      info1: [info1, reason.kind === 'io' ? 'port ' + port(data.isa, info1) : hex(info1)],
      rip: [rip, hex(rip)],
      cycles: [exits.cycles[i], count(exits.cycles[i])],
    };
  }
  const FIELDS = [['seq', 'Exit'], ['t_ns', 'Time'], ['name', 'Type'], ['reason', 'Code'], ['kind', 'Kind'], ['info1', 'Port, or info'],
                  ['rip', 'RIP'], ['cycles', 'Cycles']];

  /* ---- a lab's chart ---- */

  // Rows of [seconds, exits/s of each series]; the last repeats the one before it, so that its step has a width.
  function seriesRows(data) {
    const rows = [];
    const step = data.step / NS;
    for (let i = 0; i <= data.bins; i++)
      rows.push([i * step, ...data.series.map(() => 0)]);
    data.series.forEach((series, s) => {
      let bin = 0;
      for (let i = 0; i < series.bins.length; i += 2) {
        bin += series.bins[i];
        rows[bin++][s + 1] = series.bins[i + 1] / step;
      }
    });
    if (rows.length > 1)
      rows[rows.length - 1] = [rows[rows.length - 1][0], ...rows[rows.length - 2].slice(1)];
    return rows;
  }

  class Chart {
    constructor(box, data) {
      this.box = box;
      this.data = data;
      // dygraphs stacks from the last series up: the largest lies at the bottom.
      this.data.series.reverse();
      this.exits = null;
      this.at = -1;
      this.build();
      this.makeGraph();
      this.listen();
    }

    style(name) {
      return getComputedStyle(this.box).getPropertyValue(name).trim();
    }

    // As in the pictures, where these have a colour for the kind.
    color(series) {
      const { color, class: name } = this.data.series[series];
      this.probe.className = name;
      return (name && getComputedStyle(this.probe).getPropertyValue('--c').trim()) || this.style(`--k${color}`);
    }

    // The series that a single exit counts in, as near as its reason tells.
    seriesOf(kind) {
      const names = this.data.series.map((s) => s.name);
      const same = names.indexOf(kind);
      if (same >= 0)
        return same;
      const first = names.findLastIndex((name) => name.startsWith(kind + '-'));
      return first >= 0 ? first : Math.max(0, names.indexOf('others'));
    }

    colors() {
      return this.data.series.map((_, i) => this.color(i));
    }

    button(text, label, action) {
      return element('button', { type: 'button', 'aria-label': label, title: label, click: action }, text);
    }

    zoomButton(name, from, to) {
      return element('button', { type: 'button', click: () => this.show(from, to, true), 'data-zoom-to': name }, name);
    }

    build() {
      const d = this.data;
      this.probe = element('i', {});
      this.graphBox = element('div', { class: 'graph' });
      this.strip = element('canvas', { class: 'strip', 'aria-hidden': 'true' });
      this.stripBox = element('div', { class: 'strip-box' }, this.strip);
      this.live = element('p', { class: 'view', 'aria-live': 'polite' });
      this.legend = element('ul', { class: 'legend' });
      this.readout = element('dl', { class: 'readout' });
      this.list = element('div', { class: 'list' });
      const spans = d.phases.map(([name, from, to]) => this.zoomButton(name, from, to));
      const tools = element('div', { class: 'tools', role: 'group', 'aria-label': 'Zoom to' },
        this.zoomButton('Boot', 0, d.boot), this.zoomButton('Whole run', 0, d.end), element('span', { class: 'gap' }), ...spans,
        element('span', { class: 'gap' }), this.button('−', 'Zoom out', () => this.zoom(2)), this.button('+', 'Zoom in', () => this.zoom(0.5)),
        this.button('◀', 'Earlier', () => this.pan(-0.25)), this.button('▶', 'Later', () => this.pan(0.25)));
      this.frame = element('div', { class: 'frame', tabindex: '0', role: 'group',
        'aria-label': `${d.name}: exits a second over time. Arrow keys pan, plus and minus zoom, Home shows the boot, End the whole run, ` +
                      'comma and full stop go from exit to exit.' }, this.graphBox, this.stripBox);
      this.box.append(tools, this.legend, this.frame,
        element('p', { class: 'hint' }, 'Below: the single exits, taller is dearer. Drag to zoom, double-click to see the boot again. Keys: ', element('kbd', {}, '←'), ' ', element('kbd', {}, '→'), ' ',
          element('kbd', {}, '+'), ' ', element('kbd', {}, '−'), ' ', element('kbd', {}, 'Home'), ' ', element('kbd', {}, 'End'), ', exit by exit ',
          element('kbd', {}, ','), ' ', element('kbd', {}, '.')),
        this.live, this.readout, this.list, element('div', { class: 'pic', hidden: '' }, this.probe));
      this.box.hidden = false;
    }

    makeGraph() {
      const chart = this;
      const model = Object.assign({}, Dygraph.defaultInteractionModel, {
        dblclick: () => chart.home(),
        // One finger scrolls the page; two zoom.
        touchstart: (event, g, context) => {
          if (event.touches.length > 1)
            Dygraph.defaultInteractionModel.touchstart(event, g, context);
        },
      });
      this.graph = new Dygraph(this.graphBox, seriesRows(this.data), Object.assign(this.look(), {
        labels: ['s', ...this.data.series.map((s) => s.name)],
        stackedGraph: true, stepPlot: true, strokeWidth: 0, fillAlpha: 1,
        legend: 'never', showLabelsOnHighlight: false, highlightCircleSize: 0, includeZero: true,
        showRangeSelector: true, rangeSelectorHeight: 34, interactionModel: model,
        dateWindow: [0, this.data.boot / NS], xRangePad: 0, animatedZooms: false, axisLabelFontSize: 12,
        axes: {
          x: { axisLabelFormatter: (x, _, __, g) => this.label(x, g), pixelsPerLabel: 90 },
          y: { axisLabelFormatter: (y) => (y >= 1000 ? y / 1000 + 'k' : String(y)), axisLabelWidth: 44, pixelsPerLabel: 36 },
        },
        underlayCallback: (canvas, area, g) => this.underlay(canvas, area, g),
        drawCallback: () => this.later(),
      }));
      this.putLegend();
    }

    label(x, g) {
      const [from, to] = g ? g.xAxisRange() : [0, 1];
      return x.toFixed(Math.min(9, Math.max(0, Math.ceil(1 - Math.log10(to - from))))) + '\u202fs';
    }

    look() {
      const line = this.style('--line'), soft = this.style('--soft');
      return { colors: this.colors(), axisLineColor: line, gridLineColor: line, rangeSelectorPlotFillColor: soft, rangeSelectorPlotFillGradientColor: '',
               rangeSelectorPlotStrokeColor: soft, rangeSelectorBackgroundStrokeColor: line, rangeSelectorAlpha: 0.5 };
    }

    putLegend() {
      const items = this.data.series.map((series, i) => {
        const swatch = element('span', { class: 'swatch' });
        swatch.style.background = this.color(i);
        return series.bins.length > 0 ? element('li', {}, swatch, series.name) : '';
      });
      this.legend.replaceChildren(element('li', {}, 'Exits a second, by kind:'), ...items.reverse());
    }

    repaint() {
      this.graph.updateOptions(this.look());
      this.putLegend();
    }

    underlay(canvas, area, g) {
      canvas.save();
      canvas.beginPath();
      canvas.rect(area.x, area.y, area.w, area.h);
      canvas.clip();
      canvas.font = '12px ' + getComputedStyle(this.box).fontFamily;
      this.data.phases.forEach(([name, from, to], i) => {
        const left = g.toDomXCoord(from / NS), right = g.toDomXCoord(to / NS);
        if (i % 2 === 0) {
          canvas.fillStyle = this.style('--band');
          canvas.fillRect(left, area.y, right - left, area.h);
        }
        const start = Math.max(left, area.x);
        if (Math.min(right, area.x + area.w) - start > canvas.measureText(name).width + 10) {
          canvas.fillStyle = this.style('--soft');
          canvas.fillText(name, start + 5, area.y + 14);
        }
      });
      canvas.fillStyle = this.style('--accent');
      for (const [from, to] of this.data.bursts) {
        const left = g.toDomXCoord(from / NS);
        canvas.fillRect(left, area.y, Math.max(1, g.toDomXCoord(to / NS) - left), 2);
      }
      canvas.restore();
    }

    /* What is in view, in ns. */
    view() {
      const [from, to] = this.graph.xAxisRange();
      return [from * NS, to * NS];
    }

    show(from, to, told) {
      const end = Math.max(this.data.end, this.data.bins * this.data.step);
      const width = Math.min(Math.max(to - from, NARROWEST), end);
      const start = Math.min(Math.max(from + (to - from - width) / 2, 0), end - width);
      this.told = Boolean(told);
      this.graph.updateOptions({ dateWindow: [start / NS, (start + width) / NS], valueRange: null });
    }

    home() { this.show(0, this.data.boot, true); }

    zoom(factor) {
      const [from, to] = this.view();
      const middle = this.at >= 0 && this.exits.time[this.at] >= from && this.exits.time[this.at] <= to ? this.exits.time[this.at] : (from + to) / 2;
      this.show(middle - (middle - from) * factor, middle + (to - middle) * factor, true);
    }

    pan(part) {
      const [from, to] = this.view();
      const by = (to - from) * part;
      this.show(from + by, to + by, true);
    }

    step(by) {
      if (!this.exits || this.exits.n === 0)
        return;
      const [from, to] = this.view();
      const inView = this.at >= 0 && this.exits.time[this.at] >= from && this.exits.time[this.at] <= to;
      const next = inView ? this.at + by : nearest(this.exits, (from + to) / 2);
      this.point(Math.min(Math.max(next, 0), this.exits.n - 1), true);
      const t = this.exits.time[this.at];
      if (t < from || t > to)
        this.show(t - (to - from) / 2, t + (to - from) / 2, false);
    }

    keys(event) {
      if (event.ctrlKey || event.metaKey || event.altKey)
        return;
      const action = {
        ArrowLeft: () => this.pan(-0.25), ArrowRight: () => this.pan(0.25), Home: () => this.home(), End: () => this.show(0, this.data.end, true),
        '+': () => this.zoom(0.5), '=': () => this.zoom(0.5), '-': () => this.zoom(2), ',': () => this.step(-1), '.': () => this.step(1),
      }[event.key];
      if (!action)
        return;
      event.preventDefault();
      action();
    }

    listen() {
      this.frame.addEventListener('keydown', (event) => this.keys(event));
      const follow = (event) => {
        if (this.exits === null || this.exits.n === 0)
          return;
        const x = event.clientX - this.graphBox.getBoundingClientRect().left;
        const area = this.graph.getArea();
        if (x >= area.x && x <= area.x + area.w)
          this.point(nearest(this.exits, this.graph.toDataXCoord(x) * NS), false);
      };
      this.frame.addEventListener('pointermove', follow);
      this.frame.addEventListener('pointerdown', follow);
      this.stripBox.addEventListener('click', () => this.frame.focus());
      // dygraphs looks at the window's size only; its box also changes without that, and while it is hidden for print.
      let width = this.graphBox.clientWidth;
      new ResizeObserver(() => {
        const now = this.graphBox.clientWidth;
        if (now > 0 && now !== width) {
          width = now;
          this.graph.resize();
        }
      }).observe(this.graphBox);
    }

    /* The single exits. */

    async load() {
      try {
        this.exits = await loadExits(this.data.lab);
      } catch (error) {
        this.exits = null;
        this.failed = true;
      }
      if (this.exits)
        this.colorOf = this.exits.reasons.map((reason) => this.seriesOf(reason.kind));
      this.stripBox.hidden = !this.exits;
      this.later();
    }

    point(i, told) {
      this.at = i;
      const fields = describe(this.data, this.exits, i);
      this.readout.replaceChildren(...FIELDS.map(([name, title]) =>
        element('div', {}, element('dt', {}, title), element('dd', { 'data-field': name, 'data-value': String(fields[name][0]) }, String(fields[name][1])))));
      this.drawStrip();
      if (told)
        this.live.textContent = `Exit ${fields.seq[1]} at ${fields.t_ns[1]}: ${fields.name[0]}, ${fields.info1[1]}, RIP ${fields.rip[1]}, ${fields.cycles[1]} cycles.`;
    }

    later() {
      if (this.pending)
        return;
      this.pending = true;
      requestAnimationFrame(() => {
        this.pending = false;
        this.update();
      });
    }

    update() {
      const [from, to] = this.view();
      this.box.dataset.from = Math.round(from);
      this.box.dataset.to = Math.round(to);
      for (const button of this.box.querySelectorAll('[data-zoom-to]'))
        button.removeAttribute('aria-pressed');
      this.markPressed(from, to);
      this.putView(from, to);
      this.putList(from, to);
      this.drawStrip();
    }

    markPressed(from, to) {
      const d = this.data;
      const spans = [['Boot', 0, d.boot], ['Whole run', 0, d.end], ...d.phases];
      for (const [name, start, end] of spans) {
        if (Math.abs(start - from) > 1000 || Math.abs(end - to) > 1000)
          continue;
        for (const button of this.box.querySelectorAll('[data-zoom-to]'))
          if (button.dataset.zoomTo === name)
            button.setAttribute('aria-pressed', 'true');
      }
    }

    putView(from, to) {
      const span = `${seconds(Math.max(from, 0), to - from)} to ${seconds(to, to - from)}`;
      let text = `In view: ${span}.`;
      if (this.exits) {
        const n = firstAt(this.exits, to) - firstAt(this.exits, from);
        text = `In view: ${span}, ${count(n)} exit${n === 1 ? '' : 's'}.`;
        if (this.exits.n < this.data.exits && this.exits.n > 0 && to > this.exits.time[this.exits.n - 1])
          text = `In view: ${span}. Single exits end at ${seconds(this.exits.time[this.exits.n - 1], to - from)}.`;
        this.box.dataset.inView = n;
      } else if (this.failed || !this.box.dataset.loading)
        text += ' Single exits cannot be shown here.';
      this.live.textContent = text;
    }

    putList(from, to) {
      if (!this.exits)
        return;
      const first = firstAt(this.exits, from), end = firstAt(this.exits, to);
      if (end - first >= SHOWN_EXITS || end === first) {
        this.list.replaceChildren();
        return;
      }
      const head = element('tr', {}, ...FIELDS.map(([name, title]) => element('th', { scope: 'col', class: name === 'name' || name === 'kind' ? '' : 'n' }, title)));
      const rows = [];
      for (let i = first; i < end; i++) {
        const fields = describe(this.data, this.exits, i);
        rows.push(element('tr', {}, ...FIELDS.map(([name]) => element('td', { class: name === 'name' || name === 'kind' ? '' : 'n' }, String(fields[name][1])))));
      }
      this.list.replaceChildren(element('div', { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'The exits in view' },
        element('table', {}, element('caption', {}, `${this.data.name}: the exits in view (${this.data.name}/exits.csv.gz)`), element('thead', {}, head),
          element('tbody', {}, ...rows))));
    }

    // One bar a pixel: the dearest exit that falls there, its height the logarithm of its cycles.
    drawStrip() {
      const area = this.graph.getArea();
      if (!this.exits || area.w <= 0)
        return;
      const ratio = window.devicePixelRatio || 1;
      const width = this.graphBox.clientWidth, height = this.strip.clientHeight || 48;
      if (this.strip.width !== Math.round(width * ratio) || this.strip.height !== Math.round(height * ratio)) {
        this.strip.width = Math.round(width * ratio);
        this.strip.height = Math.round(height * ratio);
      }
      const canvas = this.strip.getContext('2d');
      canvas.setTransform(ratio, 0, 0, ratio, 0, 0);
      canvas.clearRect(0, 0, width, height);
      this.drawBars(canvas, area, height);
      if (this.at >= 0)
        this.drawPointer(canvas, area, height);
    }

    drawBars(canvas, area, height) {
      const [from, to] = this.view();
      const exits = this.exits, first = firstAt(exits, from), end = firstAt(exits, to);
      const tallest = new Float64Array(Math.ceil(area.w) + 1), color = new Int16Array(tallest.length);
      for (let i = first; i < end; i++) {
        const x = Math.floor((exits.time[i] - from) / (to - from) * area.w);
        if (exits.cycles[i] + 1 > tallest[x]) {
          tallest[x] = exits.cycles[i] + 1;
          color[x] = this.colorOf[exits.reason[i]];
        }
      }
      const colors = this.colors(), bar = end - first < area.w / 4 ? 2 : 1;
      for (let x = 0; x < tallest.length; x++) {
        if (tallest[x] === 0)
          continue;
        const tall = Math.min(1, Math.max(0.12, Math.log2(tallest[x]) / 26)) * (height - 6);
        canvas.fillStyle = colors[color[x]];
        canvas.fillRect(area.x + x, height - tall, bar, tall);
      }
    }

    drawPointer(canvas, area, height) {
      const [from, to] = this.view();
      const x = area.x + (this.exits.time[this.at] - from) / (to - from) * area.w;
      if (x < area.x || x > area.x + area.w)
        return;
      canvas.fillStyle = this.style('--ink');
      canvas.fillRect(x - 0.5, 0, 1, height);
      canvas.beginPath();
      canvas.moveTo(x - 5, 0);
      canvas.lineTo(x + 5, 0);
      canvas.lineTo(x, 6);
      canvas.fill();
    }
  }

  /* ---- names that zoom ---- */

  function liveNames() {
    for (const name of document.querySelectorAll('[data-zoom]')) {
      const chart = charts.find((c) => c.data.lab === name.dataset.zoom);
      if (!chart)
        continue;
      const button = element('button', { type: 'button', class: 'zoom', title: 'Show it in the chart' }, ...name.childNodes);
      button.addEventListener('click', () => {
        chart.show(Number(name.dataset.from), Number(name.dataset.to), true);
        chart.box.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
      });
      name.append(button);
    }
  }

  /* ---- light and dark: every rule that asks for the dark scheme is told the answer ---- */

  const darkRules = [];
  function collectRules() {
    for (const sheet of document.styleSheets)
      for (const rule of sheet.cssRules)
        if (rule instanceof CSSMediaRule && /prefers-color-scheme:\s*(dark|light)/.test(rule.media.mediaText))
          darkRules.push({ rule, text: rule.media.mediaText, dark: /dark/.test(rule.media.mediaText) });
  }

  let theme = null; // null: as the system says
  function isDark() {
    return theme === null ? dark.matches : theme === 'dark';
  }

  function applyTheme(forced) {
    for (const { rule, text, dark: wants } of darkRules)
      rule.media.mediaText = forced === null ? text : (forced === 'dark') === wants ? 'all' : 'not all';
    document.documentElement.style.colorScheme = forced === null ? '' : forced;
    const button = document.getElementById('theme');
    button.textContent = isDark() ? 'Light' : 'Dark';
    button.setAttribute('aria-label', isDark() ? 'Switch to light colours' : 'Switch to dark colours');
    document.documentElement.dataset.theme = isDark() ? 'dark' : 'light';
  }

  function startTheme() {
    collectRules();
    applyTheme(null);
    const button = document.getElementById('theme');
    button.hidden = false;
    const change = (to) => {
      theme = to;
      applyTheme(theme);
      charts.forEach((chart) => chart.repaint());
    };
    button.addEventListener('click', () => change(isDark() ? 'light' : 'dark'));
    dark.addEventListener('change', () => change(theme));
    // Paper is white.
    addEventListener('beforeprint', () => applyTheme('light'));
    addEventListener('afterprint', () => applyTheme(theme));
    // What is folded away is printed too.
    let opened = [];
    addEventListener('beforeprint', () => { opened = [...document.querySelectorAll('main details:not([open])')]; opened.forEach((d) => { d.open = true; }); });
    addEventListener('afterprint', () => opened.forEach((d) => { d.open = false; }));
  }

  async function start() {
    document.documentElement.classList.add('live');
    startTheme();
    for (const holder of document.querySelectorAll('script.lab-data')) {
      const data = JSON.parse(holder.textContent);
      const box = [...document.querySelectorAll('.chart')].find((c) => c.dataset.lab === holder.dataset.lab);
      if (!box || data.step <= 0)
        continue;
      data.lab = holder.dataset.lab;
      box.dataset.loading = 'yes';
      charts.push(new Chart(box, data));
    }
    liveNames();
    for (const chart of charts) {
      await chart.load();
      delete chart.box.dataset.loading;
    }
    requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.ready = performance.now().toFixed(0); }));
  }

  start();
}());
