/* Forecasts what comes after a window whose points can be dragged.

Letters: L steps read, H steps forecast, C covariates, M networks of the ensemble. */
"use strict";

const { samples, transform, widths, linear } = data.task;
const parts = {}; // elements that change
let shown = 0; // place of the sample that is shown
let values = [...samples[0].values]; // (L), as the user has changed them
let held = null; // place of the point that is dragged, or chosen by keyboard
let answer = null; // {mean, low, high, linear}, each (H)

/** Box-Cox of y + 1 with an exponent; 0 is the logarithm. */
function transformed(y, power) {
  if (transform === "none") return y;
  return power === 0 ? Math.log1p(y) : Math.expm1(power * Math.log1p(y)) / power;
}

/** The value y whose `transformed` is z; not below 0. */
function restored(z, power) {
  if (transform === "none") return z;
  if (power === 0) return Math.max(0, Math.expm1(z));
  return Math.max(0, Math.expm1(Math.log1p(power * Math.max(z, -1 / power)) / power));
}

const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;

/** Values (L) without transform and season: what the network's inputs are made of. */
function normalized(sample, values) {
  return values.map((y, t) => transformed(y, sample.power) - sample.season[t]);
}

const task = {
  /** Windows (1, L, 1 + C), as `Windows.inputs` in data.py. */
  inputs({ sample: place, values }) {
    const sample = samples[place], past = normalized(sample, values), last = past.at(-1);
    const rows = past.map((z, t) => [(z - last) / sample.scale, ...sample.covariates[t]]);
    const read = tensor([1, rows.length, rows[0].length], Float64Array.from(rows.flat()));
    return [tensor(read.shape, read.data.map(Math.fround))];
  },

  setup(place) {
    parts.choice = element("select", { "aria-label": "window", change: () => chooseSample(parts.choice.selectedIndex) },
      ...samples.map(({ name, times }) => element("option", {}, `${name}: ${times[0]} to ${times.at(-1)}`)));
    parts.chart = element("canvas", {
      tabindex: 0, role: "img", style: { touchAction: "none" },
      pointerdown: take, pointermove: drag, pointerup: () => { held = null; }, keydown: nudge,
    });
    parts.told = element("p", { class: "answer", "aria-live": "polite" });
    parts.numbers = element("textarea", { "aria-label": "values of the window", change: paste, rows: 3 });
    parts.wrong = element("p", { class: "bad", role: "status" });
    place.append(
      element("div", { class: "row" }, parts.choice,
        element("button", { type: "button", click: () => chooseSample(shown) }, "Undo the changes")),
      element("p", { class: "quiet" }, "Drag the points: the forecast and its intervals (80 and 95 of 100) follow. ",
        "With the keyboard: left and right choose a point, up and down move it. ",
        "Grey: what came after the window as it was. Dashed: the linear model."),
      element("div", { class: "scroll" }, parts.chart), parts.told,
      element("label", {}, `${values.length} numbers of your own:`, parts.numbers), parts.wrong);
  },

  compute() {
    const [read] = this.inputs({ sample: shown, values });
    const run = network.run(read), output = run.outputs[0];
    answer = forecasts(samples[shown], output, read);
    const H = output.shape.at(-1), M = output.data.length / H;
    return { run, output: 0, element: Math.floor(M / 2) * H };
  },

  draw() {
    parts.numbers.value = values.map((y) => Number(y.toPrecision(6))).join(" ");
    const [first, last] = [answer.mean[0], answer.mean.at(-1)].map((y) => y.toPrecision(4));
    const told = answer.mean.length > 1 ? `Forecast: ${first} in the first step, ${last} in the last` : `Forecast: ${first}`;
    parts.told.textContent = `${told}; linear model: ${answer.linear[0].toPrecision(4)}`;
    drawChart();
  },

  label: (name, t) => samples[shown].times[t],
};

/** The forecasts (H) in units, of the network's output (1, M, H) and of the linear model. */
function forecasts(sample, output, read) {
  const past = normalized(sample, values), last = past.at(-1), H = sample.future_season.length;
  const K = output.shape.at(-1), M = output.data.length / K;
  const middle = Array.from({ length: K }, (_, k) =>
    mean(Array.from({ length: M }, (_, m) => output.data[m * K + k])) * sample.scale + last);
  const steps = past.slice(1).map((z, t) => Math.abs(z - past[t]));
  const localScale = mean(steps) + 0.1 * sample.scale;
  const inUnits = (numbers) => numbers.map((z, h) => restored(z + sample.future_season[h], sample.power));
  const moved = (share, sign) => inUnits(middle.map((z, h) => z + sign * widths[share][h] * localScale));
  const straight = linear.W.map((row, k) =>
    (linear.b[k] + row.reduce((sum, w, i) => sum + w * read.data[i], 0)) * sample.scale + last);
  const intervals = Object.keys(widths).map((share) => ({ low: moved(share, -1), high: moved(share, 1) }));
  return { mean: inUnits(middle), linear: inUnits(straight), intervals, H };
}

