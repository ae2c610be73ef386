// A live figure in the browser: controls that the page itself draws, and the picture that the kernel sends back.
// One request is on its way at a time; while it is, only the newest values are kept, so dragging never queues.
// Until a kernel has answered for the first time nothing is shown: the still picture above stands there.

let count = 0;

function control(spec, id) {
  const row = document.createElement("div");
  row.className = "bc-control";
  const label = document.createElement("label");
  label.htmlFor = id;
  label.textContent = spec.label;
  const input = document.createElement(spec.kind === "choice" ? "select" : "input");
  input.id = id;
  if (spec.kind === "choice") {
    for (const text of spec.options) input.add(new Option(text, text));
  } else {
    input.type = spec.kind === "slider" ? "range" : "number";
    Object.assign(input, { min: spec.low, max: spec.high, step: spec.step });
  }
  input.value = spec.value;
  row.append(label, input);
  if (spec.kind === "slider") {
    const shown = document.createElement("span"); // an <output> would be read out a second time
    shown.className = "bc-value";
    shown.ariaHidden = "true";
    row.append(shown);
  }
  return row;
}

function render({ model, el }) {
  const specs = model.get("controls");
  const prefix = `bc-live-${++count}`;
  const view = Math.random(); // several views of one figure each get their own answers
  el.hidden = true;
  el.classList.add("bc-live");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", model.get("name"));
  const picture = document.createElement("img");
  const problem = document.createElement("p");
  const spoken = document.createElement("div");
  const panel = document.createElement("div");
  panel.className = "bc-controls";
  problem.className = "bc-problem";
  problem.setAttribute("role", "alert");
  problem.hidden = true;
  spoken.className = "bc-spoken";
  spoken.setAttribute("role", "status");

  const inputs = {};
  for (const spec of specs) {
    const row = control(spec, `${prefix}-${spec.name}`);
    inputs[spec.name] = row.querySelector("input, select");
    panel.append(row);
  }
  el.append(panel, picture, problem, spoken);

  let shownUrl = "";
  let wanted = null; // the newest values that were not sent yet
  let waiting = false; // for the kernel
  let saying = 0;

  function valueOf(spec) {
    const text = inputs[spec.name].value;
    return spec.kind === "choice" ? text : Number(text);
  }

  function values() {
    return Object.fromEntries(specs.map((spec) => [spec.name, valueOf(spec)]));
  }

  function label() {
    for (const spec of specs) {
      const shown = inputs[spec.name].parentElement.querySelector(".bc-value");
      if (shown) {
        shown.textContent = valueOf(spec).toFixed(spec.digits).replace("-", "−");
        inputs[spec.name].setAttribute("aria-valuetext", shown.textContent);
      }
    }
  }

  function show(bytes, alt) {
    const old = shownUrl;
    shownUrl = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    picture.onload = () => {
      URL.revokeObjectURL(old);
      rest();
    };
    picture.alt = alt;
    picture.src = shownUrl;
  }

  function send() {
    if (waiting || wanted === null) return;
    model.send({ view, values: wanted });
    wanted = null;
    waiting = true;
    el.dataset.settled = "false";
  }

  function rest() {
    if (!waiting) el.dataset.settled = "true";
  }

  function changed() {
    label();
    wanted = values();
    send();
  }

  function answered(content, buffers) {
    if (content.view !== view) return;
    const first = !("alive" in el.dataset);
    waiting = false;
    send();
    live(true);
    problem.hidden = !content.problem;
    picture.hidden = Boolean(content.problem);
    problem.textContent = content.problem || "";
    clearTimeout(saying);
    if (content.problem) return rest();
    show(buffers[0], content.alt);
    if (!first) saying = setTimeout(() => (spoken.textContent = content.alt), 500);
  }

  function live(answers) {
    if (answers === "alive" in el.dataset) return;
    if (answers) el.dataset.alive = "true";
    else delete el.dataset.alive;
    el.hidden = !answers;
    hideStill(el, answers);
  }

  panel.addEventListener("input", changed);
  // JupyterLab listens to keys on the whole notebook: arrows would select the next cell
  panel.addEventListener("keydown", (event) => event.stopPropagation());
  model.on("msg:custom", answered);
  picture.width = model.get("width");
  changed();
  return () => {
    clearTimeout(saying);
    model.off("msg:custom", answered);
    URL.revokeObjectURL(shownUrl);
    live(false);
  };
}

// The output above this one holds the same picture without controls, for pages that have no kernel. (JupyterLab's
// style sheet shows pictures in an output even where they are `hidden`.)
function hideStill(el, hidden) {
  const above = el.closest(".jp-OutputArea-child, .output, .cell_output > *")?.previousElementSibling;
  if (above?.querySelector("img[data-still]")) above.style.display = hidden ? "none" : "";
}

export default { render };
