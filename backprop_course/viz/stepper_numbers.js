// The two-layer network, one operation at a time: its numbers, how they came about in words, and their places.
// Pure functions on plain arrays; the tests run them under Node. What is seen and pressed stands in stepper.js.

// ---------------------------------------------------------------- numbers

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
const outer = (a, b) => a.map((left) => b.map((right) => left * right));
const column = (A, j) => A.map((row) => row[j]);
const each = (a, b, f) => a.map((value, i) => (Array.isArray(value) ? each(value, b[i], f) : f(value, b[i])));
const at = (array, index) => index.reduce((inner, i) => inner[i], array);
const SMALLEST = 2 ** -1022; // the logarithm sees no probability below it, so the loss stays finite

function forward({ W1, b1, W2, b2 }, x, y_true) {
  const Z1 = W1.map((row, j) => dot(row, x) + b1[j]);
  const A1 = Z1.map((z) => Math.max(z, 0));
  const Z2 = W2.map((row, k) => dot(row, A1) + b2[k]);
  const powers = Z2.map((z) => Math.exp(z - Math.max(...Z2)));
  const Y_pred = powers.map((power) => power / powers.reduce((a, b) => a + b));
  const L = -dot(y_true, Y_pred.map((p) => Math.log(Math.max(p, SMALLEST))));
  return { Z1, A1, Z2, Y_pred, L };
}

// A gradient stands under the name of what it belongs to: dA1 is called A1 here.
function backward({ W2 }, x, y_true, { Z1, A1, Y_pred }) {
  const dZ2 = each(Y_pred, y_true, (p, y) => p - y);
  const dA1 = Z1.map((_, j) => dot(dZ2, column(W2, j)));
  const dZ1 = dA1.map((d, j) => (Z1[j] > 0 ? d : 0));
  return { Z2: dZ2, W2: outer(dZ2, A1), b2: dZ2, A1: dA1, Z1: dZ1, W1: outer(dZ1, x), b1: dZ1 };
}

function update(params, grads, rate) {
  const moved = Object.keys(params).map((name) => [name, each(params[name], grads[name], (w, d) => w - rate * d)]);
  return Object.fromEntries(moved);
}

const STEPS = [
  { names: ["Z1"], equation: "Z1 = W1 · x + b1", words: "Each hidden unit adds up what comes in, times its weights, and its bias." },
  { names: ["A1"], equation: "A1 = ReLU(Z1)", words: "What is positive passes. The rest becomes 0: such a unit is off." },
  { names: ["Z2"], equation: "Z2 = W2 · A1 + b2", words: "Each class adds up what the hidden units send: its score." },
  { names: ["Y_pred"], equation: "Y_pred = softmax(Z2)", words: "The scores become probabilities, which add up to 1." },
  { names: ["L"], equation: "L = −Σ Y_true · ln Y_pred", words: "The loss: small where the true class has a high probability." },
  { names: ["Z2"], back: true, equation: "dZ2 = Y_pred − Y_true", words: "The error of each class: predicted minus true." },
  { names: ["W2", "b2"], back: true, equation: "dW2 = outer(dZ2, A1)\ndb2 = dZ2", words: "The error of the class, times what came in through this weight." },
  { names: ["A1"], back: true, equation: "dA1 = dZ2 · W2", words: "Each class sends its error back through the same weight. The unit adds up what arrives." },
  { names: ["Z1"], back: true, equation: "dZ1 = dA1 where Z1 > 0, else 0", words: "A unit that was on passes its gradient. A unit that was off passes 0." },
  { names: ["W1", "b1"], back: true, equation: "dW1 = outer(dZ1, x)\ndb1 = dZ1", words: "The gradient of the unit, times what came in through this weight." },
];
const title = (step) => step.names.map((name) => (step.back ? "d" : "") + name).join(" and ");

// After how many steps a value or a gradient is known; what is given is known from the start.
const knownAfter = (name, back) => {
  const found = STEPS.findIndex((step) => Boolean(step.back) === back && step.names.includes(name)) + 1;
  return found || (back ? Infinity : 0);
};

// ---------------------------------------------------------------- words

function written(value, digits = 4) {
  const size = Math.abs(value);
  const far = size !== 0 && (size < 0.001 || size >= 1e5);
  const text = far ? Number(value.toPrecision(digits - 1)).toExponential() : String(Number(value.toPrecision(digits)) + 0);
  return text.replaceAll("-", "−").replace("e+", "e");
}
const short = (value) => (written(value, 3).length > 6 ? written(value, 2) : written(value, 3)); // it fits its place
const factor = (value) => (written(value).startsWith("−") ? `(${written(value)})` : written(value));
const isRounded = (value) => Math.abs(Number(written(value).replaceAll("−", "-")) - value) > 1e-12 * Math.abs(value);
// "=" where every number is written in full, "≈" where one is rounded
const equation = (text, used, result) => `${text} ${[...used, result].some(isRounded) ? "≈" : "="} ${written(result)}`;
const products = (a, b) => a.map((value, i) => `${factor(value)} · ${factor(b[i])}`).join(" + ");

