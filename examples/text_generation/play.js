/* Writes text, letter by letter.

Letters: T characters, U units, V ids. */
"use strict";

const UNKNOWN = 1;
const READ = 1000; // characters at the end of the text that the network reads,
const SHOWN = 80; // and those of them whose states are drawn
const characters = ["", "\ufffd", ...data.task.characters]; // by id
const idOf = new Map(characters.map((character, id) => [character, id]));

const row = (ids) => tensor([1, ids.length], Float64Array.from(ids));
const idsOf = (text) => Array.from(text, (one) => Math.max(UNKNOWN, idOf.get(one) ?? UNKNOWN));

/** The states (1, U) before anything was read. */
function noStates() {
  return network.recurrent().flatMap(({ cell, units }) =>
    Array.from({ length: cell === "LSTM" ? 2 : 1 }, () => tensor([1, units])));
}

/** Random numbers in [0, 1) from a seed: mulberry32, by Tommy Ettinger. */
function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The shares of the ids that may come next, the likeliest first: [[id, share], ...].
 *
 * As `choose` in predict.py: of the top_k likeliest those are kept before which less than
 * top_p of the whole lies. */
function candidates(logits, { temperature, topK, topP }) {
  const scaled = Float64Array.from(logits, (logit, id) =>
    (data.task.never.includes(id) ? -Infinity : logit / temperature));
  const shares = activations.softmax.forward(scaled);
  const ranked = Array.from(shares, (share, id) => [id, share]).sort((a, b) => b[1] - a[1]);
  let before = 0;
  const kept = ranked.slice(0, topK).filter(([, share]) => {
    const keep = before < topP;
    before += share;
    return keep;
  });
  const total = kept.reduce((sum, [, share]) => sum + share, 0);
  return kept.map(([id, share]) => [id, share / total]);
}

/** The candidate that a random number in [0, 1) falls on. */
function chosenOf(kept, chance) {
  let upto = 0;
  return (kept.find(([, share]) => (upto += share) > chance) ?? kept.at(-1))[0];
}

const parts = {}; // elements that change
let first = 0; // place in the text of the first character whose state is drawn

const task = {
  inputs: (text) => [row(idsOf(text)), ...noStates()],

  setup(place) {
    parts.text = element("textarea", { "aria-label": "text", rows: 8, input: show });
    parts.text.value = data.task.text;
    parts.write = element("button", { type: "button", click: toggle }, "Write");
    parts.told = element("span", { class: "quiet", role: "status" });
    parts.settings = {
      temperature: setting("temperature", { value: 0.7, min: 0.05, max: 5, step: 0.05 }),
      topK: setting("top-k", { value: characters.length, min: 1, max: characters.length, step: 1 }),
      topP: setting("top-p", { value: 1, min: 0.01, max: 1, step: 0.01 }),
      seed: setting("seed", { value: 0, min: 0, max: 2 ** 31, step: 1 }),
    };
    const fields = Object.values(parts.settings).map(({ label }) => label);
    parts.next = element("div", { role: "img" });
    parts.activation = element("p");
    place.append(parts.text,
      element("div", { class: "row" }, parts.write, ...fields, parts.told),
      element("p", { class: "quiet" }, "It goes on from the end of the text, which you may edit at any time. ",
        `The network reads the last ${READ} characters.`),
      element("h2", {}, "What may come next"), parts.next,
      element("h2", {}, "The chosen unit over the text"), parts.activation);
  },

  compute() {
    const ids = idsOf(parts.text.value || "\n"), read = ids.slice(-READ);
    const before = read.slice(0, -SHOWN), shown = read.slice(-SHOWN);
    first = ids.length - shown.length;
    const states = before.length ? network.run(row(before), ...noStates()).outputs.slice(1) : noStates();
    const run = network.run(row(shown), ...states), last = rowOf(run.outputs[0], shown.length - 1);
    const best = last.indexOf(Math.max(...last));
    return { run, output: 0, element: (shown.length - 1) * last.length + best };
  },

  draw({ run }) {
    const logits = run.outputs[0];
    drawNext(rowOf(logits, logits.shape[1] - 1));
    drawActivation();
  },

  label: (name, t) => visible(Array.from(parts.text.value || "\n")[first + t] ?? ""),
};

/** A field for a number; `value()` is what it holds, within its limits. */
function setting(name, limits) {
  const input = element("input", { type: "number", ...limits, input: show });
  const value = () => {
    const number = input.value === "" ? NaN : Number(input.value);
    return Number.isNaN(number) ? limits.value : Math.min(limits.max, Math.max(limits.min, number));
  };
  return { label: element("label", {}, `${name} `, input), value };
}

function options() {
  return Object.fromEntries(Object.entries(parts.settings).map(([name, { value }]) => [name, value()]));
}

const visible = (character) => ({ " ": "␣", "\n": "⏎", "\t": "⇥" })[character] ?? character;

function drawNext(logits) {
  const kept = candidates(logits, options()).slice(0, 10);
  parts.next.setAttribute("aria-label", kept.map(([id, p]) => `${visible(characters[id])} ${(100 * p).toFixed(0)} %`).join(", "));
  parts.next.replaceChildren(...kept.map(([id, p]) => element("div", { class: "row", style: { margin: "0" } },
    element("code", { style: { width: "1.5rem" } }, visible(characters[id])),
    element("span", { class: "bar", style: { width: `${Math.max(1, 60 * p)}%` } }),
    element("span", { class: "quiet" }, `${(100 * p).toFixed(1)} %`))));
}

/** Colours the last characters by the state of the chosen unit after each. */
function drawActivation() {
  const shown = Array.from(parts.text.value || "\n").slice(first);
  parts.activation.replaceChildren(...stepsOf(chosen.layer).map(({ t, step }) => element("span", {
    class: "token", style: { background: colour(0.8 * step.h[chosen.unit]), padding: "0.1rem 0", margin: "0" },
  }, visible(shown[t] ?? ""))));
}

let writing = null; // what the next letter depends on, while it writes

/** Begins to write, or stops. */
function toggle() {
  if (writing) return stop();
  show();
  const { outputs } = current.run, logits = outputs[0];
  const { seed } = options();
  writing = {
    logits: rowOf(logits, logits.shape[1] - 1), states: outputs.slice(1),
    random: randomNumbers(seed), letters: 0, seconds: 0,
  };
  parts.write.textContent = "Stop";
  requestAnimationFrame(writeSome);
}

function stop() {
  writing = null;
  parts.write.textContent = "Write";
  show();
}

/** Writes as many letters as fit between two pictures on the screen. */
function writeSome() {
  if (!writing) return;
  const started = performance.now(), written = [];
  while (performance.now() - started < 12) written.push(writeOne());
  writing.seconds += (performance.now() - started) / 1000;
  writing.letters += written.length;
  parts.text.value += written.join("");
  parts.text.scrollTop = parts.text.scrollHeight;
  drawNext(writing.logits);
  const pace = Math.round(writing.letters / writing.seconds);
  document.body.dataset.pace = pace;
  parts.told.textContent = `${pace.toLocaleString("en")} letters a second`;
  requestAnimationFrame(writeSome);
}

/** Chooses the next letter, reads it, and returns it. */
function writeOne() {
  const id = chosenOf(candidates(writing.logits, options()), writing.random());
  const [logits, ...states] = network.run(row([id]), ...writing.states).outputs;
  Object.assign(writing, { logits: logits.data, states });
  return characters[id];
}

start();
