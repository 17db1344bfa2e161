// The page: what the visitor does, and what is shown of what the worker tells.

import { fromAddress, isSeed, toAddress } from "./address.js";
import { Calls } from "./calls.js";
import { Chart } from "./chart.js";
import { Errors } from "./errors.js";
import { Glyphs } from "./glyphs.js";
import { Kernels } from "./kernels.js";
import { Layers } from "./layers.js";
import { Pad } from "./pad.js";
import { activation, byte, paintAlone } from "./pixels.js";
import { Verification } from "./verify.js";
import { explain } from "./webgpu.js";

const $ = (id) => document.getElementById(id);
const calls = new Calls((message) => fail(`The worker ended: ${message}. Reload the page to start anew.`));

/** In words, with what the recipe is for. */
const RECIPES = {
  default: "the paper's error in few passes",
  plain: "the same on the digits as they are",
  sgd: "gradient descent with momentum",
  deck: "average pooling and softmax, as on many slides",
  "lenet-1": "the smaller network of 1990",
  paper: "the paper's own training, one digit at a time",
  "paper-distorted": "the same with distorted copies",
  best: "the lowest error, many passes",
};

/** Times in a row that a lost device is replaced without a step in between. */
const MOST_ATTEMPTS = 3;
/** A pause in the measurements that only a page asleep explains, in milliseconds. */
const ASLEEP = 30_000;

const state = {
  /** idle, training, paused, done, loaded */
  phase: "idle",
  recipes: [],
  network: null,
  /** cpu or webgpu, and in words. */
  on: null,
  description: "",
  webGpu: null,
  /** The training that is under way in the worker, if any. */
  training: null,
  attempts: 0,
  measuredAt: 0,
  speed: [],
  picture: null,
  place: 0,
  busy: false,
};

const lossChart = new Chart($("loss-chart"), { name: "Loss", curves: { loss: "--first" } });
const errorChart = new Chart($("error-chart"), {
  name: "Wrong answers",
  unit: " %",
  curves: { "training digits": "--first", "test digits": "--second" },
});
const kernels = new Kernels($("kernels"));
const glyphs = new Glyphs($("glyphs"), $("glyph-words"));
const layers = new Layers(
  { layers: $("layers"), title: $("unit-title"), sum: $("unit-sum"), terms: $("unit-terms"), idea: $("unit-idea") },
  (picture, layer, unit) => calls.call("unit", picture, layer, unit),
);
const errors = new Errors(
  { words: $("errors-words"), table: $("confusion"), sheetWords: $("sheet-words"), sheet: $("sheet"), more: $("more") },
  (places) => calls.call("images", places),
  (place) => {
    chooseDigit(place);
    $("layers-answer").scrollIntoView({ block: "center" });
  },
);
const verification = new Verification({
  rows: $("cases").tBodies[0],
  progress: $("verify-progress"),
  status: $("verify-status"),
});
const pad = new Pad($("pad"), () => recognise());

// --- words -----------------------------------------------------------------------------------------

function say(words) {
  $("status").textContent = words;
}

function fail(words) {
  say(words);
  $("compute").classList.add("warning");
}

const percent = (value) => `${value.toFixed(2)} %`;
const whole = (value) => Math.round(value).toLocaleString("en");

/** Shows a figure, with its full value for programs. */
function show(id, value, text) {
  const element = $(id);
  element.value = value;
  element.textContent = text;
}

// --- opening ---------------------------------------------------------------------------------------

async function open() {
  calls.on("digits", ({ received, total }) => {
    $("digits-progress").value = received / total;
    $("digits-bytes").textContent = `${(received / 1e6).toFixed(1)} of ${(total / 1e6).toFixed(1)} MB`;
  });
  const opened = await calls.call("open");
  $("loading").hidden = true;
  Object.assign(state, opened);
  errors.labels = opened.labels;
  const options = opened.recipes.map(({ name, passes }) => {
    const words = `${name}: ${RECIPES[name]}, ${passes} passes`;
    return new Option(words, name);
  });
  $("recipe").replaceChildren(...options);
  takeAddress();
  await computeOn($("on").value);
  await reset();
  await chooseDigit(0);
}

