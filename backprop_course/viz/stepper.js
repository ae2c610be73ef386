// The two-layer network, one operation at a time, computed and drawn in the browser: it needs no kernel.
// First the numbers (pure functions on plain arrays, run under Node by the tests), then the drawing.

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
const LAST = STEPS.length;

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
const short = (value) => (written(value, 3).length > 7 ? written(value, 2) : written(value, 3)); // it fits its place
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

// ---------------------------------------------------------------- drawing

const SVG = "http://www.w3.org/2000/svg";
let count = 0;

function svg(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.textContent = text;
  parent.append(node);
  return node;
}

function html(parent, tag, className = "", text = "") {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  parent.append(node);
  return node;
}

function arrow(defs, id, color) {
  const look = { id, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 16, markerHeight: 16, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse" };
  svg(svg(defs, "marker", look), "path", { d: "M0,0 L10,5 L0,10 z", fill: color });
}

// The drawing as kept nodes; `paint` only changes their texts and classes.
function draw(parent, plan, prefix) {
  const root = svg(parent, "svg", { viewBox: `0 0 ${plan.width} ${plan.height}`, role: "group", "aria-label": "Network. Arrow keys move from number to number." });
  root.style.minWidth = `${Math.round(plan.width * 0.74)}px`;
  root.style.maxWidth = `${Math.round(plan.width * 1.25)}px`;
  const defs = svg(root, "defs");
  arrow(defs, `${prefix}-value`, "#0B61B5");
  arrow(defs, `${prefix}-gradient`, "#B34700");
  const wires = plan.wires.map(({ key, start, end }) => ({ key, line: svg(root, "line", { x1: start.x, y1: start.y, x2: end.x, y2: end.y, class: "wire" }) }));
  const heads = plan.heads.map(([name, x]) => ({ name, text: svg(root, "text", { x, y: 16, class: "head" }) }));
  for (const item of plan.items) drawItem(root, item);
  return { wires, heads };
}

// A button without text, which has a name of its own, and over it what is written there, for eyes only.
function drawItem(root, item) {
  const { name, index, x, y, wide, high, kind } = item;
  const middle = kind === "bias" ? x + wide / 2 + 9 : x + wide / 2;
  item.group = svg(root, "g", { role: "button", "data-name": name, "data-index": index.join(",") });
  svg(item.group, "rect", { x: x + 1, y, width: wide - 2, height: high, rx: kind === "chip" ? 8 : 5 });
  item.writing = svg(root, "g", { "aria-hidden": true });
  const write = (x, y, className, text) => svg(item.writing, "text", { x, y, class: className }, text);
  svg(item.writing, "line", { x1: middle - 20, x2: middle + 20, y1: y + high / 2, y2: y + high / 2, class: "between" });
  item.value = write(middle, y + high / 2 - (kind === "cell" ? 6 : 4));
  item.gradient = write(middle, y + high / 2 + (kind === "cell" ? 16 : 14));
  if (kind === "bias") write(x + 6, y + high / 2 + 4, "label left", name);
  const caption = { X: "input", Z1: "unit", Z2: "class" }[name];
  if (caption) write(x + 4, y - 4, "label left", `${caption} ${index[0] + 1}`);
  if (name === "A1") item.note = write(x + 4, y - 4, "label left");
  if (name === "Y_pred") item.note = write(x + wide, y + high + 16, "label right");
}

function field(parent, label, id, tag) {
  const row = html(parent, "div", "field");
  html(row, "label", "", label).htmlFor = id;
  const input = html(row, tag);
  input.id = id;
  if (tag === "input") Object.assign(input, { type: "number", step: 0.1 });
  return input;
}

// A part of the page that holds the words beside the drawing.
function panel(parent, prefix) {
  const box = html(parent, "div", "panel");
  const where = html(box, "p", "where");
  const formula = html(box, "p", "equation");
  const words = html(box, "p", "words");
  const chosen = html(box, "div", "chosen");
  chosen.id = `${prefix}-chosen`;
  const [name, value, gradient] = [html(chosen, "p", "name"), html(chosen, "p", "value"), html(chosen, "p", "gradient")];
  return { where, formula, words, chosen, name, value, gradient, trail: html(box, "p", "trail") };
}

function strip(parent) {
  const list = html(parent, "ol", "strip");
  list.setAttribute("aria-label", "The steps");
  return STEPS.map((step) => html(list, "li", step.back ? "back" : "", title(step).replace(" and ", ", ")));
}

// ---------------------------------------------------------------- the stepper

function render({ model, el }) {
  const [x, y_true, original] = ["x", "y_true", "params"].map((name) => model.get(name));
  const start = () => ({ params: structuredClone(original), rate: model.get("learning_rate"), at: 0, history: [] });
  const focus = { input: 0, hidden: 0, class: 0 }; // the units that the words follow from step to step
  const prefix = `bc-stepper-${++count}`;
  const plan = layout(x.length, original.b1.length, y_true.length);
  const key = (item) => [item.name, ...item.index].join(" ");
  let state = start();
  let net;
  let chosen = plan.items.find((item) => item.name === "Z1");
  let hovered = null;

  // the page
  el.classList.add("bc-stepper");
  el.dataset.lmSuppressShortcuts = "true";
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", "The network, step by step");
  const bar = html(el, "div", "bar");
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", "Steps");
  const button = (text, action) => {
    const made = html(bar, "button", "", text);
    made.type = "button";
    made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" ? action() : say(made.title));
    return made;
  };
  const buttons = {
    back: button("Back", back),
    next: button("Next", () => go(state.at + 1)),
    end: button("To the end", () => go(LAST)),
    reset: button("Reset", reset),
    update: button("Update", takeUpdate),
  };
  const marks = strip(el);
  const board = html(el, "div", "board");
  const frame = html(board, "div", "frame");
  frame.style.flexBasis = `${Math.round(plan.width * 0.78)}px`;
  const drawing = draw(frame, plan, prefix);
  const told = panel(board, prefix);
  const fields = html(el, "div", "fields");
  const which = field(fields, "change", `${prefix}-which`, "select");
  const amount = field(fields, "to", `${prefix}-amount`, "input");
  const rate = field(fields, "learning rate", `${prefix}-rate`, "input");
  const problem = html(el, "p", "problem");
  problem.setAttribute("role", "alert");
  const spoken = html(el, "div", "spoken");
  spoken.setAttribute("role", "status");
  for (const name of ["W1", "b1", "W2", "b2"]) {
    const group = document.createElement("optgroup");
    group.label = name;
    for (const item of plan.items) if (item.name === name) group.append(new Option(nameOf(name, item.index), key(item)));
    which.append(group);
  }

  // what the presses do
  function say(text) {
    spoken.textContent = text;
  }

  function compute() {
    const { params } = state;
    const values = forward(params, x, y_true);
    net = { params, x, y_true, values, grads: backward(params, x, y_true, values), before: state.history.at(-1) };
  }

  function go(step) {
    state.at = step;
    if (step > 0) {
      const [name] = STEPS[step - 1].names;
      const index = { W1: [focus.hidden, focus.input], W2: [focus.class, focus.hidden], L: [] };
      const unit = NOUN[name] === "class" ? focus.class : focus.hidden;
      chosen = find([name, ...(index[name] || [unit])].join(" "));
    }
    paint();
    say(announcement());
  }

  function back() {
    if (state.at === 0) Object.assign(state, state.history.pop());
    else return go(state.at - 1);
    compute();
    go(LAST);
  }

  function reset() {
    state = start();
    rate.value = state.rate;
    chosen = plan.items.find((item) => item.name === "Z1");
    compute();
    paint();
    say("Reset. The first weights are back; no step is taken.");
  }

  function takeUpdate() {
    const { params, rate: eta } = state;
    state.history.push({ params, grads: net.grads, rate: eta, loss: net.values.L });
    state.params = update(params, net.grads, eta);
    state.at = 0;
    chosen = find(`W1 ${focus.hidden} ${focus.input}`);
    compute();
    paint();
    say(`Update ${state.history.length} taken: each weight and bias moved by minus ${written(eta)} times its gradient. Step forward to see the new loss.`);
  }

  function readNumber(input, low, act) {
    const value = input.value.trim() === "" ? NaN : Number(input.value);
    const fine = value >= low && value <= 1000;
    input.setAttribute("aria-invalid", String(!fine));
    problem.textContent = fine ? "" : `Enter a number from ${written(low)} to 1000.`;
    if (fine) act(value);
  }

  function changeParameter(value) {
    const [name, ...index] = which.value.split(" ");
    state.params = structuredClone(state.params);
    at(state.params[name], index.slice(0, -1))[index.at(-1)] = value;
    compute();
    chosen = find(which.value);
    paint();
    say(`${nameOf(name, index.map(Number))} is now ${written(value)}.` + (state.at >= 5 ? ` The loss is ${written(net.values.L)}.` : ""));
  }

  // what is seen
  const find = (wanted) => plan.items.find((item) => key(item) === wanted);
  const known = (item, isGradient) => knownAfter(item.name, isGradient) <= state.at;
  const number = (item, isGradient) => {
    if (!known(item, isGradient)) return null;
    const source = isGradient ? net.grads : { X: x, ...net.params, ...net.values };
    return at(source[item.name], item.index);
  };

  function announcement() {
    if (state.at === 0) return "At the start: inputs, weights and biases are given.";
    const step = STEPS[state.at - 1];
    const source = step.back ? net.grads : net.values;
    const list = (array) => (Array.isArray(array) ? array.map(list).join(Array.isArray(array[0]) ? "; " : ", ") : written(array));
    const results = step.names.map((name) => `${step.back ? "d" : ""}${name} is ${list(source[name])}.`);
    return `Step ${state.at} of ${LAST}, ${step.back ? "backward" : "forward"}. ${step.equation.replace("\n", ", ")}. ${results.join(" ")}`;
  }

  function paintItem(item, active, used) {
    const [value, gradient] = [number(item, false), number(item, true)];
    const isActive = active.includes(item.name);
    for (const [name, number] of [["value", value], ["gradient", gradient]]) {
      const text = number === null ? "" : short(number);
      item[name].textContent = text;
      item[name].setAttribute("class", text.length > 5 && item.kind !== "cell" ? `${name} long` : name);
      if (number === null) delete item.group.dataset[name];
      else item.group.dataset[name] = number; // in full
    }
    const marks = [isActive && "active", used.includes(key(item)) && "used", item === chosen && "picked"].filter(Boolean);
    item.group.setAttribute("class", ["item", item.kind, ...marks].join(" "));
    item.writing.setAttribute("class", ["writing", item.kind, ...marks].join(" "));
    item.group.setAttribute("tabindex", item === chosen ? 0 : -1);
    item.group.setAttribute("aria-pressed", String(item === chosen));
    const tell = (number, word) => (number === null ? "" : `, ${word} ${written(number)}`);
    item.group.setAttribute("aria-label", nameOf(item.name, item.index) + tell(value, "value") + tell(gradient, "gradient") + (value === null ? ", not computed yet" : ""));
    if (item === chosen) item.group.setAttribute("aria-describedby", told.chosen.id);
    else item.group.removeAttribute("aria-describedby");
    if (item.name === "A1") item.note.textContent = value !== null && !(net.values.Z1[item.index[0]] > 0) ? "off" : "";
    if (item.name === "Y_pred") item.note.textContent = `true: ${short(y_true[item.index[0]])}`;
  }

  function paint() {
    const step = STEPS[state.at - 1];
    const active = step ? step.names : [];
    const isBack = Boolean(step?.back);
    const shown = hovered || chosen;
    const used = known(shown, isBack) ? ingredients(net, shown.name, shown.index, isBack) : [];
    el.dataset.step = state.at;
    el.dataset.direction = isBack ? "back" : "forward";
    for (const item of plan.items) paintItem(item, active, used);
    const through = used.some((other) => other.startsWith("W")) ? used : shown.kind === "chip" ? [key(shown)] : shown.name === "L" ? used : [];
    for (const { key: wire, line } of drawing.wires) {
      const strong = through.includes(wire);
      line.setAttribute("class", strong ? "wire strong" : "wire");
      line.setAttribute(isBack ? "marker-start" : "marker-end", strong ? `url(#${prefix}-${isBack ? "gradient" : "value"})` : "none");
      line.setAttribute(isBack ? "marker-end" : "marker-start", "none");
    }
    for (const { name, text } of drawing.heads) {
      const isActive = active.includes(name);
      text.textContent = (isActive ? "▾ " : "") + (isActive && isBack ? "d" : "") + (name === "X" ? "x" : name);
      text.setAttribute("class", isActive ? "head active" : "head");
    }
    paintWords(step, shown);
    paintControls();
  }

  function paintWords(step, shown) {
    const updated = state.history.length;
    told.where.textContent = step ? `Step ${state.at} of ${LAST} · ${step.back ? "backward" : "forward"}` : updated ? `Update ${updated} taken` : "At the start";
    told.formula.textContent = step ? step.equation : updated ? `W1 ← W1 − ${written(net.before.rate)} · dW1\nand so b1, W2 and b2` : "x, W1, b1, W2 and b2 are given";
    told.words.textContent = step ? step.words : updated ? "All gradients came first. Then every weight and bias moved. Step forward again." : "Press Next: each press does one operation.";
    const line = (node, isGradient, inWords) => {
      const text = inWords(net, shown.name, shown.index);
      const label = (isGradient ? "d" : "") + (shown.name === "X" ? "x" : shown.name);
      node.textContent = text === null ? "" : known(shown, isGradient) ? `${label} = ${text}` : `${label}: not computed yet`;
      node.classList.toggle("unknown", !known(shown, isGradient));
    };
    told.name.textContent = nameOf(shown.name, shown.index);
    line(told.value, false, valueInWords);
    line(told.gradient, true, gradientInWords);
    const losses = state.history.map((before) => written(before.loss)).slice(-4);
    told.trail.textContent = updated ? `Loss: ${[...losses, state.at >= 5 ? written(net.values.L) : "?"].join(" → ")}` : "";
  }

  function paintControls() {
    const allow = (made, fine, why) => {
      made.setAttribute("aria-disabled", String(!fine));
      made.title = fine ? "" : why;
    };
    allow(buttons.back, state.at > 0 || state.history.length > 0, "This is the start.");
    allow(buttons.next, state.at < LAST, "This is the end: all gradients are known. Take an update, or change a weight.");
    allow(buttons.end, state.at < LAST, "This is the end.");
    allow(buttons.update, state.at === LAST, "An update needs all gradients first. Go to the end.");
    buttons.next.classList.toggle("main", state.at < LAST);
    buttons.update.classList.toggle("main", state.at === LAST);
    marks.forEach((mark, i) => {
      mark.classList.toggle("done", i + 1 < state.at);
      if (i + 1 === state.at) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    });
    if (chosen.name in net.params) which.value = key(chosen);
    const [name, ...index] = which.value.split(" ");
    if (document.activeElement !== amount) amount.value = Number(at(net.params[name], index).toPrecision(6));
  }

  function pick(item) {
    if (!item) return;
    chosen = item;
    hovered = null;
    const [i, j] = item.index;
    if (item.name === "X") focus.input = i;
    else if (item.name === "W1") Object.assign(focus, { hidden: i, input: j });
    else if (item.name === "W2") Object.assign(focus, { class: i, hidden: j });
    else if (item.name !== "L") focus[NOUN[item.name] === "class" ? "class" : "hidden"] = i;
    paint();
  }

  // what is listened to
  for (const item of plan.items) {
    item.group.addEventListener("pointerenter", () => { hovered = item; paint(); });
    item.group.addEventListener("pointerleave", () => { hovered = null; paint(); });
    item.group.addEventListener("focus", () => item === chosen || pick(item));
    item.group.addEventListener("click", () => { pick(item); item.group.focus(); });
    item.group.addEventListener("keydown", (event) => {
      const next = neighbour(plan.items, item, event.key);
      if (next) next.group.focus();
      if (event.key.startsWith("Arrow") || ["Home", "End", " "].includes(event.key)) event.preventDefault();
    });
  }
  which.addEventListener("change", () => pick(find(which.value)));
  amount.addEventListener("input", () => readNumber(amount, -1000, changeParameter));
  rate.addEventListener("input", () => readNumber(rate, 0, (value) => (state.rate = value)));
  rate.min = 0;
  rate.value = state.rate;
  // JupyterLab listens to keys on the whole notebook: arrows would select the next cell
  el.addEventListener("keydown", (event) => event.ctrlKey || event.metaKey || event.stopPropagation());

  compute();
  paint();
  el.dataset.alive = "true";
  setTimeout(() => hideStill(el, true)); // once it has its place on the page
  return () => hideStill(el, false);
}

// The output above this one holds the still picture, for pages on which nothing runs.
function hideStill(el, hidden) {
  const above = el.closest(".jp-OutputArea-child, .output, .cell_output > *")?.previousElementSibling;
  if (above?.querySelector("img[data-still]")) above.style.display = hidden ? "none" : "";
}

export default { render };
