// A live figure in the browser: controls that the page itself draws, and the picture that the kernel sends back.
// One request is on its way at a time; while it is, only the newest values are kept, so dragging never queues.

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
    const shown = document.createElement("output");
    shown.htmlFor = id;
    row.append(shown);
  }
  return row;
}

function render({ model, el }) {
  const specs = model.get("controls");
  const prefix = `bc-live-${++count}`;
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
      const shown = inputs[spec.name].parentElement.querySelector("output");
      if (shown) {
        shown.textContent = valueOf(spec).toFixed(spec.digits).replace("-", "−");
        inputs[spec.name].setAttribute("aria-valuetext", shown.textContent);
      }
    }
  }

  function show(bytes, alt) {
    const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    const old = shownUrl;
    picture.onload = () => old && URL.revokeObjectURL(old);
    picture.alt = alt;
    picture.src = shownUrl = url;
  }

  function send() {
    if (waiting || wanted === null) return;
    model.send({ values: wanted });
    wanted = null;
    waiting = true;
    el.dataset.settled = "false";
  }

  function changed() {
    label();
    wanted = values();
    send();
  }

  function answered(content, buffers) {
    waiting = false;
    el.dataset.alive = "true";
    problem.hidden = !content.problem;
    picture.hidden = Boolean(content.problem);
    problem.textContent = content.problem || "";
    if (!content.problem) show(buffers[0], content.alt);
    clearTimeout(saying);
    if (!content.problem) saying = setTimeout(() => (spoken.textContent = content.alt), 500);
    if (wanted === null) el.dataset.settled = "true";
    send();
  }

  panel.addEventListener("input", changed);
  // JupyterLab listens to keys on the whole notebook: arrows would select the next cell
  panel.addEventListener("keydown", (event) => event.stopPropagation());
  model.on("msg:custom", answered);
  picture.width = model.get("width");
  show(model.get("png"), model.get("alt"));
  label();
  setTimeout(() => hideStill(el, true)); // once it has its place on the page
  el.dataset.settled = "true";
  return () => {
    clearTimeout(saying);
    model.off("msg:custom", answered);
    URL.revokeObjectURL(shownUrl);
    hideStill(el, false);
  };
}

// The output above this one holds the same picture without controls, for pages that have no kernel.
function hideStill(el, hidden) {
  const output = el.closest(".jp-OutputArea-child, .output, .cell_output > *");
  const still = output?.previousElementSibling?.querySelector("img[data-still]");
  if (still) still.hidden = hidden;
}

export default { render };
