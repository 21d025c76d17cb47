/* Colours a text as one types: a tag for every token, a character or a word.

Letters: T tokens, C classes. */
"use strict";

const { vocabulary, tags, colors, words, texts } = data.task;
const UNKNOWN = 1;
const idOf = new Map(vocabulary.map((token, i) => [token, i + 2]));
const LONGEST = 600; // tokens that are read
const parts = {}; // elements that change
let tokens = [];

/** The id of a token; an unknown word is known by its last letters. */
function id(token) {
  const suffixes = words ? [3, 2].map((size) => `~${[...token].slice(-size).join("").toLowerCase()}`) : [];
  const known = [token, ...suffixes].find((one) => idOf.has(one));
  return known === undefined ? UNKNOWN : idOf.get(known);
}

const split = (text) => (words ? text.split(/\s+/).filter(Boolean) : [...text]).slice(0, LONGEST);

const task = {
  /** Token ids (1, T). */
  inputs(given) {
    const read = Array.isArray(given) ? given : [...given];
    return [tensor([1, read.length], Float64Array.from(read, id))];
  },

  setup(place) {
    parts.text = element("textarea", { "aria-label": "text to colour", rows: 8, spellcheck: "false", input: show });
    parts.text.style.fontFamily = "ui-monospace, Menlo, Consolas, monospace";
    parts.text.value = texts[0];
    parts.shown = element("pre", { "aria-label": "the text in colours" });
    parts.told = element("p", { class: "answer", "aria-live": "polite" });
    parts.legend = element("p", { class: "quiet" }, ...tags.flatMap((tag, c) =>
      [element("b", { style: { color: colors[c] } }, tag), "  "]));
    place.append(
      element("div", { class: "row" }, "Texts to try:", ...texts.map((text, n) =>
        element("button", { type: "button", click: () => { parts.text.value = text; show(); } }, `text ${n + 1}`))),
      parts.text, parts.legend, parts.shown, parts.told,
      element("p", { class: "quiet" }, "Type, delete, break the code: the colours follow. Underlined: less sure than 80 %. ",
        "Choose a step in the picture of the states below to see what the network says of it."));
  },

  compute() {
    tokens = split(parts.text.value);
    if (!tokens.length) tokens = [words ? "?" : " "];
    const run = network.run(...this.inputs(tokens)), t = Math.min(chosen.t, tokens.length - 1);
    const row = [...rowOf(run.outputs[0], t)];
    return { run, output: 0, element: t * tags.length + row.indexOf(Math.max(...row)) };
  },

  draw({ run }) {
    const y = run.outputs[0];
    parts.shown.replaceChildren(...tokens.map((token, t) => {
      const p = shares(rowOf(y, t)), best = p.indexOf(Math.max(...p));
      const sure = p[best] >= 0.8 ? "none" : "underline dotted";
      const shown = element("span", { title: `${tags[best]} ${(100 * p[best]).toFixed(0)} %` }, words ? `${token} ` : token);
      Object.assign(shown.style, { color: colors[best], textDecoration: sure });
      return shown;
    }));
    const t = Math.min(chosen.t, tokens.length - 1), p = shares(rowOf(y, t));
    const order = tags.map((_, c) => c).sort((a, b) => p[b] - p[a]).slice(0, 3);
    parts.told.textContent = `step ${t + 1}, ${JSON.stringify(tokens[t])}: ${
      order.map((c) => `${tags[c]} ${(100 * p[c]).toFixed(1)} %`).join(", ")}`;
  },

  label: (name, t) => (tokens[t] === "\n" ? "\u21b5" : tokens[t] ?? ""),
};

/** Probabilities (C) of logits (C). */
function shares(logits) {
  const largest = Math.max(...logits), powers = Array.from(logits, (y) => Math.exp(y - largest));
  const total = powers.reduce((all, one) => all + one, 0);
  return powers.map((one) => one / total);
}

start();
