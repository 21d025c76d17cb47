/* The network as a whole: the steps in which Keras would call its layers, and the way back.

Letters: B batch, T time steps, D features, U units. */
"use strict";

/** A whole network, made of what the page carries (see network.py). */
class Network {
  constructor({ layers: described, steps, inputs, outputs }, weights) {
    Object.assign(this, { steps, inputs, outputs, layers: {} });
    for (const [name, layer] of Object.entries(described)) {
      const own = {};
      for (const [letter, index] of Object.entries(layer.weights))
        own[letter] = weights[index];
      this.layers[name] = { ...layer, ...own, trained: own };
    }
    for (const layer of this.recurrent()) {
      layer.on = new Float64Array(layer.units).fill(1); // 0: the unit is switched off
      layer.factors = { W_F: 1, W_R: 1 };
    }
  }

  /** The recurrent layers, in the order in which they are called. */
  recurrent() {
    const found = new Set();
    for (const { layer } of this.steps)
      if (this.layers[layer].kind === "Recurrent") found.add(this.layers[layer]);
    return [...found];
  }

  /** Multiplies W_F or W_R of a recurrent layer, as it was trained, by a factor. */
  multiply(layer, letter, factor) {
    const { shape, data } = layer.trained[letter];
    layer[letter] = { shape, data: data.map((weight) => weight * factor) };
    layer.factors[letter] = factor;
  }

  /** Undoes all changes. */
  reset() {
    for (const layer of this.recurrent()) {
      Object.assign(layer, layer.trained, { factors: { W_F: 1, W_R: 1 } });
      layer.on.fill(1);
    }
  }

  run(...inputs) {
    return new Run(this, inputs);
  }
}

/** One pass through the network: all that was computed, ready for the way back. */
class Run {
  /** Takes a tensor for each input of the network. */
  constructor(network, inputs) {
    this.network = network;
    this.computed = []; // of every step: {outputs, backward, ...}
    this.sequences = {}; // of every recurrent layer, by name: see `recurrent`
    network.inputs.forEach((step, i) => { this.computed[step] = { outputs: [inputs[i]] }; });
    network.steps.forEach((step, i) => { this.computed[i] ??= this.compute(step); });
    this.outputs = network.outputs.map((from) => this.value(from));
  }

  /** The tensor that a step takes: another step's output, a constant, or none (null). */
  value(from) {
    if (from === null) return null;
    if (!Array.isArray(from)) return tensor([], Float64Array.of(Number(from)));
    return this.computed[from[0]].outputs[from[1]];
  }

  compute({ layer: name, from }) {
    const layer = this.network.layers[name], inputs = from.map((one) => this.value(one));
    if (layer.kind === "Recurrent") {
      const sequence = recurrent(layer, ...inputs);
      this.sequences[name] = sequence;
      return sequence;
    }
    const { output, backward } = layers[layer.kind](layer, ...inputs);
    return { outputs: [output], backward: ([dy]) => backward(dy) };
  }

  /** What a layer put out last, and the gradient by it after `differentiate`. */
  outputOf(name) {
    const step = this.network.steps.findLastIndex(({ layer }) => layer === name);
    return { value: this.computed[step].outputs[0], gradient: this.gradients[step]?.[0] };
  }

  /** Goes the way back from one number of an output: the answer. Afterwards each sequence
   * has `byState`, the gradient of the answer by every h_t. */
  differentiate(output, element) {
    this.gradients = this.network.steps.map(() => []);
    const [step, number] = this.network.outputs[output];
    const start = tensor(this.value([step, number]).shape);
    start.data[element] = 1;
    this.gradients[step][number] = start;
    for (let i = this.network.steps.length - 1; i >= 0; i--) this.back(i);
  }

