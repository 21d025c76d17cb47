/* The layers around the cells. Each entry of `layers` takes its settings and its inputs and
returns {output, backward}: `backward` turns the gradient of the answer by the output into
the gradients by the inputs, in their order (null: the answer does not depend on it).

A tensor is {shape, data}, its last axis running fastest. Letters: B batch, T time steps,
D features, U units. */
"use strict";

const size = (shape) => shape.reduce((product, length) => product * length, 1);
const tensor = (shape, data) => ({ shape, data: data ?? new Float64Array(size(shape)) });
const place = (axis, dimensions) => (axis < 0 ? axis + dimensions : axis);

/** A row (last axis) of a tensor, not copied. */
function rowOf({ shape, data }, number) {
  const length = shape[shape.length - 1];
  return data.subarray(number * length, (number + 1) * length);
}

/** Makes a tensor row by row (last axis) of another one. */
function byRow(x, length, row) {
  const rows = x.data.length / x.shape[x.shape.length - 1];
  const y = tensor([...x.shape.slice(0, -1), length]);
  for (let r = 0; r < rows; r++) y.data.set(row(rowOf(x, r), r), r * length);
  return y;
}

/** A layer whose every number is that at one of the `places` of x. */
function gathered(shape, x, places) {
  const backward = (dy) => {
    const dx = tensor(x.shape);
    places.forEach((from, to) => { dx.data[from] += dy.data[to]; });
    return [dx];
  };
  return { output: tensor(shape, vector(size(shape), (i) => x.data[places[i]])), backward };
}

/** Inputs side by side along an axis. */
function concatenated(axis, inputs) {
  const { shape } = inputs[0], at = place(axis, shape.length);
  const outer = size(shape.slice(0, at)), lengths = inputs.map((x) => x.data.length / outer);
  const output = tensor(shape.with(at, inputs.reduce((sum, x) => sum + x.shape[at], 0)));
  const eachPart = (visit) => {
    for (let o = 0, to = 0; o < outer; o++)
      lengths.forEach((length, input) => {
        visit(input, o * length, to, length);
        to += length;
      });
  };
  eachPart((input, from, to, length) => {
    output.data.set(inputs[input].data.subarray(from, from + length), to);
  });
  const backward = (dy) => {
    const gradients = inputs.map((x) => tensor(x.shape));
    eachPart((input, from, to, length) => {
      gradients[input].data.set(dy.data.subarray(to, to + length), from);
    });
    return gradients;
  };
  return { output, backward };
}

const reshaped = (shape, x) => ({
  output: tensor(shape, x.data),
  backward: (dy) => [tensor(x.shape, dy.data)],
});

/** An operation on numbers at the same place of several inputs; a shorter input is
 * repeated (broadcast). `slopes` gives the derivatives by each input. */
function elementwise(inputs, operation, slopes) {
  const dimensions = Math.max(...inputs.map((x) => x.shape.length));
  const full = inputs.map((x) => [...Array(dimensions - x.shape.length).fill(1), ...x.shape]);
  const shape = full[0].map((_, axis) => Math.max(...full.map((own) => own[axis])));
  const places = full.map((own) => broadcast(own, shape));
  const output = tensor(shape);
  const at = (j) => inputs.map((x, input) => x.data[places[input][j]]);
  for (let j = 0; j < output.data.length; j++) output.data[j] = operation(...at(j));
  const backward = (dy) => {
    const gradients = inputs.map((x) => tensor(x.shape));
    for (let j = 0; slopes && j < dy.data.length; j++)
      slopes(...at(j)).forEach((slope, input) => {
        gradients[input].data[places[input][j]] += slope === 0 ? 0 : slope * dy.data[j];
      });
    return gradients;
  };
  return { output, backward };
}

/** For every place of `shape`, the place that it has in a tensor of shape `own`. */
function broadcast(own, shape) {
  let places = [0];
  shape.forEach((length, axis) => {
    const step = own[axis] === 1 ? 0 : 1;
    const next = new Array(places.length * length);
    for (let i = 0, j = 0; i < places.length; i++)
      for (let k = 0; k < length; k++) next[j++] = places[i] * own[axis] + step * k;
    places = next;
  });
  return places;
}

