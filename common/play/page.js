/* What all pages share: the controls and drawings around a network.

The task's own file comes after this one and defines `task`:

  inputs(given)   turns what a user gives into the inputs of the network, one tensor each
  setup(place)    makes its controls, and calls `show` whenever something has changed
  compute()       returns {run, output, element}: a `Run` and the number in it that is the
                  answer; and `row`, the row of the batch that is shown (0 if missing)
  draw(result)    shows the answer
  label(name, t)  names step t of a recurrent layer

Letters: T time steps, D features, U units. */
"use strict";

const data = JSON.parse(document.getElementById("data").textContent);
const network = new Network(data.network, data.weights.map(decoded));
const chosen = { layer: network.recurrent()[0].name, t: 0, unit: 0 };
let current = null; // what `task.compute` has returned last

/** A tensor from its shape and its numbers as floats of 16 or 32 bits in base64. */
function decoded({ shape, bits, base64 }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer), count = bytes.length / (bits / 8);
  const read = bits === 16
    ? (i) => fromHalf(view.getUint16(2 * i, true))
    : (i) => view.getFloat32(4 * i, true);
  return tensor(shape, vector(count, read));
}

/** The number that 16 bits stand for: sign, five bits of exponent, ten of fraction. */
function fromHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Makes an element. Texts are set as text, so that nothing in them is ever executed. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name === "style") Object.assign(made.style, value);
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Computes and draws everything anew; says how long that took. */
function show() {
  const started = performance.now();
  current = { row: 0, ...task.compute() };
  current.run.differentiate(current.output, current.element);
  task.draw(current);
  drawStates();
  drawGradients();
  drawStep();
  const took = (performance.now() - started).toFixed(1);
  document.body.dataset.milliseconds = took;
}

const layerOf = (name) => network.layers[name];
/** What has been changed of the network, as a text: the same text, the same network. */
const changes = () => JSON.stringify(network.recurrent().map(({ on, factors }) => [on, factors]));

/** A number as a part of a sum or a product: a negative one in brackets, or with its sign. */
const factor = (value) => (value < 0 ? `(${number(value)})` : number(value));
const added = (value) => (value < 0 ? `- ${number(-value)}` : `+ ${number(value)}`);

const number = (value) => (Math.abs(value) < 1e-4 && value !== 0 ? value.toExponential(1) : value.toFixed(4));

const theme = { channels: {} }; // the page's colours, as in page.css; some in red, green, blue
function readTheme() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["page", "ink", "quiet", "low", "high", "line"])
    theme[name] = style.getPropertyValue(`--${name}`).trim();
  for (const name of ["page", "low", "high"])
    theme.channels[name] = [1, 3, 5].map((i) => parseInt(theme[name].slice(i, i + 2), 16));
}

/** A colour between blue (-1), the page's own (0) and orange (1). */
function colour(value) {
  const strength = Math.min(1, Math.abs(value)), { page, low, high } = theme.channels;
  const mixed = (value < 0 ? low : high).map((full, i) => page[i] + strength * (full - page[i]));
  return `rgb(${mixed.map(Math.round)})`;
}

/** Makes a canvas as sharp as the screen, and returns what draws on it. */
function surface(canvas, width, height) {
  const sharp = window.devicePixelRatio || 1;
  canvas.width = Math.ceil(width * sharp);
  canvas.height = Math.ceil(height * sharp);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  return context;
}

/** The steps of a layer that were computed, in the order of their places. */
function stepsOf(name) {
  const steps = current.run.sequences[name]?.rows[current.row] ?? [];
  return [...steps].sort((a, b) => a.t - b.t);
}

function sizes(name) {
  const steps = stepsOf(name), U = layerOf(name).units;
  const width = Math.min(28, Math.max(4, 620 / Math.max(1, steps.length)));
  const longest = Math.max(1, ...steps.map(({ t }) => task.label(name, t).length));
  const top = width < 10 ? 0 : 12 + 7 * Math.min(12, longest); // of the names of the steps
  return { steps, U, width, height: Math.min(12, Math.max(3, 260 / U)), top };
}

