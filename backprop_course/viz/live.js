// A live figure in the browser: controls that the page itself draws, and the picture that the kernel sends back.
// One request is on its way at a time; while it is, only the newest values are kept, so dragging never queues.
// Equal values give an equal picture, so pictures are kept; and while the controls rest, the kernel is asked
// for the pictures that one more step would need: most often they are there before the step is made.
// Until a kernel has answered for the first time nothing is shown: the still picture above stands there.
// (control, label and figure stand in parts.js.)

const KEPT = 80; // pictures of some 20 kilobytes
const AHEAD = [1, 2, -1]; // steps from where the control rests, in the direction of its last move
const REST = 40; // milliseconds without a move, after which the page asks ahead

// Where a value stands among those of its control, as a number.
const place = (spec, value) => (spec.kind === "choice" ? spec.options.indexOf(value) : value);

// The value that lies `k` steps away on a control; nothing beyond its ends.
function near(spec, value, k) {
  if (spec.kind === "choice") return spec.options[spec.options.indexOf(value) + k];
  const moved = Number((spec.low + (Math.round((value - spec.low) / spec.step) + k) * spec.step).toFixed(spec.digits));
  return moved < spec.low || moved > spec.high ? undefined : moved;
}

function render({ model, el }) {
  const specs = model.get("controls");
  const prefix = `bc-live-${++count}`;
  const view = Math.random(); // several views of one figure each get their own answers
  const { panel, picture, problem, spoken, show, live, end } = figure(el, model);
  const inputs = {};
  for (const spec of specs) {
    const row = control(spec, `${prefix}-${spec.name}`);
    inputs[spec.name] = row.querySelector("input, select");
    panel.append(row);
  }

  const kept = new Map(); // answers by the values they belong to, as text
  const places = Object.fromEntries(specs.map((spec) => [spec.name, place(spec, spec.value)]));
  let wanted = null; // the newest values that were not asked for yet
  let asked = null; // the values whose picture is on its way to be shown
  let guessed = null; // those whose picture is on its way to be kept
  let moved = null; // the control that moved last, and in which direction
  let resting = 0;
  let saying = 0;

  function valueOf(spec) {
    const text = inputs[spec.name].value;
    return spec.kind === "choice" ? text : Number(text);
  }

  function values() {
    return Object.fromEntries(specs.map((spec) => [spec.name, valueOf(spec)]));
  }

  function labels() {
    for (const spec of specs) {
      if (spec.kind === "slider") label(inputs[spec.name], valueOf(spec).toFixed(spec.digits).replace("-", "−"));
    }
  }

  function ask(key) {
    model.send({ view, key, values: JSON.parse(key) });
    return key;
  }

  // What is wanted is shown if it is there, and asked for if nothing else is on its way; true where it is shown.
  function next() {
    if (asked !== null || wanted === null) return false;
    const key = wanted;
    wanted = null;
    el.dataset.settled = "false";
    if (kept.has(key)) {
      put(kept.get(key));
      return true;
    }
    asked = key === guessed ? key : ask(key);
    return false;
  }

  function rest() {
    if (asked !== null) return;
    el.dataset.settled = "true";
    later();
  }

  function later() {
    clearTimeout(resting);
    resting = setTimeout(ahead, REST);
  }

  function ahead() {
    if (asked !== null || guessed !== null || moved === null) return;
    const { spec, direction } = moved;
    const steps = AHEAD.map((k) => near(spec, valueOf(spec), k * direction)).filter((value) => value !== undefined);
    const keys = steps.map((value) => JSON.stringify({ ...values(), [spec.name]: value }));
    const missing = keys.find((key) => !kept.has(key));
    if (missing) guessed = ask(missing);
  }

  function changed(event) {
    const spec = specs.find((each) => inputs[each.name] === event?.target);
    if (spec) {
      const now = place(spec, valueOf(spec));
      moved = { spec, direction: now < places[spec.name] ? -1 : 1 };
      places[spec.name] = now;
    }
    clearTimeout(resting);
    labels();
    wanted = JSON.stringify(values());
    next();
  }

  function answered(content, buffers) {
    if (content.view !== view) return;
    const answer = { ...content, picture: buffers[0] };
    kept.set(content.key, answer);
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    if (content.key === guessed) guessed = null;
    if (content.key !== asked) return later();
    asked = null;
    if (!next()) put(answer);
  }

  function put(answer) {
    const first = !("alive" in el.dataset);
    live(true);
    problem.hidden = !answer.problem;
    picture.hidden = Boolean(answer.problem);
    problem.textContent = answer.problem || "";
    clearTimeout(saying);
    if (answer.problem) return rest();
    show(answer.picture, answer.alt, rest);
    if (!first) saying = setTimeout(() => (spoken.textContent = answer.alt), 500);
  }

  panel.addEventListener("input", changed);
  model.on("msg:custom", answered);
  changed();
  return () => {
    clearTimeout(saying);
    clearTimeout(resting);
    model.off("msg:custom", answered);
    end();
  };
}

export default { render };