const layers = {
  /** ids (B, T) to vectors (B, T, D): the rows of W. */
  Embedding({ W }, ids) {
    const D = W.shape[1], output = tensor([...ids.shape, D]);
    ids.data.forEach((id, i) => output.data.set(rowOf(W, id), i * D));
    return { output, backward: () => [null] };
  },

  /** y = activation(x W + b), for every row of x. */
  Dense({ W, b, activation }, x) {
    const f = activations[activation];
    const output = byRow(x, W.shape[1], (row) => f.forward(product(row, W, b)));
    const backward = (dy) => [
      byRow(dy, W.shape[0], (dr, r) => transposed(f.backward(rowOf(output, r), dr), W)),
    ];
    return { output, backward };
  },

  /** y = gamma (x - mean) / deviation + beta, with mean and deviation of each row. */
  LayerNormalization({ gamma, beta, epsilon }, x) {
    const D = gamma.data.length, deviations = [];
    const mean = (v) => v.reduce((a, b) => a + b, 0) / D;
    const normal = byRow(x, D, (row, r) => {
      const middle = mean(row), centred = row.map((value) => value - middle);
      deviations[r] = Math.sqrt(mean(centred.map((value) => value * value)) + epsilon);
      return centred.map((value) => value / deviations[r]);
    });
    const scaled = (row) => row.map((value, i) => gamma.data[i] * value + beta.data[i]);
    const backward = (dy) => [
      byRow(dy, D, (dr, r) => {
        const n = rowOf(normal, r), dn = dr.map((value, i) => value * gamma.data[i]);
        const middle = mean(dn), along = mean(dn.map((value, i) => value * n[i]));
        return dn.map((value, i) => (value - middle - n[i] * along) / deviations[r]);
      }),
    ];
    return { output: byRow(normal, D, scaled), backward };
  },

  /** The largest number along an axis. */
  Max({ axis }, x) {
    const at = place(axis, x.shape.length), inner = size(x.shape.slice(at + 1));
    const length = x.shape[at], places = [];
    for (let o = 0; o < size(x.shape.slice(0, at)); o++)
      for (let i = 0; i < inner; i++) {
        let best = o * length * inner + i;
        for (let k = 1, j = best + inner; k < length; k++, j += inner)
          if (x.data[j] > x.data[best]) best = j;
        places.push(best);
      }
    return gathered(x.shape.toSpliced(at, 1), x, places);
  },

  /** The sum along an axis. */
  Sum({ axis }, x) {
    const at = place(axis, x.shape.length), output = tensor(x.shape.toSpliced(at, 1));
    const places = broadcast(x.shape.with(at, 1), x.shape);
    x.data.forEach((value, i) => { output.data[places[i]] += value; });
    return { output, backward: (dy) => [tensor(x.shape, vector(places.length, (i) => dy.data[places[i]]))] };
  },

  /** x[key]: the key has for each axis a number or a range [start, stop], and null for a
   * new axis. */
  GetItem({ key }, x) {
    const shape = [], rest = key.filter((one) => one !== null).length;
    let places = [0], axis = 0;
    for (const one of [...key, ...x.shape.slice(rest).map(() => [0, null])]) {
      if (one === null) shape.push(1);
      if (one === null) continue;
      const length = x.shape[axis++], all = [...Array(length).keys()], range = Array.isArray(one);
      const kept = range ? all.slice(one[0] ?? 0, one[1] ?? length) : [all.at(one)];
      if (range) shape.push(kept.length);
      places = places.flatMap((from) => kept.map((i) => from * length + i));
    }
    return gathered(shape, x, places);
  },

  /** Along an axis the slices whose numbers the indices give; the other axes of the
   * indices may have the length 1. */
  TakeAlongAxis({ axis }, x, indices) {
    const at = place(axis, x.shape.length), inner = size(x.shape.slice(at + 1));
    const length = indices.shape[at], shape = x.shape.with(at, length);
    const places = broadcast(indices.shape, shape).map((from, to) => {
      const outer = Math.floor(to / (length * inner));
      return (outer * x.shape[at] + indices.data[from]) * inner + (to % inner);
    });
    return gathered(shape, x, places);
  },

  /** Every slice along an axis several times in a row. */
  Repeat({ axis, repeats }, x) {
    const at = place(axis, x.shape.length), inner = size(x.shape.slice(at + 1));
    const places = [];
    for (let slice = 0; slice < x.data.length / inner; slice++)
      for (let k = 0; k < repeats; k++)
        for (let i = 0; i < inner; i++) places.push(slice * inner + i);
    return gathered(x.shape.with(at, x.shape[at] * repeats), x, places);
  },

  Concatenate: ({ axis }, ...inputs) => concatenated(axis, inputs),

  Stack({ axis }, ...inputs) {
    const at = place(axis, inputs[0].shape.length + 1);
    const wider = inputs.map((x) => reshaped(x.shape.toSpliced(at, 0, 1), x).output);
    const { output, backward } = concatenated(at, wider);
    const narrow = (gradient, i) => tensor(inputs[i].shape, gradient.data);
    return { output, backward: (dy) => backward(dy).map(narrow) };
  },

  ExpandDims({ axis }, x) {
    return reshaped(x.shape.toSpliced(place(axis, x.shape.length + 1), 0, 1), x);
  },

  Reshape({ newshape }, x) {
    const known = size(newshape.filter((length) => length !== -1));
    return reshaped(newshape.map((n) => (n === -1 ? x.data.length / known : n)), x);
  },

  Flatten: (_, x) => reshaped([x.shape[0], size(x.shape.slice(1))], x),

  /** ids (B, T) to rows (B, T, V) that are 1 at the id and 0 elsewhere. */
  OneHot({ num_classes: V }, ids) {
    const output = tensor([...ids.shape, V]);
    ids.data.forEach((id, i) => { output.data[i * V + id] = 1; });
    return { output, backward: () => [null] };
  },

  Add: (_, ...inputs) => elementwise(inputs, (a, b) => a + b, () => [1, 1]),
  Subtract: (_, ...inputs) => elementwise(inputs, (a, b) => a - b, () => [1, -1]),
  Multiply: (_, ...inputs) => elementwise(inputs, (a, b) => a * b, (a, b) => [b, a]),
  TrueDivide: (_, ...inputs) =>
    elementwise(inputs, (a, b) => a / b, (a, b) => [1 / b, -a / (b * b)]),
  Sqrt: (_, ...inputs) => elementwise(inputs, Math.sqrt, (a) => [0.5 / Math.sqrt(a)]),
  Where: (_, ...inputs) =>
    elementwise(inputs, (c, a, b) => (c ? a : b), (c) => (c ? [0, 1, 0] : [0, 0, 1])),
  Cast: (_, x) => reshaped(x.shape, x), // of truth values, which are numbers here
  NotEqual: (_, ...inputs) => elementwise(inputs, (a, b) => Number(a !== b)),
  GreaterEqual: (_, ...inputs) => elementwise(inputs, (a, b) => Number(a >= b)),
};
