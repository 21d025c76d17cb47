/* The recurrent cells: one step forwards, and one step of backpropagation through time.

Letters: D features of a step, U units. A vector has as many numbers as its letter says; a
matrix W = {shape: [rows, columns], data} holds its rows one after the other.

  x_t (D)     what a step reads                W_F (D, U)  feedforward weights (Keras: kernel)
  h (U)       the state before the step, and   W_R (U, U)  recurrent weights (recurrent_kernel)
  h_t (U)     the state after it               b (U)       bias

`forward(cell, x_t, {h})` returns what the step has computed, with h_t under the name h.
`backward(cell, before, step, {h})` takes the gradient of the answer by h_t and returns its
gradients by x_t and by the state before. LSTM carries a second state, c. */
"use strict";

/** A vector of `size` numbers, each made from its place. */
function vector(size, number) {
  const v = new Float64Array(size);
  for (let i = 0; i < size; i++) v[i] = number(i);
  return v;
}

/** x W + b (columns), of x (rows). If x is one id, it stands for a one-hot vector, whose
 * product with W is the row of that id. */
function product(x, W, b) {
  const [rows, columns] = W.shape;
  const z = b ? new Float64Array(b.data ?? b) : new Float64Array(columns);
  const addRow = (row, factor) => {
    for (let j = 0, i = row * columns; j < columns; j++, i++) z[j] += factor * W.data[i];
  };
  if (x.length === 1 && rows > 1) addRow(x[0], 1);
  else x.forEach((factor, row) => { if (factor !== 0) addRow(row, factor); });
  return z;
}

/** z Wᵀ (rows), of z (columns): carries a gradient back through a product with W. */
function transposed(z, W) {
  const [rows, columns] = W.shape;
  return vector(rows, (row) => {
    let sum = 0;
    for (let j = 0, i = row * columns; j < columns; j++, i++) sum += z[j] * W.data[i];
    return sum;
  });
}

const sum = (a, b) => vector(a.length, (i) => a[i] + b[i]);
const sigmoid = (z) => 1 / (1 + Math.exp(-z));
const part = (v, number, size) => v.subarray(number * size, (number + 1) * size);

/** Joins vectors to one. */
function joined(...vectors) {
  const size = vectors[0].length;
  return vector(size * vectors.length, (i) => vectors[Math.floor(i / size)][i % size]);
}

/* What is done to every number of a vector, and the gradient by z, given y and that by y. */
const activations = {
  linear: { forward: (z) => z, backward: (y, dy) => dy },
  tanh: {
    forward: (z) => vector(z.length, (i) => Math.tanh(z[i])),
    backward: (y, dy) => vector(y.length, (i) => dy[i] * (1 - y[i] * y[i])),
  },
  relu: {
    forward: (z) => vector(z.length, (i) => Math.max(0, z[i])),
    backward: (y, dy) => vector(y.length, (i) => (y[i] > 0 ? dy[i] : 0)),
  },
  sigmoid: {
    forward: (z) => vector(z.length, (i) => sigmoid(z[i])),
    backward: (y, dy) => vector(y.length, (i) => dy[i] * y[i] * (1 - y[i])),
  },
  softmax: {
    forward: (z) => {
      const largest = z.reduce((a, b) => Math.max(a, b), -Infinity);
      const powers = vector(z.length, (i) => Math.exp(z[i] - largest));
      const total = powers.reduce((a, b) => a + b, 0);
      return vector(z.length, (i) => powers[i] / total);
    },
    backward: (y, dy) => {
      const mean = y.reduce((total, p, i) => total + p * dy[i], 0);
      return vector(y.length, (i) => y[i] * (dy[i] - mean));
    },
  },
};

