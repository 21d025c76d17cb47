/* Sorts lists: a list of whole numbers is written sorted, of floats each gets its place.

Letters: T numbers of a list, V values. */
"use strict";

const PADDING = -1;
const { values, shortest, length, max_value: largest } = data.task;
const whole = values === "int";
const LONGEST = whole ? 4 * length : length; // the network for floats has a fixed width
const parts = {}; // elements that change
let answer = null; // {numbers, written, run, probabilities}

const ascending = (numbers) => [...numbers].sort((a, b) => a - b);

const task = {
  /** The network's inputs of a list whose right answer is read while writing. */
  inputs: (numbers) => (whole ? writingInputs(numbers, ascending(numbers)) : [padded(numbers)]),

  setup(place) {
    parts.list = element("input", { "aria-label": "list of numbers", style: { width: "100%" }, input: show });
    parts.list.value = data.checks[0].given.join(" ");
    parts.place = element("select", { change: show });
    parts.answer = element("p", { class: "answer", "aria-live": "polite" });
    parts.wrong = element("p", { class: "bad", role: "status" });
    parts.picture = element("canvas", { role: "img" });
    const random = (count, name) => element("button", {
      type: "button",
      click: () => { parts.list.value = randomList(count).join(" "); show(); },
    }, name);
    const longer = whole ? [random(length + 2, `${length + 2} numbers, more than trained on`)] : [];
    place.append(parts.list,
      element("div", { class: "row" }, random(length, "Random list"), random(shortest, "Short list"), ...longer),
      parts.wrong, parts.answer,
      element("h2", {}, whole ? "What it would write in each place" : "In which place it puts each number"),
      element("p", { class: "quiet" }, whole
        ? `A row is a place of the answer, a column a number from 0 to ${largest}; the right one is framed.`
        : "A row is a number of the list, a column a place; the right one is framed."),
      element("div", { class: "scroll" }, parts.picture),
      element("label", {}, whole ? "Gradients of the answer in place " : "Gradients of the answer for number ", parts.place));
  },

  compute() {
    const numbers = readList();
    answer = whole ? written(numbers) : ranked(numbers);
    const count = numbers.length, before = Math.min(parts.place.selectedIndex, count - 1);
    parts.place.replaceChildren(...numbers.map((_, i) => element("option", {}, `${i + 1}`)));
    parts.place.selectedIndex = Math.max(0, before);
    const at = Math.max(0, before), V = answer.run.outputs[0].shape.at(-1);
    const best = rowOf(answer.run.outputs[0], at);
    return {
      run: answer.run, output: 0, row: whole ? 0 : at,
      element: at * V + best.indexOf(Math.max(...best)),
    };
  },

  draw() {
    const { numbers, sorted } = answer, right = ascending(numbers);
    const correct = sorted.every((number, i) => number === right[i]);
    parts.answer.textContent = `${numbers.join(" ")} → ${sorted.map((n) => n ?? "?").join(" ")} (${correct ? "right" : "wrong"})`;
    drawProbabilities();
  },

  label(name, t) {
    const { numbers, sorted } = answer;
    if (name === "decoder") return `${t ? sorted[t - 1] : "start"}`;
    return `${numbers[t] ?? "padding"}`;
  },
};

/** The numbers in the field that the network can read; says what it leaves out. */
function readList() {
  const words = parts.list.value.split(/[\s,]+/).filter(Boolean), numbers = words.map(Number);
  const legal = (x) => (whole ? Number.isInteger(x) && x >= 0 && x <= largest : x >= 0 && x < 1);
  const kept = numbers.filter(legal).slice(0, LONGEST);
  const told = [];
  if (kept.length < numbers.length)
    told.push(`It reads at most ${LONGEST} numbers, ${whole ? `whole, 0 to ${largest}` : "at least 0 and below 1"}.`);
  if (kept.length > length) told.push(`It was trained on lists of at most ${length} numbers.`);
  parts.wrong.textContent = told.join(" ");
  return kept.length ? kept : [0];
}

function randomList(count) {
  const number = () => (whole ? Math.floor(Math.random() * (largest + 1)) : Math.floor(Math.random() * 1000) / 1000);
  return Array.from({ length: count }, number);
}

/** The ids of a list (1, T), and of what was written one step before (1, T). */
function writingInputs(numbers, sorted) {
  const ids = (list) => tensor([1, list.length], Float64Array.from(list, (x) => x + 1));
  return [ids(numbers), ids([-1, ...sorted.slice(0, -1)])];
}

/** Lets the network write: each number that it has written is read in the next step. */
function written(numbers) {
  const sorted = [];
  let run;
  for (let t = 0; t < numbers.length; t++) {
    const start = Array.from(numbers, (_, i) => sorted[i] ?? 0); // later places are not read yet
    run = network.run(...writingInputs(numbers, start));
    const logits = rowOf(run.outputs[0], t);
    sorted.push(logits.indexOf(Math.max(...logits)));
  }
  return { numbers, sorted, run };
}

function padded(numbers) {
  const row = Array.from({ length }, (_, i) => Math.fround(numbers[i] ?? PADDING));
  return tensor([1, length], Float64Array.from(row));
}

/** Lets the network give every number its place. */
function ranked(numbers) {
  const run = network.run(padded(numbers)), sorted = Array(numbers.length).fill(null);
  numbers.forEach((number, i) => {
    const logits = rowOf(run.outputs[0], i);
    sorted[logits.indexOf(Math.max(...logits))] = number;
  });
  return { numbers, sorted, run };
}

function drawProbabilities() {
  const { numbers, sorted, run } = answer, right = ascending(numbers), V = run.outputs[0].shape.at(-1);
  const side = Math.max(6, Math.min(24, 640 / V)), tall = 18, left = 44;
  const pen = surface(parts.picture, left + V * side, numbers.length * tall);
  pen.font = "12px system-ui, sans-serif";
  numbers.forEach((number, i) => {
    pen.fillStyle = theme.ink;
    pen.fillText(whole ? `${i + 1}: ${sorted[i]}` : `${number}`, 0, (i + 0.75) * tall);
    const p = activations.softmax.forward(rowOf(run.outputs[0], i));
    p.forEach((share, v) => {
      pen.fillStyle = colour(share);
      pen.fillRect(left + v * side, i * tall, side, tall - 1);
    });
    pen.strokeStyle = theme.ink;
    pen.strokeRect(left + (whole ? right[i] : right.indexOf(number)) * side, i * tall, side, tall - 1);
  });
  parts.picture.setAttribute("aria-label", `probabilities, ${numbers.length} rows by ${V} columns; the answer stands above`);
}

start();