/** Sets recipe, seed and what computes as the address asks. */
function takeAddress() {
  const { recipe = "default", seed = 0, on = "auto" } = fromAddress();
  const known = state.recipes.some(({ name }) => name === recipe);
  $("recipe").value = known ? recipe : "default";
  $("seed").value = seed;
  $("on").value = ["auto", "webgpu", "cpu"].includes(on) ? on : "auto";
}

/** Opens what the visitor chose, or the processor where that cannot be had, and says what it is. */
async function computeOn(choice) {
  const { webGpu } = state;
  const fit = !webGpu.problem && !webGpu.isSoftware;
  const wantsGpu = choice === "webgpu" || (choice === "auto" && fit);
  let words = "";
  let warns = false;
  if (wantsGpu && webGpu.problem) {
    words = `${explain(webGpu.problem)} Computing on the processor instead. `;
    warns = true;
  } else if (wantsGpu) {
    try {
      take(await calls.call("computeOn", "webgpu"));
      words = `Computing by WebGPU on ${webGpu.name}${webGpu.isSoftware ? ", which is no GPU but software" : ""}.`;
      setNotice(words, webGpu.isSoftware);
      return;
    } catch (error) {
      words = `WebGPU on ${webGpu.name} cannot be used: ${error.message}. Computing on the processor instead. `;
      warns = true;
    }
  } else if (choice === "auto") {
    words = webGpu.problem ? `${explain(webGpu.problem)} ` : `WebGPU here is software (${webGpu.name}), slower than the processor by itself. `;
    warns = Boolean(webGpu.problem);
  }
  take(await calls.call("computeOn", "cpu"));
  setNotice(`${words}Computing on one core of the processor, in WebAssembly with SIMD.`, warns);
}

function take({ backend, description }) {
  state.on = backend;
  state.description = description;
}

function setNotice(words, warns) {
  $("compute").textContent = words;
  $("compute").classList.toggle("warning", warns);
}

// --- the training ----------------------------------------------------------------------------------

/** Ends the training that is under way, if any. */
async function endTraining() {
  await calls.call("stop");
  await state.training;
}

/** Starts anew, with the recipe and the seed that are chosen. */
async function reset() {
  setPhase("idle", { busy: true });
  await endTraining();
  const seed = isSeed($("seed").value) ? Number($("seed").value) : 0;
  $("seed").value = seed;
  const recipe = $("recipe").value;
  adopt(await calls.call("reset", recipe, seed));
  history.replaceState(null, "", toAddress(settings()));
  const { passes } = state.recipes.find(({ name }) => name === recipe);
  state.passes = passes;
  lossChart.clear(passes);
  errorChart.clear(passes);
  $("passes").tBodies[0].replaceChildren();
  $("training-progress").value = 0;
  state.speed = [];
  show("step-number", 0, "0");
  for (const id of ["loss", "train-error", "samples-per-second", "test-error"]) show(id, "", "–");
  errors.clear();
  say("The network is untrained: its weights are random.");
  setPhase("idle");
}

/** Makes room for another network. */
function adopt(network) {
  state.network = network;
  kernels.adopt(network);
  layers.adopt(network);
  calls.call("images", state.firstOfEach).then((pictures) => {
    glyphs.adopt(network, pictures, state.firstOfEach.map((place) => state.labels[place]));
    refresh();
  });
}

const settings = () => {
  const on = $("on").value;
  return { recipe: $("recipe").value, seed: $("seed").value, on: on === "auto" ? undefined : on };
};

/** Lets the training go on, `steps` steps or without end if that is 0; begins it if need be. */
async function goOn(steps) {
  await calls.call("goOn", steps);
  setPhase("training");
  state.measuredAt = performance.now();
  say(state.training ? "Training goes on." : "Training begins: kernels are compiled for this machine first.");
  state.training ??= train().finally(() => (state.training = null));
}

async function train() {
  for (;;) {
    try {
      const done = await calls.call("train");
      if (done) {
        say(`Trained: ${state.passes} passes.`);
        setPhase("done");
      }
      return;
    } catch (error) {
      if (error.name !== "DeviceLost" || ++state.attempts > MOST_ATTEMPTS) {
        setPhase("idle");
        fail(`Training ended: ${error.message}.`);
        return;
      }
      say(`The GPU was lost (${error.message}). Training goes on from the last look, on a new device.`);
      await computeOn(state.attempts < MOST_ATTEMPTS ? $("on").value : "cpu");
    }
  }
}

