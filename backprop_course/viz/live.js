// A live figure in the browser: controls that the page itself draws, and the picture that the kernel sends back.
// One request is on its way at a time; while it is, only the newest values are kept, so dragging never queues.
// Until a kernel has answered for the first time nothing is shown: the still picture above stands there.
// (control, label and figure stand in parts.js.)

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

  function labels() {
    for (const spec of specs) {
      if (spec.kind === "slider") label(inputs[spec.name], valueOf(spec).toFixed(spec.digits).replace("-", "−"));
    }
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
    labels();
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
    show(buffers[0], content.alt, rest);
    if (!first) saying = setTimeout(() => (spoken.textContent = content.alt), 500);
  }

  panel.addEventListener("input", changed);
  model.on("msg:custom", answered);
  changed();
  return () => {
    clearTimeout(saying);
    model.off("msg:custom", answered);
    end();
  };
}

export default { render };