const heatMaps = {};
function setupStates() {
  for (const { name, cell, units, backwards } of network.recurrent()) {
    const canvas = element("canvas", {
      tabindex: 0,
      role: "application", // screen readers leave the arrow keys to it
      click: (event) => clickState(name, event),
      keydown: (event) => keyState(name, event),
    });
    const way = backwards ? ", reads backwards" : "";
    const caption = `${name}: ${cell} of ${units} units${way}`;
    heatMaps[name] = canvas;
    document.getElementById("states").append(
      element("figure", {}, element("figcaption", {}, caption),
        element("div", { class: "scroll" }, canvas)));
  }
}

function drawStates() {
  for (const [name, canvas] of Object.entries(heatMaps)) {
    const { steps, U, width, height, top } = sizes(name);
    const pen = surface(canvas, Math.max(40, steps.length * width), top + U * height);
    const largest = Math.max(1, ...steps.flatMap(({ step }) => Array.from(step.h, Math.abs)));
    steps.forEach(({ t, step }, column) => {
      for (let u = 0; u < U; u++) {
        pen.fillStyle = colour(step.h[u] / largest);
        pen.fillRect(column * width, top + u * height, width, height);
      }
      if (width >= 10) writeUpwards(pen, task.label(name, t), (column + 0.5) * width, top - 4);
    });
    pen.strokeStyle = theme.ink;
    const at = steps.findIndex(({ t }) => t === chosen.t);
    if (name === chosen.layer && at >= 0) {
      pen.strokeRect(at * width, top, width, U * height);
      pen.strokeRect(0, top + chosen.unit * height, steps.length * width, height);
    }
    const off = layerOf(name).on.filter((on) => !on).length;
    canvas.setAttribute("aria-label",
      `states of ${name}, ${steps.length} steps by ${U} units, ${off} switched off`);
  }
  tellChosen();
}

function writeUpwards(pen, text, x, y) {
  pen.save();
  pen.translate(x + 4, y);
  pen.rotate(-Math.PI / 2);
  pen.fillStyle = theme.ink;
  pen.font = "12px system-ui, sans-serif";
  pen.fillText(text.length > 12 ? `${text.slice(0, 11)}…` : text, 0, 0);
  pen.restore();
}

function tellChosen() {
  const { layer, t, unit } = chosen, found = stepsOf(layer).find((one) => one.t === t);
  const h = found ? `h = ${number(found.step.h[unit])}` : "no state";
  const off = layerOf(layer).on[unit] ? "" : ", switched off";
  document.getElementById("chosen").textContent =
    `${layer}, step ${t + 1} (${task.label(layer, t)}), unit ${unit + 1}${off}: ${h}`;
}

function clickState(name, event) {
  const { steps, width, height, top } = sizes(name);
  const column = Math.floor(event.offsetX / width);
  const unit = Math.floor((event.offsetY - top) / height);
  if (unit < 0 || unit >= layerOf(name).units || !steps[column]) return;
  const { t } = steps[column];
  if (chosen.layer === name && chosen.unit === unit && chosen.t === t) switchUnit();
  choose(name, t, unit);
}

function keyState(name, event) {
  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  if (event.key === "Enter" || event.key === " ") switchUnit();
  else if (!moves[event.key]) return;
  event.preventDefault();
  const [later, lower] = moves[event.key] ?? [0, 0], steps = stepsOf(name);
  const start = chosen.layer === name ? chosen : { t: 0, unit: 0 };
  const at = Math.max(0, steps.findIndex(({ t }) => t === start.t)) + later;
  const step = steps[Math.min(steps.length - 1, Math.max(0, at))];
  const last = layerOf(name).units - 1;
  choose(name, step?.t ?? 0, Math.min(last, Math.max(0, start.unit + lower)));
  const frame = heatMaps[name].parentElement; // keeps the chosen step in sight
  frame.scrollLeft = steps.indexOf(step) * sizes(name).width - frame.clientWidth / 2;
}

function choose(layer, t, unit) {
  Object.assign(chosen, { layer, t, unit });
  drawStates();
  drawGradients();
  drawStep();
  drawMatrices();
}

/** Switches the chosen unit off, or on again: its state is then 0 at every step. */
function switchUnit() {
  const { on } = layerOf(chosen.layer);
  on[chosen.unit] = on[chosen.unit] ? 0 : 1;
  show();
}

