// What all live figures have in common on the page. Python puts these lines in front of live.js and player.js.

let count = 0; // of the figures on this page, for ids of their own

// A label with a slider, a number field, a menu, or "steps": a slider whose values are listed.
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
    input.type = spec.kind === "number" ? "number" : "range";
    Object.assign(input, { min: spec.low, max: spec.high, step: spec.step });
  }
  input.value = spec.value;
  row.append(label, input);
  if (input.type === "range") {
    const shown = document.createElement("span"); // an <output> would be read out a second time
    shown.className = "bc-value";
    shown.ariaHidden = "true";
    row.append(shown);
  }
  return row;
}

// Beside a slider, and for those who hear it: its value as text.
function label(input, text) {
  const shown = input.parentElement.querySelector(".bc-value");
  if (!shown) return;
  shown.textContent = text;
  input.setAttribute("aria-valuetext", text);
}

// The parts of a live figure, hidden until `live(true)`; `show` takes the bytes of a PNG file.
function figure(el, model) {
  el.hidden = true;
  el.classList.add("bc-live");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", model.get("name"));
  const picture = document.createElement("img");
  picture.decoding = "sync";
  const problem = document.createElement("p");
  const spoken = document.createElement("div");
  const panel = document.createElement("div");
  panel.className = "bc-controls";
  problem.className = "bc-problem";
  problem.setAttribute("role", "alert");
  problem.hidden = true;
  spoken.className = "bc-spoken";
  spoken.setAttribute("role", "status");
  picture.width = model.get("width");
  el.append(panel, picture, problem, spoken);
  // JupyterLab listens to keys on the whole notebook: arrows would select the next cell
  panel.addEventListener("keydown", (event) => event.stopPropagation());

  // As text in the page's own address: a picture of some kilobytes is there sooner than by way of a Blob.
  function show(bytes, alt, loaded) {
    const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let text = "";
    for (let k = 0; k < file.length; k += 8192) text += String.fromCharCode(...file.subarray(k, k + 8192));
    picture.onload = loaded;
    picture.alt = alt;
    picture.src = `data:image/png;base64,${btoa(text)}`;
  }

  function live(answers) {
    if (answers === "alive" in el.dataset) return;
    if (answers) el.dataset.alive = "true";
    else delete el.dataset.alive;
    el.hidden = !answers;
    hideStill(el, answers);
  }

  // The kernel was restarted or has ended: no controls that nobody answers.
  const lost = () => live(false);
  model.on?.("comm_live_update", lost);

  function end() {
    model.off?.("comm_live_update", lost);
    live(false);
  }

  return { panel, picture, problem, spoken, show, live, end };
}

// The output above this one holds the same picture without controls, for pages that have no kernel. (JupyterLab's
// style sheet shows pictures in an output even where they are `hidden`.)
function hideStill(el, hidden) {
  const above = el.closest(".jp-OutputArea-child, .output, .cell_output > *")?.previousElementSibling;
  if (above?.querySelector("img[data-still]")) above.style.display = hidden ? "none" : "";
}
