/* Classifies texts: every word coloured by the answer after it.

Letters: T words, D features, C classes. */
"use strict";

const UNKNOWN = 1;
const LONGEST_READING = 60; // words; the network reads every beginning of shorter texts
const idOf = new Map(data.task.vocabulary.map((word, i) => [word, i + 2]));
const character = data.task.cjk; // Chinese and Japanese: each character is a word
const WORD = new RegExp(
  `[${character}]|(?:(?![${character}])[\\p{L}\\p{N}])+(?:['\u2019](?:(?![${character}])[\\p{L}\\p{N}])+)*|[!?]`, "gu");

/** Lower-case words, "!" and "?", as `words` in data.py. */
function words(text) {
  const found = text.toLowerCase().match(WORD) ?? [];
  return found.map((word) => word.replaceAll("\u2019", "'")).slice(0, data.task.max_length);
}

const cards = []; // two texts side by side; the chosen one is drawn below
let active = 0;
let read = []; // the words of the chosen text

const task = {
  /** Word ids (1, T) of a text; of none, one unknown word. */
  inputs(text) {
    const ids = words(text).map((word) => idOf.get(word) ?? UNKNOWN);
    if (!ids.length) ids.push(UNKNOWN);
    return [tensor([1, ids.length], Float64Array.from(ids))];
  },

  setup(place) {
    place.append(element("div", { class: "row" }, "Texts to try:", ...samples()));
    const both = element("div", { class: "columns" });
    [0, 1].forEach((at) => {
      const text = data.task.texts[at] ?? data.task.texts[0];
      const area = element("textarea", {
        "aria-label": `text ${at + 1}`,
        focus: () => activate(at),
        input: () => { active = at; show(); },
      });
      area.value = text;
      const tokens = element("div", { role: "group", "aria-label": "words; choose two to swap them" });
      const answer = element("p", { class: "answer", "aria-live": "polite" });
      const sources = element("p", { class: "quiet" });
      const card = element("div", { class: "card" }, area, answer, tokens, sources);
      cards.push({ area, tokens, answer, sources, card });
      both.append(card);
    });
    place.append(both, element("p", { class: "quiet" },
      "A word is coloured by the answer after it: orange is ", element("b", {}, lastLabel()),
      ". Drag a word onto another one to swap them, or choose both with the keyboard. ",
      "Unknown words have a wavy line. Below a text: the words that the answer comes from, ",
      "by the gradient of its log-odds times input."));
  },

  compute() {
    const text = cards[active].area.value, [ids] = this.inputs(text);
    read = words(text);
    const run = network.run(ids), p = run.outputs[0].data;
    return { run, output: 0, element: p.indexOf(Math.max(...p)) };
  },

  draw() {
    cards.forEach((card, at) => {
      card.card.classList.toggle("chosen", at === active);
      const shown = [card.area.value, changes(), theme.page].join();
      if (card.shown !== shown) drawCard(card, at);
      card.shown = shown;
    });
  },

  label: (name, t) => read[t] ?? "(no word)",
};

const lastLabel = () => data.task.labels.at(-1);

function samples() {
  return data.task.texts.map((text, i) => element("button", {
    type: "button",
    title: text,
    click: () => {
      cards[active].area.value = text;
      show();
    },
  }, text.length > 40 ? `${text.slice(0, 39)}…` : text));
}

function activate(at) {
  if (active === at) return;
  active = at;
  show();
}

function drawCard(card, at) {
  const text = card.area.value, tokens = words(text), [ids] = task.inputs(text);
  const run = network.run(ids), p = run.outputs[0].data;
  const best = p.indexOf(Math.max(...p));
  card.answer.textContent = `${data.task.labels[best]}: ${(100 * p[best]).toFixed(1)} %`;
  const after = readings(ids);
  card.tokens.replaceChildren(...tokens.map((token, t) => tokenElement(card, at, tokens, t, after[t])));
  card.sources.textContent = sourcesOf(run, best, tokens);
}

/** The probability of the last class after each word, or null in long texts. */
function readings(ids) {
  const T = ids.shape[1];
  if (T > LONGEST_READING) return Array(T).fill(null);
  return Array.from({ length: T }, (_, t) => {
    const beginning = tensor([1, t + 1], ids.data.slice(0, t + 1));
    return network.run(beginning).outputs[0].data.at(-1);
  });
}

let swapping = null; // {at, t}: the word that was chosen first

function tokenElement(card, at, tokens, t, p) {
  const swap = (from) => {
    swapping = null;
    if (from?.at !== at || from.t === t) return show();
    const swapped = [...tokens];
    [swapped[from.t], swapped[t]] = [swapped[t], swapped[from.t]];
    card.area.value = swapped.join(" ");
    active = at;
    show();
  };
  const known = idOf.has(tokens[t]), told = p === null ? "" : `, ${(100 * p).toFixed(0)} % ${lastLabel()} after it`;
  return element("button", {
    type: "button",
    class: known ? "token" : "token unknown",
    draggable: "true",
    "aria-label": `${tokens[t]}${known ? "" : ", unknown"}${told}`,
    "aria-pressed": swapping?.at === at && swapping.t === t ? "true" : "false",
    style: { background: p === null ? "" : colour(0.8 * (2 * p - 1)) },
    click: () => {
      if (swapping) return swap(swapping);
      swapping = { at, t };
      activate(at);
      drawCard(card, at);
      card.tokens.children[t]?.focus();
    },
    dragstart: (event) => event.dataTransfer.setData("text/plain", JSON.stringify({ at, t })),
    dragover: (event) => event.preventDefault(),
    drop: (event) => {
      event.preventDefault();
      swap(JSON.parse(event.dataTransfer.getData("text/plain")));
    },
  }, tokens[t]);
}

/** Gradient times input of each word, summed over its features: the largest five. */
function sourcesOf(run, best, tokens) {
  run.differentiate(0, best);
  const { value, gradient } = run.outputOf("embedding");
  if (!gradient || !tokens.length) return "";
  // Of the log-odds: the probability itself hardly moves where the network is sure.
  const p = run.outputs[0].data[best], slope = Math.max(p * (1 - p), 1e-12);
  const shares = tokens.map((token, t) => {
    const [x, dx] = [rowOf(value, t), rowOf(gradient, t)];
    return [token, x.reduce((all, one, d) => all + one * dx[d], 0) / slope];
  });
  const top = shares.sort((a, b) => Math.abs(b[1]) - Math.abs(a[1])).slice(0, 5);
  return `comes from: ${top.map(([token, share]) => `${token} ${share >= 0 ? "+" : ""}${share.toFixed(2)}`).join(", ")}`;
}

start();
