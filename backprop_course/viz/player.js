// A picture that goes on by itself, with its buttons. The kernel advances it and sends pictures; the page answers
// each one when it is painted, so that the kernel never runs ahead of a slow page, and stops where no page is left.
// (control, label and figure stand in parts.js.)

const SAID = 5000; // milliseconds from one sentence to the next while it runs

function render({ model, el }) {
  const prefix = `bc-player-${++count}`;
  const view = String(Math.random()); // several views of one show: each knows which answer is its own
  const { panel, problem, spoken, show, live, end } = figure(el, model);

  const buttons = document.createElement("div");
  buttons.className = "bc-buttons";
  const [go, step, reset] = ["Start", "Single step", "Reset"].map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    return button;
  });
  const progress = document.createElement("progress");
  const words = document.createElement("span");
  words.className = "bc-words";
  progress.setAttribute("aria-label", "progress");
  buttons.append(go, step, reset, progress, words);
  panel.append(buttons);

  const inputs = {};
  for (const spec of model.get("controls")) {
    const row = control(spec, `${prefix}-${spec.name}`);
    const input = row.querySelector("input");
    inputs[spec.name] = input;
    input.addEventListener("input", () => {
      label(input, spec.texts[input.value]);
      wanted[spec.name] = Number(input.value);
      send();
    });
    panel.append(row);
  }

  let running = false;
  let waiting = 0; // answers that are on their way
  let wanted = {}; // the newest values that were not sent yet
  let saying = 0;
  let said = 0;

  function ask(what, more = {}) {
    waiting += 1;
    el.dataset.settled = "false";
    model.send({ do: what, view, ...more });
  }

  function send() {
    if (waiting) return;
    for (const [name, index] of Object.entries(wanted)) ask("set", { name, index });
    wanted = {};
  }

  function told(content, buffers) {
    if (content.view === view) waiting -= 1;
    live(true);
    send();
    running = content.running;
    el.dataset.running = String(running);
    go.textContent = running ? "Pause" : "Start";
    progress.value = content.progress;
    words.textContent = content.words;
    problem.hidden = !content.problem;
    if (problem.textContent !== content.problem) problem.textContent = content.problem;
    if (!waiting) {
      for (const [name, input] of Object.entries(inputs)) {
        const [index, text] = content.values[name];
        input.value = index;
        label(input, text);
      }
    }
    if (buffers.length) show(buffers[0], content.alt, painted);
    else rest();
    if (content.alt) say(content);
  }

  function painted() {
    model.send({ do: "painted", view });
    rest();
  }

  function rest() {
    if (!waiting) el.dataset.settled = "true";
  }

  // At rest the whole text is said, while it runs only its first sentence now and then.
  function say({ alt, title }) {
    clearTimeout(saying);
    if (!said) said = Date.now(); // not the first picture, which nobody has asked for
    else if (!running) saying = setTimeout(() => (spoken.textContent = alt), 500);
    else if (Date.now() - said > SAID) {
      said = Date.now();
      spoken.textContent = title;
    }
  }

  go.addEventListener("click", () => ask(running ? "pause" : "start"));
  step.addEventListener("click", () => ask("step"));
  reset.addEventListener("click", () => ask("reset"));
  model.on("msg:custom", told);
  ask("look");
  return () => {
    clearTimeout(saying);
    model.off("msg:custom", told);
    model.send({ do: "gone", view });
    end();
  };
}

export default { render };
