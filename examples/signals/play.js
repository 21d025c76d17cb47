/* Labels windows of several channels, whose values can be painted.

Letters: T time steps, D channels, C classes. */
"use strict";

const { samples, channels, means, deviations, labels } = data.task;
const parts = {}; // elements that change
let shown = 0; // place of the window that is shown
let values = copied(shown); // (T, D), in units, as the user has changed them
let at = { t: 0, d: 0 }; // the value that the keyboard changes
let after = []; // the probabilities (C) after each step

function copied(place) {
  return samples[place].values.map((row) => [...row]);
}

/** Lowest and highest value of each channel in all windows: what can be painted. */
const ranges = channels.map((_, d) => {
  const all = samples.flatMap((sample) => sample.values.map((row) => row[d]));
  return [Math.min(...all), Math.max(...all)];
});
/** A value between 0 and 1 of its channel's range. */
const share = (value, d) => (value - ranges[d][0]) / (ranges[d][1] - ranges[d][0] || 1);

const task = {
  /** Standardized signals (1, T, D), and 1 for every step (1, T). */
  inputs(window) {
    const scaled = window.flatMap((row) => row.map((x, d) => Math.fround((x - means[d]) / deviations[d])));
    return [
      tensor([1, window.length, channels.length], Float64Array.from(scaled)),
      tensor([1, window.length], new Float64Array(window.length).fill(1)),
    ];
  },

  setup(place) {
    parts.brush = element("input", { type: "range", min: 0, max: 1, step: 0.05, value: 1, "aria-label": "value to paint" });
    parts.canvas = element("canvas", {
      tabindex: 0, role: "application", style: { touchAction: "none" },
      pointerdown: paint, pointermove: (event) => event.buttons && paint(event), keydown: nudge,
    });
    parts.answer = element("p", { class: "answer", "aria-live": "polite" });
    parts.told = element("p", { class: "quiet", role: "status" });
    parts.bars = element("div", {});
    place.append(
      element("div", { class: "row" }, "Windows to try:", ...samples.map((sample, n) =>
        element("button", { type: "button", click: () => choose(n) }, sample.label))),
      element("div", { class: "row" },
        element("label", {}, "Paint with low or high values: ", parts.brush),
        element("button", { type: "button", click: () => choose(shown) }, "Undo the changes"),
        element("button", { type: "button", click: reverse }, "Reverse the order of the steps")),
      element("p", { class: "quiet" }, "Rows are steps, read from the top; columns are channels; dark is high. ",
        "Click or drag to paint. With the keyboard: arrows move, + and - change the value. ",
        "To the right of each step: the likeliest label after it."),
      element("div", { class: "scroll" }, parts.canvas), parts.told, parts.answer, parts.bars);
  },

  compute() {
    const run = network.run(...this.inputs(values)), p = run.outputs[0].data;
    after = values.map((_, t) => network.run(...this.inputs(values.slice(0, t + 1))).outputs[0].data);
    return { run, output: 0, element: p.indexOf(Math.max(...p)) };
  },

  draw() {
    const p = after.at(-1), order = labels.map((_, c) => c).sort((a, b) => p[b] - p[a]);
    parts.answer.textContent = `${labels[order[0]]}: ${(100 * p[order[0]]).toFixed(1)} % (it was labelled ${samples[shown].label})`;
    parts.bars.replaceChildren(...order.slice(0, 5).map((c) => element("div", { class: "row" },
      element("span", {}, `${labels[c]} ${(100 * p[c]).toFixed(1)} %`),
      element("span", { class: "bar", style: { width: `${12 * p[c]}rem` } }))));
    drawWindow();
  },

  label: (name, t) => `step ${t + 1}`,
};

const WIDTH = 240; // pixels of all channels together

function cell() {
  return { wide: WIDTH / channels.length, high: Math.min(28, Math.max(4, 560 / values.length)) };
}

function drawWindow() {
  const { wide, high } = cell(), pen = surface(parts.canvas, WIDTH + 120, high * values.length);
  values.forEach((row, t) => {
    row.forEach((value, d) => {
      const part = share(value, d);
      pen.fillStyle = theme.line;
      pen.fillRect(d * wide, t * high, wide - 1, high - 1);
      pen.globalAlpha = Math.min(1, Math.max(0, part));
      pen.fillStyle = theme.ink;
      pen.fillRect(d * wide, t * high, wide - 1, high - 1);
      pen.globalAlpha = 1;
    });
    if (high < 12) return;
    const p = after[t], best = p.indexOf(Math.max(...p));
    pen.fillStyle = theme.ink;
    pen.font = "12px system-ui, sans-serif";
    pen.fillText(`${labels[best].slice(0, 12)} ${(100 * p[best]).toFixed(0)} %`, WIDTH + 8, (t + 0.7) * high);
  });
  pen.strokeStyle = theme.high;
  pen.lineWidth = 2;
  pen.strokeRect(at.d * wide + 1, at.t * high + 1, wide - 3, high - 3);
  const value = values[at.t][at.d].toPrecision(4);
  parts.told.textContent = `step ${at.t + 1}, ${channels[at.d]}: ${value}`;
  parts.canvas.setAttribute("aria-label",
    `${values.length} steps by ${channels.length} channels; ${parts.told.textContent}`);
}

function choose(place) {
  shown = place;
  values = copied(place);
  at = { t: 0, d: 0 };
  show();
}

function reverse() {
  values.reverse();
  show();
}

/** Sets the chosen value, given as a share of its channel's range. */
function put(part) {
  const [low, high] = ranges[at.d];
  values[at.t][at.d] = low + Math.min(1, Math.max(0, part)) * (high - low);
  show();
}

function paint(event) {
  const { wide, high } = cell(), d = Math.floor(event.offsetX / wide), t = Math.floor(event.offsetY / high);
  if (d < 0 || d >= channels.length || !values[t]) return;
  at = { t, d };
  put(Number(parts.brush.value));
}

function nudge(event) {
  const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const lifts = { "+": 0.1, "=": 0.1, "-": -0.1 };
  if (!(event.key in moves) && !(event.key in lifts)) return;
  event.preventDefault();
  const [later, right] = moves[event.key] ?? [0, 0];
  at.t = Math.min(values.length - 1, Math.max(0, at.t + later));
  at.d = Math.min(channels.length - 1, Math.max(0, at.d + right));
  if (event.key in lifts) put(share(values[at.t][at.d], at.d) + lifts[event.key]);
  else drawWindow();
}

start();