async function pause() {
  await calls.call("pause");
  setPhase("paused");
  say("Training pauses.");
}

/** What can be done now. */
function setPhase(phase, { busy = false } = {}) {
  state.phase = phase;
  state.busy = busy;
  const training = phase === "training";
  const trainable = !busy && (phase === "idle" || phase === "paused" || training);
  $("start").textContent = training ? "Pause" : phase === "paused" ? "Go on" : "Start";
  $("start").disabled = !trainable;
  $("step").disabled = !trainable || training;
  $("reset").disabled = busy;
  for (const id of ["recipe", "seed", "on"]) $(id).disabled = busy || training;
  $("speed").disabled = busy;
  for (const id of ["digit", "digit-before", "digit-after", "save", "load"]) $(id).disabled = busy;
  for (const id of ["score", "verify-run", "bench-run"]) $(id).disabled = busy || training;
}

calls.on("measured", (measured) => {
  const now = performance.now();
  state.attempts = 0;
  if (state.phase === "training" && now - state.measuredAt > ASLEEP && document.hidden === false && state.slept) {
    say(`The page was asleep for ${Math.round((now - state.measuredAt) / 1000)} s; training goes on.`);
  }
  state.slept = false;
  state.measuredAt = now;
  const { step, pass, loss, error_percent: error, count, seconds } = measured;
  show("step-number", step, whole(step));
  show("loss", loss, loss.toFixed(4));
  show("train-error", error, percent(error));
  lossChart.add("loss", pass, loss);
  errorChart.add("training digits", pass, error);
  $("training-progress").value = pass / state.passes;
  // Over the latest second or so: single turns differ.
  state.speed.push({ count, seconds });
  while (state.speed.length > 2 && sumOf(state.speed.slice(1), "seconds") > 1) state.speed.shift();
  const speed = sumOf(state.speed, "count") / sumOf(state.speed, "seconds");
  show("samples-per-second", speed, whole(speed));
  if (state.phase === "training" && !$("status").textContent.startsWith("The page was asleep")) {
    say(`Training: pass ${Math.min(Math.floor(pass) + 1, state.passes)} of ${state.passes}.`);
  }
});

const sumOf = (list, key) => list.reduce((sum, entry) => sum + entry[key], 0);

calls.on("passDone", (done) => {
  state.pass = done;
  const row = $("passes").tBodies[0].insertRow();
  const cells = [done.pass, done.loss.toFixed(4), percent(done.train_error_percent), "…", whole(done.samples_per_second)];
  for (const text of cells) row.insertCell().textContent = text;
  say("The test digits are being answered.");
});

calls.on("scored", (score) => {
  const { pass } = state.pass;
  const row = $("passes").tBodies[0].rows[pass - 1];
  if (row) row.cells[3].textContent = percent(score.error_percent);
  errorChart.add("test digits", pass, score.error_percent);
  showScore(score);
});

function showScore(score) {
  show("test-error", score.error_percent, percent(score.error_percent));
  errors.show(score);
}

$("controls").addEventListener("submit", (event) => {
  event.preventDefault();
  if (state.phase === "training") pause();
  else goOn(0);
});
$("step").addEventListener("click", async () => {
  await goOn(1);
  setPhase("paused");
});
$("reset").addEventListener("click", reset);
$("recipe").addEventListener("change", reset);
$("seed").addEventListener("change", reset);
$("speed").addEventListener("change", () => calls.call("limit", Number($("speed").value)));
$("on").addEventListener("change", async () => {
  setPhase("idle", { busy: true });
  await endTraining();
  await computeOn($("on").value);
  await reset();
});

// --- sleep -----------------------------------------------------------------------------------------

document.addEventListener("visibilitychange", () => {
  if (document.hidden) state.slept = true;
  calls.call("setVisible", !document.hidden);
});
document.addEventListener("resume", () => {
  state.slept = true;
  if (state.phase === "training") say("The page was asleep; training goes on.");
});

// --- layers ----------------------------------------------------------------------------------------

/** Shows test digit `place` and its layers. */
async function chooseDigit(place) {
  state.place = Math.min(state.labels.length - 1, Math.max(0, Math.trunc(place) || 0));
  $("digit").value = state.place;
  const image = await calls.call("images", [state.place]);
  await showPicture(image, `Test digit ${state.place}, a ${state.labels[state.place]}`);
}