  back(i) {
    const { outputs, backward } = this.computed[i], mine = this.gradients[i];
    if (!backward || !mine.length) return;
    const full = outputs.map((y, k) => mine[k] ?? tensor(y.shape));
    backward(full).forEach((gradient, k) => {
      const from = this.network.steps[i].from[k];
      if (!gradient || !Array.isArray(from)) return;
      const [step, number] = from, before = this.gradients[step][number];
      this.gradients[step][number] = before
        ? tensor(before.shape, sum(before.data, gradient.data))
        : gradient;
    });
  }
}

/** A recurrent layer: its cell, step after step.
 *
 * Takes x (B, T, D), a mask (B, T) of the steps that count or null, and the states (B, U) at
 * the start or none. Returns `outputs` as Keras does, and of every batch row its `steps`:
 * [{t, x, before, step}], the last one first if the layer reads backwards. */
function recurrent(layer, x, mask, ...starts) {
  const [B, T] = x.shape, U = layer.units, cell = cells[layer.cell];
  const names = layer.cell === "LSTM" ? ["h", "c"] : ["h"];
  const all = tensor([B, T, U]), last = names.map(() => tensor([B, U])), rows = [];
  for (let batch = 0; batch < B; batch++) {
    let state = {}, steps = [];
    names.forEach((name, k) => {
      state[name] = starts[k] ? rowOf(starts[k], batch) : new Float64Array(U);
    });
    for (let i = 0; i < T; i++) {
      const t = layer.backwards ? T - 1 - i : i, place = batch * T + t;
      if (!mask || mask.data[place]) {
        const x_t = rowOf(x, place), before = state;
        const step = cell.forward(layer, x_t, before);
        step.h = vector(U, (u) => step.h[u] * layer.on[u]);
        steps.push({ t, x: x_t, before, step });
        state = step;
      }
      // Where the mask skips a step, Keras repeats the output before it, or puts out zeros.
      if (steps.length && !(layer.zeros && steps.at(-1).t !== t)) all.data.set(state.h, place * U);
    }
    names.forEach((name, k) => last[k].data.set(state[name], batch * U));
    rows.push(steps);
  }
  const output = layer.sequences ? all : last[0];
  const sequence = { outputs: [output, ...(layer.states ? last : [])], rows, x, mask, starts };
  sequence.backward = (gradients) => throughTime(layer, sequence, gradients);
  return sequence;
}

/** Backpropagation through time: from the gradients by the outputs of `recurrent` to those
 * by x and by the states at the start. Leaves the gradients by every h_t in `byState`. */
function throughTime(layer, sequence, [dOutput, ...dLast]) {
  const { rows, x, starts } = sequence, [B, T, D] = x.shape, U = layer.units;
  const cell = cells[layer.cell], dx = tensor(x.shape);
  const readsIds = D !== layer.W_F.shape[0];
  const dStarts = starts.map((start) => tensor(start.shape));
  sequence.byState = rows.map(() => []);
  for (let batch = 0; batch < B; batch++) {
    const later = { h: new Float64Array(U), c: new Float64Array(U) };
    if (!layer.sequences) later.h = rowOf(dOutput, batch);
    if (dLast.length) later.h = sum(later.h, rowOf(dLast[0], batch));
    if (dLast.length > 1) later.c = rowOf(dLast[1], batch);
    const left = [...rows[batch]];
    for (let i = 0; i < T && left.length; i++) {
      const t = layer.backwards ? i : T - 1 - i, place = batch * T + t;
      const counts = left.at(-1).t === t; // else its output was that of the step before
      if (layer.sequences && (counts || !layer.zeros)) later.h = sum(later.h, rowOf(dOutput, place));
      if (!counts) continue;
      const { before, step } = left.pop();
      later.h = vector(U, (u) => later.h[u] * layer.on[u]);
      sequence.byState[batch][t] = later.h;
      const gradients = cell.backward(layer, before, step, later);
      if (!readsIds) dx.data.set(gradients.x, place * D);
      Object.assign(later, { h: gradients.h, c: gradients.c });
    }
    [later.h, later.c].forEach((d, k) => { if (dStarts[k]) dStarts[k].data.set(d, batch * U); });
  }
  return [readsIds ? null : dx, null, ...dStarts];
}
