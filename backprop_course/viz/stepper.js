// The stepper, drawn in the browser: it needs no kernel. Its numbers, words and places come from
// stepper_numbers.js, `count` and `hideStill` from parts.js; Python puts the three texts together.

// ---------------------------------------------------------------- drawing

const SVG = "http://www.w3.org/2000/svg";

// Names of classes have a prefix of their own: JupyterLab has style sheets for "panel" and others.
const css = (names) => names.split(" ").filter(Boolean).map((name) => `bcs-${name}`).join(" ");

function svg(parent, tag, attributes = {}, text = "") {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, name === "class" ? css(value) : value);
  node.textContent = text;
  parent.append(node);
  return node;
}

function html(parent, tag, className = "", text = "") {
  const node = document.createElement(tag);
  node.className = css(className);
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
  const write = (x, y, className = "", text = "") => svg(item.writing, "text", { x, y, class: className }, text);
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
  const [step, number] = [html(box, "div", "part"), html(box, "div", "part")];
  const [where, formula, words] = [html(step, "p", "where"), html(step, "p", "equation"), html(step, "p", "words")];
  const chosen = html(number, "div", "chosen");
  chosen.id = `${prefix}-chosen`;
  const [name, value, gradient] = [html(chosen, "p", "name"), html(chosen, "p", "value"), html(chosen, "p", "gradient")];
  return { where, formula, words, chosen, name, value, gradient, trail: html(number, "p", "trail") };
}

function strip(parent, steps) {
  const list = html(parent, "ol", "strip");
  list.setAttribute("aria-label", "The steps");
  return steps.map((step) => html(list, "li", step.back ? "back" : "", title(step).replace(" and ", ", ")));
}

// ---------------------------------------------------------------- the stepper

function render({ model, el }) {
  const [x, y_true, original] = ["x", "y_true", "params"].map((name) => model.get(name));
  const both = model.get("backward"); // false: the way forward alone, without a word about gradients
  const steps = STEPS.filter((step) => both || !step.back);
  const last = steps.length;
  const start = () => ({ params: original, rate: model.get("learning_rate"), at: 0, history: [] });
  const focus = { input: 0, hidden: 0, class: 0 }; // the units that the words follow from step to step
  const prefix = `bc-stepper-${++count}`;
  const plan = layout(x.length, original.b1.length, y_true.length);
  const key = (item) => [item.name, ...item.index].join(" ");
  let state = start();
  let net;
  let chosen = plan.items.find((item) => item.name === "W1");
  let hovered = null;

  // the page
  el.classList.add("bc-stepper");
  el.classList.toggle("bcs-forward", !both);
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
    end: button("To the end", () => go(last)),
    reset: button("Reset", reset),
    update: button("Update", takeUpdate),
  };
  const marks = strip(el, steps);
  const board = html(el, "div", "board");
  const frame = html(board, "div", "frame");
  frame.style.flexBasis = `${Math.round(plan.width * 0.78)}px`;
  const drawing = draw(frame, plan, prefix);
  const told = panel(board, prefix);
  const fields = html(el, "div", "fields");
  const which = field(fields, "change", `${prefix}-which`, "select");
  const amount = field(fields, "to", `${prefix}-amount`, "input");
  const rate = field(fields, "learning rate", `${prefix}-rate`, "input");
  if (!both) for (const part of [buttons.update, rate.parentElement]) part.remove();
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
    go(last);
  }

  function reset() {
    state = start();
    rate.value = state.rate;
    chosen = find(`W1 ${focus.hidden} ${focus.input}`);
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
    return `Step ${state.at} of ${last}, ${step.back ? "backward" : "forward"}. ${step.equation.replace("\n", ", ")}. ${results.join(" ")}`;
  }

  function paintItem(item, active, used) {
    const [value, gradient] = [number(item, false), number(item, true)];
    const isActive = active.includes(item.name);
    for (const [name, number] of [["value", value], ["gradient", gradient]]) {
      const text = number === null ? "" : short(number);
      item[name].textContent = text;
      item[name].setAttribute("class", css(`${name} ${["long", "longer"][text.length - 6] || ""}`));
      if (number === null) delete item.group.dataset[name];
      else item.group.dataset[name] = number; // in full
    }
    const marks = [isActive && "active", used.includes(key(item)) && "used", item === chosen && "picked"].filter(Boolean);
    item.group.setAttribute("class", css(["item", item.kind, ...marks].join(" ")));
    item.writing.setAttribute("class", css(["writing", item.kind, ...marks].join(" ")));
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
      line.setAttribute("class", css(strong ? "wire strong" : "wire"));
      line.setAttribute(isBack ? "marker-start" : "marker-end", strong ? `url(#${prefix}-${isBack ? "gradient" : "value"})` : "none");
      line.setAttribute(isBack ? "marker-end" : "marker-start", "none");
    }
    for (const { name, text } of drawing.heads) {
      const isActive = active.includes(name);
      text.textContent = (isActive ? "▾ " : "") + (isActive && isBack ? "d" : "") + (name === "X" ? "x" : name);
      text.setAttribute("class", css(isActive ? "head active" : "head"));
    }
    paintWords(step, shown);
    paintControls();
  }

  function paintWords(step, shown) {
    const updated = state.history.length;
    told.where.textContent = step ? `Step ${state.at} of ${last} · ${step.back ? "backward" : "forward"}` : updated ? `Update ${updated} taken` : "At the start";
    told.formula.textContent = step ? step.equation : updated ? `W1 ← W1 − ${written(net.before.rate)} · dW1\nand so b1, W2 and b2` : "x, W1, b1, W2 and b2 are given";
    told.words.textContent = step ? step.words : updated ? "All gradients came first. Then every weight and bias moved. Step forward again." : "Press Next: each press does one operation. Point at a number to see how it came about.";
    const line = (node, isGradient, inWords) => {
      const text = inWords(net, shown.name, shown.index);
      const label = (isGradient ? "d" : "") + (shown.name === "X" ? "x" : shown.name);
      node.textContent = text === null ? "" : known(shown, isGradient) ? `${label} = ${text}` : `${label}: not computed yet`;
      node.classList.toggle("bcs-unknown", !known(shown, isGradient));
    };
    told.name.textContent = nameOf(shown.name, shown.index);
    line(told.value, false, valueInWords);
    if (both) line(told.gradient, true, gradientInWords);
    const losses = state.history.map((before) => written(before.loss)).slice(-4);
    told.trail.textContent = updated ? `Loss: ${[...losses, state.at >= 5 ? written(net.values.L) : "?"].join(" → ")}` : "";
  }

  function paintControls() {
    const allow = (made, fine, why) => {
      made.setAttribute("aria-disabled", String(!fine));
      made.title = fine ? "" : why;
    };
    allow(buttons.back, state.at > 0 || state.history.length > 0, "This is the start.");
    const end = both ? "all gradients are known. Take an update, or change a weight." : "the loss is known. Change a weight, or go back.";
    allow(buttons.next, state.at < last, `This is the end: ${end}`);
    allow(buttons.end, state.at < last, "This is the end.");
    allow(buttons.update, state.at === last, "An update needs all gradients first. Go to the end.");
    buttons.next.classList.toggle("bcs-main", state.at < last);
    buttons.update.classList.toggle("bcs-main", state.at === last);
    marks.forEach((mark, i) => {
      mark.classList.toggle("bcs-done", i + 1 < state.at);
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

export default { render };