async function showPicture(picture, words) {
  state.picture = { picture, words };
  await calls.call("showPicture", picture);
}

/** Has everything that is shown of the network sent again. */
function refresh() {
  if (state.picture) calls.call("showPicture", state.picture.picture);
}

calls.on("look", ({ kernels: weights, glyphs: drawn, layers: outputs }) => {
  if (!state.network) return;
  kernels.show(weights);
  if (drawn) glyphs.show(drawn);
  if (outputs && state.picture) {
    layers.show(state.picture.picture, outputs);
    $("layers-answer").textContent =
      `${state.picture.words}: the answer is ${outputs.digit}, with a confidence of ${percent(100 * outputs.confidence)}.`;
  }
  if (!pad.isEmpty) recognise();
});

$("digit").addEventListener("change", () => chooseDigit(Number($("digit").value)));
$("digit-before").addEventListener("click", () => chooseDigit(state.place - 1));
$("digit-after").addEventListener("click", () => chooseDigit(state.place + 1));
$("digit-drawn").addEventListener("click", () => showPicture(state.drawn, "What you drew"));

// --- drawing ---------------------------------------------------------------------------------------

let recognising = false;
let recogniseAgain = false;

/** Has what is drawn recognised; once more if it changed in the meantime. */
async function recognise() {
  if (recognising) {
    recogniseAgain = true;
    return;
  }
  recognising = true;
  do {
    recogniseAgain = false;
    if (pad.isEmpty || !state.network) break;
    try {
      const { pixels, width, height } = pad.pixels();
      const digit = await calls.call("digitIn", pixels, width, height);
      showRecognised(digit, await calls.call("layers", digit));
    } catch (error) {
      $("recognised").textContent = `There is no digit yet: ${error.message}.`;
    }
  } while (recogniseAgain);
  recognising = false;
}

function showRecognised(digit, outputs) {
  if (pad.isEmpty) return;
  state.drawn = digit;
  state.recognised = outputs;
  $("digit-drawn").disabled = false;
  paintAlone($("drawn"), digit, 28, byte);
  const { network } = state;
  const width = network.code_shape[1];
  const length = width * network.code_shape[0];
  if (outputs.glyph) paintAlone($("drawn-glyph"), outputs.glyph, width, activation);
  const code = network.codes.slice(outputs.digit * length, (outputs.digit + 1) * length);
  if (network.has_codes) paintAlone($("drawn-code"), Float32Array.from(code), width, activation);
  for (const id of ["drawn-glyph", "drawn-code"]) $(id).parentElement.hidden = !network.has_codes;
  sayAnswer();
  showPenalties(outputs);
}

function sayAnswer() {
  if (!state.recognised) return;
  const { digit, confidence } = state.recognised;
  const limit = Number($("unsure").value);
  $("recognised").textContent =
    confidence < limit
      ? `Unsure: it may be a ${digit}, but the confidence is only ${percent(100 * confidence)}.`
      : `It is a ${digit}, with a confidence of ${percent(100 * confidence)}.`;
}

/** The penalties as bars: the shortest is the answer. */
function showPenalties({ penalties, digit }) {
  const list = $("distances");
  if (!list.children.length) {
    for (let number = 0; number < 10; number++) {
      const item = document.createElement("li");
      for (const name of ["name", "bar", "number"]) {
        const part = document.createElement("span");
        part.className = name;
        item.append(part);
      }
      item.querySelector(".name").textContent = number;
      list.append(item);
    }
  }
  const most = Math.max(...penalties);
  Array.from(list.children).forEach((item, number) => {
    item.classList.toggle("answer", number === digit);
    item.querySelector(".bar").style.width = `${(100 * penalties[number]) / most}%`;
    item.querySelector(".number").textContent = penalties[number].toFixed(1);
  });
}