function setupControls() {
  const place = document.getElementById("controls");
  const told = { W_R: "how much of the old state is kept", W_F: "how strongly the input counts" };
  for (const [letter, why] of Object.entries(told)) {
    const factor = element("output", {}, "1.00");
    const slider = element("input", {
      type: "range", min: 0, max: 2, step: 0.01, value: 1, "aria-label": `factor of ${letter}`,
      input: () => {
        factor.textContent = Number(slider.value).toFixed(2);
        for (const layer of network.recurrent()) network.multiply(layer, letter, slider.value);
        show();
        drawMatrices();
      },
    });
    slider.dataset.letter = letter;
    place.append(element("div", { class: "row" },
      element("label", {}, `${letter} × `, factor), slider, element("span", { class: "quiet" }, why)));
  }
  const reset = () => {
    network.reset();
    for (const slider of place.querySelectorAll("input")) slider.value = 1;
    for (const factor of place.querySelectorAll("output")) factor.textContent = "1.00";
    show();
    drawMatrices();
  };
  place.append(element("button", { type: "button", click: reset }, "Reset the network"));
}

/** Writes z = x_t W_F + h_{t-1} W_R + b out for the chosen unit and step. */
function drawStep() {
  const { layer: name, t, unit } = chosen, layer = layerOf(name);
  const found = stepsOf(name).find((one) => one.t === t);
  document.getElementById("step").textContent = found
    ? (layer.cell === "SimpleRNN" ? productLines : gateLines)(layer, found, unit).join("\n")
    : "The network does not read this step.";
}

function productLines(layer, { x, before, step }, unit) {
  const { W_F, W_R, b } = layer, U = layer.units;
  const ids = x.length === 1 && W_F.shape[0] > 1; // stands for a one-hot vector
  const fromX = ids
    ? [[`W_F[${x[0]}]`, W_F.data[x[0] * U + unit]]]
    : terms(x, W_F, unit);
  const fromH = terms(before.h, W_R, unit);
  const bias = b ? b.data[unit] : 0;
  const [xW, hW] = [fromX, fromH].map((all) => all.reduce((z, [, value]) => z + value, 0));
  return [
    `unit ${unit + 1} of ${U}`,
    ...(layer.backwards ? ["This layer reads backwards: t-1 stands for the step on the right."] : []),
    `x_t W_F      = ${largestTerms(fromX)} = ${number(xW)}`,
    `h_(t-1) W_R  = ${largestTerms(fromH)} = ${number(hW)}`,
    `b            = ${number(bias)}`,
    `z            = ${number(xW)} ${added(hW)} ${added(bias)} = ${number(xW + hW + bias)}`,
    `h_t          = ${layer.activation}(${number(xW + hW + bias)}) = ${number(step.h[unit])}`
      + (layer.on[unit] ? "" : "  (switched off)"),
  ];
}

/** The terms of one column of x W: [as a text, its value], one for each number of x. */
function terms(x, W, column) {
  const weight = (row) => W.data[row * W.shape[1] + column];
  return Array.from(x, (value, row) =>
    [`${factor(value)}·${factor(weight(row))}`, value * weight(row)]);
}

/** The four largest terms of a sum, and how many others there are. */
function largestTerms(all) {
  const sorted = [...all].sort((a, b) => Math.abs(b[1]) - Math.abs(a[1]));
  const rest = all.length - 4;
  const shown = sorted.slice(0, 4).map(([text]) => text).join(" + ");
  return rest > 0 ? `${shown} + ${rest} smaller terms` : shown || "0";
}

function gateLines(layer, { before, step }, unit) {
  const gates = cells[layer.cell].gates.map((gate) => `${gate} = ${number(step[gate][unit])}`);
  const states = Object.keys(before).filter((name) => name === "h" || name === "c");
  return [
    `unit ${unit + 1} of ${layer.units}: gates ${gates.join(", ")}`,
    ...states.map((s) => `${s}_(t-1) = ${number(before[s][unit])}  ->  ${s}_t = ${number(step[s][unit])}`),
  ];
}

/** Something wide in a frame of its own, which scrolls by the keyboard too. */
const frameOf = (wide, name) =>
  element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": name }, wide);