const NOUN = { X: "input", Z1: "hidden unit", A1: "hidden unit", b1: "hidden unit", Z2: "class", Y_pred: "class", b2: "class" };
function nameOf(name, index) {
  if (name === "L") return "L, the loss";
  if (name === "W1") return `W1 from input ${index[1] + 1} to hidden unit ${index[0] + 1}`;
  if (name === "W2") return `W2 from hidden unit ${index[1] + 1} to class ${index[0] + 1}`;
  return `${name === "X" ? "x" : name} of ${NOUN[name]} ${index[0] + 1}`;
}

// How a value came about. `net` holds params, x, y_true, values, grads and, after an update, before = {params, grads, rate}.
function valueInWords({ params, x, y_true, values, before }, name, [i, j]) {
  const { Z1, A1, Z2, Y_pred, L } = values;
  if (name === "Z1") return equation(`${products(params.W1[i], x)} + ${factor(params.b1[i])}`, [...params.W1[i], ...x, params.b1[i]], Z1[i]);
  if (name === "A1") return equation(`max(0, ${written(Z1[i])})`, [], A1[i]);
  if (name === "Z2") return equation(`${products(params.W2[i], A1)} + ${factor(params.b2[i])}`, [...params.W2[i], ...A1, params.b2[i]], Z2[i]);
  if (name === "Y_pred") {
    const power = (z) => `exp(${written(z)})`;
    return equation(`${power(Z2[i])} / (${Z2.map(power).join(" + ")})`, Z2, Y_pred[i]);
  }
  if (name === "L") {
    const terms = y_true.map((y, k) => (y === 0 ? "" : `${y === 1 ? "" : `${written(y)} · `}ln ${written(Y_pred[k])}`)).filter(Boolean);
    return equation(terms.length > 1 ? `−(${terms.join(" + ")})` : `−${terms[0]}`, Y_pred, L);
  }
  if (name === "X") return `${written(x[i])}, given`;
  const index = j === undefined ? [i] : [i, j];
  const now = at(params[name], index);
  if (!before) return written(now);
  const [old, slope] = [at(before.params[name], index), at(before.grads[name], index)];
  if (old - before.rate * slope !== now) return `${written(now)}, set by you`;
  return equation(`${written(old)} − ${factor(before.rate)} · ${factor(slope)}`, [old, before.rate, slope], now);
}

function gradientInWords({ params, x, y_true, values, grads }, name, [i, j]) {
  const { Z1, A1, Y_pred } = values;
  const product = (a, b, result) => equation(`${factor(a)} · ${factor(b)}`, result === 0 ? [] : [a, b], result);
  if (name === "Z2") return equation(`${written(Y_pred[i])} − ${factor(y_true[i])}`, [Y_pred[i], y_true[i]], grads.Z2[i]);
  if (name === "W2") return product(grads.Z2[i], A1[j], grads.W2[i][j]);
  if (name === "b2") return `dZ2 = ${written(grads.b2[i])}`.replace("=", isRounded(grads.b2[i]) ? "≈" : "=");
  if (name === "A1") return equation(products(grads.Z2, column(params.W2, i)), [...grads.Z2, ...column(params.W2, i)], grads.A1[i]);
  if (name === "Z1") {
    const why = Z1[i] > 0 ? "above 0: dA1 passes" : "not above 0: nothing passes";
    return `${product(grads.A1[i], Z1[i] > 0 ? 1 : 0, grads.Z1[i])} (Z1 is ${written(Z1[i])}, ${why})`;
  }
  if (name === "W1") return product(grads.Z1[i], x[j], grads.W1[i][j]);
  if (name === "b1") return `dZ1 = ${written(grads.b1[i])}`.replace("=", isRounded(grads.b1[i]) ? "≈" : "=");
  return null;
}

// What a number was made of, as "name i j"; the drawing marks it.
function ingredients({ params }, name, [i, j], back) {
  const all = (other, array) => array.map((_, k) => `${other} ${k}`);
  const { W1, W2 } = params;
  const made = back
    ? {
        Z2: () => [`Y_pred ${i}`],
        W2: () => [`Z2 ${i}`, `A1 ${j}`],
        b2: () => [`Z2 ${i}`],
        A1: () => [...all("Z2", W2), ...W2.map((_, k) => `W2 ${k} ${i}`)],
        Z1: () => [`A1 ${i}`],
        W1: () => [`Z1 ${i}`, `X ${j}`],
        b1: () => [`Z1 ${i}`],
      }
    : {
        Z1: () => [...all("X", W1[i]), ...W1[i].map((_, k) => `W1 ${i} ${k}`), `b1 ${i}`],
        A1: () => [`Z1 ${i}`],
        Z2: () => [...all("A1", W2[i]), ...W2[i].map((_, k) => `W2 ${i} ${k}`), `b2 ${i}`],
        Y_pred: () => all("Z2", W2),
        L: () => all("Y_pred", W2),
      };
  return made[name] ? made[name]() : [];
}