$("clear").addEventListener("click", () => {
  pad.clear();
  state.drawn = state.recognised = null;
  $("digit-drawn").disabled = true;
  $("recognised").textContent = "Nothing is drawn yet.";
  for (const id of ["drawn", "drawn-glyph", "drawn-code"]) {
    const canvas = $(id);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
  $("distances").replaceChildren();
});
$("unsure").addEventListener("input", () => {
  $("unsure-value").textContent = `${Math.round(100 * $("unsure").value)} %`;
  sayAnswer();
});

// --- errors, verification, measurements ------------------------------------------------------------

/** Does `work` while nothing else that computes can be begun, and restores what could be done before. */
async function exclusively(work) {
  const { phase } = state;
  if (phase === "training") await pause();
  setPhase(phase === "training" ? "paused" : phase, { busy: true });
  try {
    await work();
  } finally {
    setPhase(state.phase);
  }
}

$("score").addEventListener("click", () =>
  exclusively(async () => {
    $("errors-words").textContent = "The test digits are being answered.";
    try {
      showScore(await calls.call("score"));
    } catch (error) {
      $("errors-words").textContent = `They cannot be answered: ${error.message}.`;
    }
  }),
);

calls.on("counted", (count) => (verification.count = count));
calls.on("checked", (report) => verification.add(report));

$("verify-form").addEventListener("submit", (event) => {
  event.preventDefault();
  exclusively(async () => {
    verification.begin();
    $("verify-stop").disabled = false;
    $("verify-copy").disabled = true;
    try {
      await calls.call("verify", $("filter").value);
      verification.end();
    } catch (error) {
      $("verify-status").textContent = `Verification ended: ${error.message}.`;
    }
    $("verify-stop").disabled = true;
    $("verify-copy").disabled = false;
  });
});
$("verify-stop").addEventListener("click", () => calls.call("cancel"));
$("verify-copy").addEventListener("click", async () => {
  const webGpu = state.on === "webgpu" && state.webGpu.name;
  const copied = await copy(verification.report({ on: state.description, webGpu }));
  $("verify-status").textContent = copied ? "The report is in the clipboard." : "The browser does not let this page copy.";
});

calls.on("timed", ({ mode, batch, samples_per_second: speed }) => {
  const row = $("speeds").tBodies[0].insertRow();
  const on = state.on === "cpu" ? "processor" : state.webGpu.name;
  for (const text of [on, mode, batch, whole(speed)]) row.insertCell().textContent = text;
});

$("bench-run").addEventListener("click", () =>
  exclusively(async () => {
    $("speeds").tBodies[0].replaceChildren();
    $("bench-stop").disabled = false;
    state.benchStops = false;
    const before = $("on").value;
    const subjects = state.webGpu.problem ? ["cpu"] : ["webgpu", "cpu"];
    // A device belongs to the training that was begun on it: measuring takes others, and training goes on on its own.
    for (const subject of subjects) {
      if (state.benchStops) break;
      $("bench-status").textContent = `Measuring ${subject === "cpu" ? "the processor" : state.webGpu.name}.`;
      try {
        take(await calls.call("computeOn", subject));
        await calls.call("bench");
      } catch (error) {
        $("bench-status").textContent = `It cannot be measured: ${error.message}.`;
      }
    }
    await computeOn(before);
    $("bench-status").textContent = state.benchStops ? "Stopped." : "Measured; one second each, so figures differ from time to time.";
    $("bench-stop").disabled = true;
  }),
);
$("bench-stop").addEventListener("click", () => {
  state.benchStops = true;
  calls.call("cancel");
});

// --- keeping ---------------------------------------------------------------------------------------

$("save").addEventListener("click", async () => {
  const bytes = await calls.call("save");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = "model.safetensors";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  $("keep-status").textContent = "Saved as model.safetensors: lenet-gpu eval model.safetensors measures its error.";
});

$("load").addEventListener("change", async () => {
  const [file] = $("load").files;
  if (!file) return;
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    await endTraining();
    adopt(await calls.call("load", file.name, bytes));
    setPhase("loaded");
    errors.clear();
    show("test-error", "", "–");
    $("keep-status").textContent = `${file.name} is loaded; Reset returns to training.`;
    say(`${file.name} is loaded: see, draw, and answer the test digits. Reset returns to training.`);
  } catch (error) {
    $("keep-status").textContent = `It is not taken: ${error.message}.`;
  }
  $("load").value = "";
});

$("share").addEventListener("click", async () => {
  const copied = await copy(toAddress(settings()));
  $("keep-status").textContent = copied ? "The link is in the clipboard." : `The link is the address of this page: ${toAddress(settings())}`;
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

window.addEventListener("hashchange", async () => {
  if (!state.network) return;
  const on = $("on").value;
  takeAddress();
  if ($("on").value !== on) await computeOn($("on").value);
  await reset();
});

open().catch((error) => fail(`The page cannot start: ${error.message}`));