/** Draws the length of the gradient by h_t for every step of the chosen layer. */
function drawGradients() {
  const place = document.getElementById("gradients"), { layer: name } = chosen;
  const steps = stepsOf(name), byState = current.run.sequences[name]?.byState?.[current.row] ?? [];
  const norms = steps.map(({ t }) => Math.hypot(...(byState[t] ?? [0])));
  const { width } = sizes(name), height = 120, most = Math.max(...norms, 1e-12);
  const canvas = place.querySelector("canvas") ?? element("canvas", { role: "img" });
  const told = place.querySelector("p") ?? element("p", { class: "quiet" });
  if (!canvas.isConnected) place.append(frameOf(canvas, "gradients, scrolls"), told);
  const pen = surface(canvas, Math.max(40, steps.length * width), height);
  norms.forEach((norm, column) => {
    // The scale goes from the largest norm down to a 100,000th of it.
    const tall = height * Math.max(0, 1 + Math.log10(Math.max(norm, 1e-300) / most) / 5);
    pen.fillStyle = steps[column].t === chosen.t ? theme.high : theme.low;
    pen.fillRect(column * width + 0.5, height - tall, Math.max(1, width - 1), tall);
  });
  const [first, last] = [norms[0] ?? 0, norms.at(-1) ?? 0].map((norm) => norm.toExponential(1));
  told.textContent = `${name}: ${first} at the first step, ${last} at the last`;
  canvas.setAttribute("aria-label", `length of the gradient by h_t; ${told.textContent}`);
}

/** Pictures of the matrices of the chosen layer and of the layer that answers. */
function drawMatrices() {
  const layer = layerOf(chosen.layer);
  const answers = Object.values(network.layers).filter(({ kind }) => kind === "Dense").at(-1);
  const own = ["W_F", "W_R", "b"].filter((letter) => layer[letter])
    .map((letter) => matrix(`${letter} of ${layer.name}`, layer[letter], (column) => column % layer.units === chosen.unit));
  const last = answers ? [matrix(`W of ${answers.name}`, answers.W)] : [];
  document.getElementById("matrices").replaceChildren(...own, ...last);
}

/** The picture of a matrix (rows, columns) or of a vector (columns); some columns framed. */
function matrix(name, { shape, data: weights }, framed = () => false) {
  const [rows, columns] = shape.length > 1 ? shape : [1, shape[0]];
  const width = Math.min(10, Math.max(1, 220 / Math.max(rows, columns)));
  const height = rows === 1 ? 10 : width;
  const told = `${name}, ${rows} by ${columns}`;
  const canvas = element("canvas", { role: "img", "aria-label": told });
  const pen = surface(canvas, columns * width, rows * height);
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-12);
  weights.forEach((weight, i) => {
    pen.fillStyle = colour(weight / largest);
    pen.fillRect((i % columns) * width, Math.floor(i / columns) * height, width, height);
  });
  pen.strokeStyle = theme.ink;
  for (let column = 0; column < columns; column++)
    if (framed(column)) pen.strokeRect(column * width, 0, width, rows * height);
  const caption = element("figcaption", {}, `${told}, largest ${largest.toFixed(2)}`);
  return element("figure", {}, caption, frameOf(canvas, told));
}

/** The largest difference of this page's outputs from Keras's, on the inputs that the page
 * carries; of outputs above 1, relative to them. NaN if a shape differs. */
function differenceFromKeras() {
  let largest = 0;
  for (const { given, outputs } of data.checks) {
    const run = network.run(...task.inputs(given));
    outputs.map(decoded).forEach(({ shape, data: values }, i) => {
      const mine = run.outputs[i];
      if (mine.shape.join() !== shape.join()) largest = NaN;
      values.forEach((value, j) => { // the largest of NaN and a number is NaN
        const difference = Math.abs(value - mine.data[j]) / Math.max(1, Math.abs(value));
        largest = Math.max(largest, difference);
      });
    });
  }
  return largest;
}

/** Says how far the page is from Keras; too far is an error that is seen and heard. */
function checkAgainstKeras() {
  const place = document.getElementById("check"), difference = differenceFromKeras();
  document.body.dataset.difference = difference;
  const told = `Checked on ${data.checks.length} inputs: this page differs from Keras by at most ${difference.toExponential(1)}.`;
  const right = difference <= data.tolerance;
  place.textContent = right
    ? told
    : `Error: ${told} That is more than ${data.tolerance}: do not trust this page.`;
  if (right) return;
  place.className = "bad";
  place.setAttribute("role", "alert");
}

/** Starts the page; the task's own file calls it. */
function start() {
  readTheme();
  checkAgainstKeras();
  setupControls();
  setupStates();
  task.setup(document.getElementById("task"));
  show();
  drawMatrices();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    readTheme();
    show();
    drawMatrices();
  });
}
