/* Names a colour (or a row of numbers), letter by letter.

Letters: T letters, F numbers, V ids. */
"use strict";

const { vocabulary, columns, means, deviations, colours, samples } = data.task;
const END = "\n", SPECIAL = 2; // ids of padding and of unknown letters come first
const idOf = new Map(vocabulary.map((letter, i) => [letter, i + SPECIAL]));
const parts = {}; // elements that change
let input = samples[0].input; // "#a0522d", or F numbers
let written = ""; // the name, as far as it is written

/** OKLab coordinates of a colour, as `oklab` in colours.py. */
function oklab(colour) {
  const linear = [1, 3, 5].map((i) => {
    const x = parseInt(colour.slice(i, i + 2), 16) / 255;
    return x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4;
  });
  const by = (rows, v) => rows.map((row) => row.reduce((all, one, i) => all + one * v[i], 0));
  const cones = by([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005]], linear);
  return by([
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766]], cones.map(Math.cbrt));
}

const task = {
  /** Ids of the letters before (1, T), and the standardized numbers (1, F). */
  inputs({ text, input: given }) {
    const ids = [...(END + text)].map((letter) => idOf.get(letter) ?? 1);
    const numbers = colours ? oklab(given) : given;
    const scaled = numbers.map((x, i) => Math.fround((x - means[i]) / deviations[i]));
    return [
      tensor([1, ids.length], Float64Array.from(ids)),
      tensor([1, scaled.length], Float64Array.from(scaled)),
    ];
  },

  setup(place) {
    const change = () => {
      const wanted = colours ? parts.input.value : parts.input.value.split(",").map(Number);
      const legal = colours || (wanted.length === columns.length && wanted.every(Number.isFinite));
      parts.wrong.textContent = legal ? "" : `It needs ${columns.length} numbers: ${columns.join(", ")}.`;
      if (legal) choose(wanted);
    };
    parts.input = colours
      ? element("input", { type: "color", value: input, "aria-label": "colour", input: change })
      : element("input", { type: "text", value: input.join(","), "aria-label": columns.join(", "), change });
    parts.wrong = element("p", { class: "bad", role: "status" });
    parts.name = element("p", { class: "answer", "aria-live": "polite" });
    parts.start = element("input", {
      type: "text", "aria-label": "beginning of the name", placeholder: "beginning, such as d",
      input: () => choose(input),
    });
    parts.next = element("div", {});
    place.append(
      element("div", { class: "row" }, colours ? "Choose a colour: " : "Type the numbers: ", parts.input,
        "or one of the test:", ...samples.map(({ text, input: one }) =>
          element("button", { type: "button", title: text, click: () => {
            parts.input.value = colours ? one : one.join(",");
            choose(one);
          } }, text))),
      parts.wrong, parts.name,
      element("div", { class: "row" }, element("label", {}, "Begin the name yourself: ", parts.start)),
      element("p", { class: "quiet" }, "The name is written letter by letter, each the likeliest one. ",
        "Below: what may come at the chosen step. Choose a step in the picture of the states."),
      parts.next);
    written = finish("");
  },

  compute() {
    const run = network.run(...this.inputs({ text: written, input }));
    const t = Math.min(chosen.t, written.length), row = [...rowOf(run.outputs[0], t)];
    return { run, output: 0, element: t * row.length + row.indexOf(Math.max(...row)) };
  },

  draw({ run }) {
    const t = Math.min(chosen.t, written.length), p = shares(rowOf(run.outputs[0], t));
    const order = p.map((_, i) => i).sort((a, b) => p[b] - p[a]).slice(0, 6);
    parts.name.replaceChildren(element("span", { class: "bar", style: {
      background: colours ? input : "", width: colours ? "3rem" : "0", height: "1.4rem",
    } }), ` ${written}`);
    parts.next.replaceChildren(
      element("p", { class: "quiet" }, `after ${JSON.stringify(written.slice(0, t))}:`),
      ...order.map((i) => element("div", { class: "row" },
        element("span", {}, `${shownLetter(vocabulary[i - SPECIAL])} ${(100 * p[i]).toFixed(1)} %`),
        element("span", { class: "bar", style: { width: `${12 * p[i]}rem` } }))));
  },

  label: (name, t) => (t === 0 ? "start" : shownLetter(written[t - 1])),
};

const shownLetter = (letter) => ({ [END]: "(end)", " ": "(space)" }[letter] ?? letter ?? "");

function choose(wanted) {
  input = wanted;
  written = finish(parts.start.value);
  show();
}

/** Goes on with a name by the likeliest letters. */
function finish(text) {
  for (let step = text.length; step < data.task.max_length; step++) {
    const y = network.run(...task.inputs({ text, input })).outputs[0];
    const row = [...rowOf(y, text.length)].map((one, i) => (i < SPECIAL ? -Infinity : one));
    const letter = vocabulary[row.indexOf(Math.max(...row)) - SPECIAL];
    if (letter === END) break;
    text += letter;
  }
  return text;
}

/** Probabilities (V) of logits (V). */
function shares(logits) {
  const largest = Math.max(...logits), powers = Array.from(logits, (y) => Math.exp(y - largest));
  const total = powers.reduce((all, one) => all + one, 0);
  return powers.map((one) => one / total);
}

start();