const cells = {
  /*  z = x_t W_F + h W_R + b,    h_t = activation(z)                                   */
  SimpleRNN: {
    gates: ["z"],
    forward({ W_F, W_R, b, activation }, x_t, { h }) {
      const z = sum(product(x_t, W_F, b), product(h, W_R));
      return { h: activations[activation].forward(z) };
    },
    backward({ W_F, W_R, activation }, before, step, { h: dh }) {
      const dz = activations[activation].backward(step.h, dh);
      return { x: transposed(dz, W_F), h: transposed(dz, W_R) };
    },
  },

  /*  z = σ(x_t W_F + h W_R + b),  r likewise: update and reset gate
      n = tanh(x_t W_F + b + r (h W_R + b')),    h_t = z h + (1 - z) n
      W_F (D, 3U), W_R (U, 3U), b (2, 3U): each holds the parts of z, r and n.           */
  GRU: {
    gates: ["z", "r", "n"],
    forward({ W_F, W_R, b }, x_t, { h }) {
      const U = h.length, fromX = product(x_t, W_F, part(b.data, 0, 3 * U));
      const fromH = product(h, W_R, part(b.data, 1, 3 * U));
      const z = vector(U, (u) => sigmoid(fromX[u] + fromH[u]));
      const r = vector(U, (u) => sigmoid(fromX[U + u] + fromH[U + u]));
      const s = part(fromH, 2, U);
      const n = vector(U, (u) => Math.tanh(fromX[2 * U + u] + r[u] * s[u]));
      return { h: vector(U, (u) => z[u] * h[u] + (1 - z[u]) * n[u]), z, r, s, n };
    },
    backward({ W_F, W_R }, { h }, { z, r, s, n }, { h: dh }) {
      const U = dh.length;
      const dz = vector(U, (u) => dh[u] * (h[u] - n[u]) * z[u] * (1 - z[u]));
      const dn = vector(U, (u) => dh[u] * (1 - z[u]) * (1 - n[u] * n[u]));
      const dr = vector(U, (u) => dn[u] * s[u] * r[u] * (1 - r[u]));
      const ds = vector(U, (u) => dn[u] * r[u]);
      const kept = vector(U, (u) => dh[u] * z[u]);
      const byH = sum(kept, transposed(joined(dz, dr, ds), W_R));
      return { x: transposed(joined(dz, dr, dn), W_F), h: byH };
    },
  },

  /*  i = σ(x_t W_F + h W_R + b), f and o likewise: input, forget and output gate
      g = tanh(x_t W_F + h W_R + b),    c_t = f c + i g,    h_t = o tanh(c_t)
      W_F (D, 4U), W_R (U, 4U), b (4U): each holds the parts of i, f, g and o.           */
  LSTM: {
    gates: ["i", "f", "g", "o"],
    forward({ W_F, W_R, b }, x_t, { h, c }) {
      const U = h.length, a = sum(product(x_t, W_F, b), product(h, W_R));
      const i = activations.sigmoid.forward(part(a, 0, U));
      const f = activations.sigmoid.forward(part(a, 1, U));
      const g = activations.tanh.forward(part(a, 2, U));
      const o = activations.sigmoid.forward(part(a, 3, U));
      const c_t = vector(U, (u) => f[u] * c[u] + i[u] * g[u]);
      return { h: vector(U, (u) => o[u] * Math.tanh(c_t[u])), c: c_t, i, f, g, o };
    },
    backward({ W_F, W_R }, { c }, { c: c_t, i, f, g, o }, { h: dh, c: fromLater }) {
      const U = dh.length, { sigmoid: s, tanh } = activations;
      const y = tanh.forward(c_t);
      const dc = vector(U, (u) => fromLater[u] + dh[u] * o[u] * (1 - y[u] * y[u]));
      const da = joined(
        s.backward(i, vector(U, (u) => dc[u] * g[u])),
        s.backward(f, vector(U, (u) => dc[u] * c[u])),
        tanh.backward(g, vector(U, (u) => dc[u] * i[u])),
        s.backward(o, vector(U, (u) => dh[u] * y[u])),
      );
      const byC = vector(U, (u) => dc[u] * f[u]);
      return { x: transposed(da, W_F), h: transposed(da, W_R), c: byC };
    },
  },
};
