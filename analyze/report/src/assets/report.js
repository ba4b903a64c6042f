// What a report can do beyond being read: filter, open, enlarge. Everything is in the page without it.
// Text goes into the page only as text (textContent), and nothing here reads markup from the evidence.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const $$ = (selector, from = document) => [...from.querySelectorAll(selector)];
  const root = document.documentElement;
  root.classList.add("scripted");

  // --- Colours
  const themes = ["system", "light", "dark"];
  const theme = $("#theme");
  theme.addEventListener("click", () => {
    const next = themes[(themes.indexOf(root.dataset.theme || "system") + 1) % themes.length];
    if (next === "system") delete root.dataset.theme; else root.dataset.theme = next;
    theme.textContent = "Theme: " + next;
  });

  // --- Places inside what is folded
  const unfold = (place) => {
    for (let at = place; at; at = at.parentElement) if (at.localName === "details") at.open = true;
    if (place.localName === "li") { const own = $("details", place); if (own) own.open = true; }
  };
  const go = () => {
    let name = "";
    try { name = decodeURIComponent(location.hash.slice(1)); } catch { return; }
    const place = name && document.getElementById(name);
    if (!place) return;
    if (place.closest("[hidden]")) clear();
    unfold(place);
    place.scrollIntoView({ block: "start" });
  };
  addEventListener("hashchange", go);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.getAttribute("href") === location.hash) { event.preventDefault(); go(); }
  });

  // --- Filter
  const box = $("#filter"), found = $("#found"), texts = new WeakMap();
  const things = $$(".f");
  const text = (thing) => {
    let known = texts.get(thing);
    if (known === undefined) {
      // Of a process, what it is itself; its children are things of their own.
      const of = thing.classList.contains("node") ? [$("summary", thing), $(".about", thing)] : [thing];
      known = of.map((part) => (part ? part.textContent : "")).join(" ").toLowerCase();
      texts.set(thing, known);
    }
    return known;
  };
  const filter = () => {
    const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const thing of things) {
      const fits = words.every((word) => text(thing).includes(word));
      thing.hidden = !fits;
      if (fits) count += 1;
    }
    if (words.length) {
      for (const node of $$(".node:not([hidden])")) {
        for (let at = node.parentElement; at && !at.classList.contains("tree"); at = at.parentElement) {
          if (at.classList.contains("node")) at.hidden = false;
          if (at.localName === "details") at.open = true;
        }
      }
    }
    for (const group of $$(".rule, .fold")) group.hidden = words.length > 0 && !$(".f:not([hidden])", group);
    for (const fold of $$(".further, .table-fold")) if (words.length && $(".f:not([hidden])", fold)) fold.open = true;
    found.textContent = words.length ? count + " found" : "";
  };
  const clear = () => { box.value = ""; filter(); };
  let soon = 0;
  box.addEventListener("input", () => { clearTimeout(soon); soon = setTimeout(filter, 120); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(input|textarea)$/.test(event.target.localName)) { event.preventDefault(); box.focus(); }
    if (event.key === "Escape" && event.target === box) clear();
  });

  // --- Process tree
  for (const button of $$("[data-tree]")) {
    button.addEventListener("click", () => {
      const tree = $(".tree", button.closest("section"));
      const which = button.dataset.tree;
      for (const fold of $$("details", tree)) {
        if (fold.classList.contains("long") || fold.classList.contains("programs")) continue;
        const node = fold.parentElement;
        fold.open = which === "all" || (which === "alerts" && node.dataset.interest === "2");
      }
    });
  }

  // --- Timeline
  for (const button of $$("[data-show]")) {
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      showLines(button.closest("section"));
    });
  }
  const spans = new WeakMap();
  const showLines = (section) => {
    const shown = new Set($$("[data-show][aria-pressed='true']", section).map((b) => "l-" + b.dataset.show));
    const span = spans.get(section);
    let count = 0;
    for (const row of $$("tbody tr", section)) {
      const kind = [...row.classList].find((name) => name.startsWith("l-"));
      const ts = BigInt(row.dataset.ts);
      const inside = !span || (ts >= span[0] && ts <= span[1]);
      row.style.display = shown.has(kind) && inside ? "" : "none";
      if (inside) count += 1;
    }
    const note = $(".zoomed", section);
    if (note) { note.hidden = !span; note.textContent = span ? count + " lines in the part of the plot that is shown" : ""; }
  };

  // --- Activity
  const NS = "http://www.w3.org/2000/svg", W = 1000, H = 160, BARS = 160;
  const colours = ["critical", "error", "warning", "notice"];
  const svgElement = (name, attributes) => {
    const element = document.createElementNS(NS, name);
    for (const key in attributes) element.setAttribute(key, attributes[key]);
    return element;
  };
  const duration = (ns) => {
    for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) if (ns >= size) return (ns / size).toFixed(ns / size < 10 ? 2 : 1) + " " + unit;
    return Math.round(ns) + " ns";
  };
  class Plot {
    constructor(figure) {
      this.data = JSON.parse(document.getElementById(figure.dataset.plot).textContent);
      this.figure = figure;
      this.canvas = $(".canvas", figure);
      this.svg = $("svg", figure);
      this.tip = $(".tip", figure);
      this.size = this.data.counts[0].length;
      this.start = BigInt(this.data.from);
      this.least = Math.min(8, this.size);
      this.view = [0, this.size];
      this.listen();
    }
    // Sums of the slices in view, a bar each.
    bars() {
      const [from, to] = this.view, step = Math.max(1, Math.ceil((to - from) / BARS)), bars = [];
      for (let at = from; at < to; at += step) {
        const end = Math.min(to, at + step);
        bars.push({ at, end, counts: this.data.counts.map((kind) => { let sum = 0; for (let i = at; i < end; i++) sum += kind[i]; return sum; }) });
      }
      return bars;
    }
    x(slice) { return ((slice - this.view[0]) / (this.view[1] - this.view[0])) * W; }
    draw() {
      const bars = this.bars(), sums = bars.map((bar) => bar.counts.reduce((a, b) => a + b, 0));
      const top = Math.max(1, ...sums);
      const kept = this.svg;
      kept.replaceChildren();
      for (const [from, to, lost] of this.data.gaps) {
        const left = Math.max(0, this.x(from / this.data.slice) - 3), right = Math.min(W, this.x(to / this.data.slice) + 3);
        if (right <= 0 || left >= W) continue;
        const rect = svgElement("rect", { class: "gap", x: left, y: 0, width: Math.max(1, right - left), height: H });
        const title = svgElement("title", {});
        title.textContent = lost + " events lost up to here";
        rect.append(title);
        kept.append(rect);
      }
      bars.forEach((bar) => {
        let below = 0;
        const x = this.x(bar.at), width = (this.x(bar.end) - x) * 0.86;
        bar.counts.forEach((count, kind) => {
          if (!count) return;
          below += count;
          kept.append(svgElement("rect", { class: "k" + kind, x, width, y: H - (below / top) * H, height: (count / top) * H }));
        });
      });
      kept.append(svgElement("line", { class: "base", x1: 0, x2: W, y1: H, y2: H }));
      const seen = new Set();
      for (const [ts, row, number] of this.data.alerts) {
        const x = this.x(ts / this.data.slice);
        if (x < 0 || x > W) continue;
        const place = Math.floor(x / (W / BARS)) + "/" + row;
        if (seen.has(place)) continue;
        seen.add(place);
        const link = svgElement("a", { href: "#" + this.data.alertId + number, tabindex: -1 });
        link.append(svgElement("rect", { class: "mark " + colours[row], x: Math.min(x, W - 5), y: H + 2 + row * 6, width: 5, height: 5 }));
        kept.append(link);
      }
      $(".y-top", this.figure).textContent = "up to " + top.toLocaleString("en") + " events";
      const ticks = $$(".axis span", this.figure);
      ticks.forEach((tick, i) => { tick.textContent = this.clock(this.view[0] + ((this.view[1] - this.view[0]) * i) / (ticks.length - 1)); });
    }
    clock(slice) {
      const ns = this.start + BigInt(Math.floor(slice * this.data.slice));
      const day = new Date(Number(ns / 1000000n)).toISOString();
      const micro = String((ns / 1000n) % 1000000n).padStart(6, "0");
      return day.slice(11, 19) + "." + micro;
    }
    show(from, to) {
      from = Math.round(from); to = Math.round(to);
      const size = Math.min(this.size, Math.max(this.least, to - from));
      from = Math.min(Math.max(0, from), this.size - size);
      this.view = [from, from + size];
      this.draw();
      const section = document.getElementById(this.data.timeline);
      if (!section) return;
      const all = size === this.size;
      const at = (slice) => this.start + BigInt(Math.floor(slice * this.data.slice));
      if (all) spans.delete(section); else spans.set(section, [at(from), at(from + size)]);
      showLines(section);
    }
    zoom(factor, centre = (this.view[0] + this.view[1]) / 2) {
      const [from, to] = this.view;
      this.show(centre - (centre - from) * factor, centre + (to - centre) * factor);
    }
    slice(event) {
      const box = this.canvas.getBoundingClientRect();
      const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
      return this.view[0] + part * (this.view[1] - this.view[0]);
    }
    hint(event) {
      const at = this.slice(event), bar = this.bars().find((bar) => at >= bar.at && at < bar.end);
      if (!bar) { this.tip.hidden = true; return; }
      const lines = [this.clock(bar.at) + "  +" + duration((bar.end - bar.at) * this.data.slice)];
      this.data.kinds.forEach((kind, i) => { if (bar.counts[i]) lines.push(bar.counts[i].toLocaleString("en") + "  " + kind.toLowerCase()); });
      const alerts = this.data.alerts.filter(([ts]) => ts >= bar.at * this.data.slice && ts < bar.end * this.data.slice).length;
      if (alerts) lines.push(alerts + (alerts === 1 ? "  alert" : "  alerts"));
      this.tip.textContent = lines.join("\n");
      this.tip.hidden = false;
      const box = this.canvas.getBoundingClientRect(), x = event.clientX - box.left;
      this.tip.style.left = Math.max(4, Math.min(x + 14, box.width - this.tip.offsetWidth - 4)) + "px";
    }
    listen() {
      let begun = null, brush = null;
      this.canvas.addEventListener("pointerdown", (event) => {
        if (event.button !== 0 || event.target.closest("a")) return;
        begun = this.slice(event);
        this.canvas.setPointerCapture(event.pointerId);
      });
      this.canvas.addEventListener("pointermove", (event) => {
        this.hint(event);
        if (begun === null) return;
        const [from, to] = [begun, this.slice(event)].sort((a, b) => a - b);
        brush = brush || this.svg.appendChild(svgElement("rect", { class: "brush", y: 0, height: H }));
        brush.setAttribute("x", this.x(from));
        brush.setAttribute("width", this.x(to) - this.x(from));
      });
      const end = (event) => {
        if (begun === null) return;
        const [from, to] = [begun, this.slice(event)].sort((a, b) => a - b);
        begun = null;
        if (brush) brush.remove();
        brush = null;
        if (event.type === "pointerup" && (to - from) / (this.view[1] - this.view[0]) > 0.01) this.show(Math.floor(from), Math.ceil(to));
      };
      this.canvas.addEventListener("pointerup", end);
      this.canvas.addEventListener("pointercancel", end);
      this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
      this.canvas.addEventListener("dblclick", () => this.show(0, this.size));
      this.canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return;
        event.preventDefault();
        this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.slice(event));
      }, { passive: false });
      this.canvas.addEventListener("keydown", (event) => {
        const step = (this.view[1] - this.view[0]) / 8;
        const does = {
          "+": () => this.zoom(0.5), "=": () => this.zoom(0.5), "-": () => this.zoom(2), "0": () => this.show(0, this.size),
          ArrowLeft: () => this.show(this.view[0] - step, this.view[1] - step),
          ArrowRight: () => this.show(this.view[0] + step, this.view[1] + step),
        }[event.key];
        if (does && !event.ctrlKey && !event.metaKey && !event.altKey) { event.preventDefault(); does(); }
      });
      for (const button of $$("[data-zoom]", this.figure)) {
        button.addEventListener("click", () => {
          if (button.dataset.zoom === "all") this.show(0, this.size);
          else this.zoom(button.dataset.zoom === "in" ? 0.5 : 2);
        });
      }
    }
  }
  for (const figure of $$("[data-plot]")) new Plot(figure);

  // --- Which section is being read
  const links = new Map($$(".contents a").map((link) => [link.getAttribute("href").slice(1), link]));
  if ("IntersectionObserver" in window) {
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) continue;
        for (const link of links.values()) link.classList.remove("here");
        const link = links.get(entry.target.id);
        if (link) link.classList.add("here");
      }
    }, { rootMargin: "-15% 0px -75% 0px" });
    for (const section of $$("main section[id]")) watch.observe(section);
  }

  // --- Paper has no folds: alerts are opened for it, and closed again.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = $$("details.alert:not([open]), details.table-fold:not([open])");
    for (const fold of opened) fold.open = true;
  });
  addEventListener("afterprint", () => { for (const fold of opened) fold.open = false; opened = []; });

  go();
})();