function chooseSample(place) {
  shown = place;
  values = [...samples[place].values];
  show();
}

const WIDTH = 640, HEIGHT = 260, EDGE = 44; // pixels of the chart

/** Functions from steps and values to pixels, and back. */
function axes() {
  const all = [...values, ...samples[shown].values, ...answer.linear, ...samples[shown].actual,
    ...answer.intervals.flatMap(({ low, high }) => [...low, ...high])];
  const low = Math.min(...all), span = Math.max(...all) - low || 1, count = values.length + answer.mean.length;
  return {
    x: (t) => EDGE + ((t + 0.5) * (WIDTH - EDGE)) / count,
    y: (value) => HEIGHT - 20 - ((value - low) * (HEIGHT - 40)) / span,
    t: (x) => Math.round(((x - EDGE) * count) / (WIDTH - EDGE) - 0.5),
    value: (y) => low + ((HEIGHT - 20 - y) * span) / (HEIGHT - 40),
    low, high: low + span, span,
  };
}

let scale = null; // the axes while a point is dragged stay as they were

function drawChart() {
  if (held === null || !scale) scale = axes();
  const { x, y, low, high } = scale, L = values.length, pen = surface(parts.chart, WIDTH, HEIGHT);
  const line = (numbers, from, style, dashes = []) => {
    pen.strokeStyle = style;
    pen.setLineDash(dashes);
    pen.beginPath();
    numbers.forEach((value, i) => pen.lineTo(x(from + i), y(value)));
    pen.stroke();
  };
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = theme.quiet;
  for (const value of [low, high]) pen.fillText(value.toPrecision(3), 0, y(value) + 4);
  const last = values[L - 1];
  [...answer.intervals].reverse().forEach(({ low: below, high: above }) => {
    pen.globalAlpha = 0.18;
    pen.fillStyle = theme.low;
    pen.beginPath();
    [last, ...above].forEach((value, h) => pen.lineTo(x(L - 1 + h), y(value)));
    [last, ...below].reverse().forEach((value, h) => pen.lineTo(x(L - 1 + below.length - h), y(value)));
    pen.fill();
    pen.globalAlpha = 1;
  });
  line([samples[shown].values.at(-1), ...samples[shown].actual], L - 1, theme.quiet);
  line([last, ...answer.linear], L - 1, theme.ink, [5, 4]);
  line([last, ...answer.mean], L - 1, theme.high);
  line(values, 0, theme.low);
  values.forEach((value, t) => {
    pen.setLineDash([]);
    pen.fillStyle = t === held ? theme.high : theme.low;
    pen.beginPath();
    pen.arc(x(t), y(value), t === held ? 6 : Math.min(5, 200 / L), 0, 2 * Math.PI);
    pen.fill();
  });
  parts.chart.setAttribute("aria-label",
    `${L} values, from ${values[0].toPrecision(4)} to ${last.toPrecision(4)}; ${parts.told.textContent}`);
}

function take(event) {
  const t = scale.t(event.offsetX);
  if (t < 0 || t >= values.length) return;
  held = t;
  parts.chart.setPointerCapture(event.pointerId);
  drag(event);
}

function drag(event) {
  if (held === null || !event.buttons) return;
  put(held, scale.value(event.offsetY));
}

/** Sets a value; below 0 only where there is no transform. */
function put(t, value) {
  values[t] = transform === "none" ? value : Math.max(0, value);
  show();
}

function nudge(event) {
  const moves = { ArrowLeft: -1, ArrowRight: 1 }, lifts = { ArrowUp: 0.02, ArrowDown: -0.02 };
  if (!(event.key in moves) && !(event.key in lifts)) return;
  event.preventDefault();
  const at = held ?? values.length - 1;
  held = Math.min(values.length - 1, Math.max(0, at + (moves[event.key] ?? 0)));
  put(held, values[held] + (lifts[event.key] ?? 0) * scale.span);
}

/** Takes numbers that were typed or pasted: the last L of them. */
function paste() {
  const numbers = parts.numbers.value.split(/[\s,;]+/).filter(Boolean).map(Number), L = values.length;
  const legal = numbers.every((y) => Number.isFinite(y) && (transform === "none" || y >= 0));
  const least = transform === "none" ? "" : ", each at least 0";
  parts.wrong.textContent = numbers.length >= L && legal ? "" : `It needs ${L} numbers${least}.`;
  if (parts.wrong.textContent) return;
  values = numbers.slice(-L);
  show();
}

start();
