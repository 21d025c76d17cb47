/* Checks sentences: the more orange a word, the further P(damaged) falls without it.

Letters: T words, D features. */
"use strict";

const UNKNOWN = 1;
const idOf = new Map(data.task.vocabulary.map((token, i) => [token, i + 2]));
const WORD = /[\p{L}\p{N}]+(?:['\u2019-][\p{L}\p{N}]+)*/gu;

/** Lower-case words, as `words` in preprocessor.py. */
function words(text) {
  const found = text.toLowerCase().match(WORD) ?? [];
  return found.map((word) => word.replaceAll("\u2019", "'")).slice(0, data.task.max_length);
}

/** The id of a word; a rare one is read by its ending. */
function tokenId(word) {
  const ending = `-${[...word].slice(-data.task.ending).join("")}`;
  return idOf.get(word) ?? idOf.get(ending) ?? UNKNOWN;
}

const cards = []; // two sentences side by side; the chosen one is drawn below
let active = 0;
let read = []; // the words of the chosen sentence

const task = {
  /** Word ids (1, T) of a sentence; of none, one unknown word. */
  inputs(text) {
    return [idsOf(words(text))];
  },

  setup(place) {
    place.append(element("div", { class: "row" }, "Sentences to try:", ...samples()));
    const both = element("div", { class: "columns" });
    [0, 1].forEach((at) => {
      const area = element("textarea", {
        "aria-label": `sentence ${at + 1}`,
        focus: () => activate(at),
        input: () => { active = at; show(); },
      });
      area.value = data.task.texts[at] ?? data.task.texts[0];
      const tokens = element("div", { role: "group", "aria-label": "words; choose two to swap them" });
      const answer = element("p", { class: "answer", "aria-live": "polite" });
      const card = element("div", { class: "card" }, area, answer, tokens);
      cards.push({ area, tokens, answer, card });
      both.append(card);
    });
    place.append(both, element("p", { class: "quiet" },
      "The more ", element("b", {}, "orange"), " a word, the further the probability of damage falls without it; ",
      "blue: it rises. Drag a word onto another one to swap them, or choose both with the keyboard. ",
      "A word with a wavy line is rare: the network sees its ending alone."));
  },

  compute() {
    read = words(cards[active].area.value);
    return { run: network.run(idsOf(read)), output: 0, element: 0 };
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

function idsOf(tokens) {
  const ids = tokens.length ? tokens.map(tokenId) : [UNKNOWN];
  return tensor([1, ids.length], Float64Array.from(ids));
}

/** The probability that a sentence is damaged. */
const damage = (tokens) => network.run(idsOf(tokens)).outputs[0].data[0];

function samples() {
  return data.task.texts.map((text) => element("button", {
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
  const tokens = words(card.area.value), p = damage(tokens);
  card.answer.textContent = `${p > 0.5 ? "damaged" : "in order"}: P(damaged) = ${(100 * p).toFixed(1)} %`;
  const drops = tokens.map((_, t) => p - damage(tokens.filter((_, other) => other !== t)));
  card.tokens.replaceChildren(...tokens.map((_, t) => tokenElement(card, at, tokens, t, drops[t])));
}

let swapping = null; // {at, t}: the word that was chosen first

function tokenElement(card, at, tokens, t, drop) {
  const swap = (from) => {
    swapping = null;
    if (from?.at !== at || from.t === t) return show();
    const swapped = [...tokens];
    [swapped[from.t], swapped[t]] = [swapped[t], swapped[from.t]];
    card.area.value = swapped.join(" ");
    active = at;
    show();
  };
  const known = idOf.has(tokens[t]), points = `${(100 * Math.abs(drop)).toFixed(0)} points`;
  const told = `, P(damaged) ${drop < 0 ? "rises" : "falls"} by ${points} without it`;
  return element("button", {
    type: "button",
    class: known ? "token" : "token unknown",
    draggable: "true",
    "aria-label": `${tokens[t]}${known ? "" : ", rare"}${told}`,
    "aria-pressed": swapping?.at === at && swapping.t === t ? "true" : "false",
    style: { background: colour(0.8 * drop) },
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

start();