// ---------------------------------------------------------------- places

const CELL = { wide: 68, high: 50 };
const CHIP = { wide: 56, high: 36 };
const BIAS = { wide: 80, high: 34 };
const ROW = 112;
const HEAD = 30; // the names of the columns stand above
const NEAR = 44; // pixels from the layer with more units to its first column of labels
const FAR = 0.37; // the part of a wire at the other layer without labels, where wires lie too close together

// Where everything stands, in pixels. Labels of wires stand in columns, one for each unit of the smaller layer:
// within a column they are apart as the other layer's units are, so that they never overlap.
function layout(n, h, m) {
  const items = [];
  const wires = [];
  const height = Math.max(n, h, m) * ROW + HEAD;
  const row = (i, count) => HEAD + (height - HEAD) / 2 + (i - (count - 1) / 2) * ROW - 8;
  const gap = (from, to) => Math.max(184, ((Math.min(from, to) - 1) * (CHIP.wide + 3) + NEAR) / (1 - FAR));
  const put = (name, index, x, y, box, kind) => items.push({ name, index, x, y, ...box, kind });
  const layer = (names, count, x) => {
    for (let i = 0; i < count; i++) names.forEach((name, c) => put(name, [i], x + c * CELL.wide, row(i, count) - CELL.high / 2, CELL, "cell"));
    return x + names.length * CELL.wide;
  };
  const biases = (name, count, x) => {
    for (let i = 0; i < count; i++) put(name, [i], x, row(i, count) + CELL.high / 2 + 3, BIAS, "bias");
  };
  const connect = (name, from, to, x0, x1) => {
    const few = Math.min(from, to);
    for (let j = 0; j < to; j++) {
      for (let i = 0; i < from; i++) {
        const [start, end] = [{ x: x0, y: row(i, from) }, { x: x1, y: row(j, to) }];
        const near = NEAR / (x1 - x0);
        const t = few === 1 ? 0.5 : (from <= to ? FAR : near) + ((from <= to ? i : j) / (few - 1)) * (1 - FAR - near);
        const [x, y] = [start.x + t * (end.x - start.x), start.y + t * (end.y - start.y)];
        wires.push({ key: `${name} ${j} ${i}`, start, end });
        put(name, [j, i], x - CHIP.wide / 2, y - CHIP.high / 2, CHIP, "chip");
      }
    }
  };
  const x0 = layer(["X"], n, 2);
  const x1 = x0 + gap(n, h);
  connect("W1", n, h, x0, x1);
  const x2 = layer(["Z1", "A1"], h, x1);
  biases("b1", h, x1);
  const x3 = x2 + gap(h, m);
  connect("W2", h, m, x2, x3);
  const x4 = layer(["Z2", "Y_pred"], m, x3);
  biases("b2", m, x3);
  const x5 = x4 + 48;
  for (let k = 0; k < m; k++) wires.push({ key: `Y_pred ${k}`, start: { x: x4, y: row(k, m) }, end: { x: x5, y: row(0, 1) } });
  put("L", [], x5, row(0, 1) - CELL.high / 2, CELL, "cell");
  const heads = [["X", 2], ["Z1", x1], ["A1", x1 + CELL.wide], ["Z2", x3], ["Y_pred", x3 + CELL.wide], ["L", x5]].map(([name, x]) => [name, x + CELL.wide / 2]);
  heads.push(["W1", (x0 + x1) / 2], ["W2", (x2 + x3) / 2]);
  return { items, wires, heads, width: x5 + CELL.wide + 2, height };
}

// Columns for the arrow keys: left and right change the column, up and down move within it.
const COLUMNS = [["X"], ["W1"], ["Z1", "b1"], ["A1"], ["W2"], ["Z2", "b2"], ["Y_pred"], ["L"]];
function neighbour(items, item, key) {
  const columns = COLUMNS.map((names) => items.filter((other) => names.includes(other.name)).sort((a, b) => a.y - b.y || a.x - b.x));
  const c = columns.findIndex((members) => members.includes(item));
  const i = columns[c].indexOf(item);
  if (key === "ArrowUp") return columns[c][i - 1];
  if (key === "ArrowDown") return columns[c][i + 1];
  const next = { ArrowLeft: columns[c - 1], ArrowRight: columns[c + 1], Home: columns[0], End: columns.at(-1) }[key];
  return next?.reduce((best, other) => (Math.abs(other.y - item.y) < Math.abs(best.y - item.y) ? other : best));
}

export const pure = { forward, backward, update, STEPS, valueInWords, gradientInWords, ingredients, layout, neighbour, written };
