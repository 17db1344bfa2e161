// The page: what the visitor does, and what is shown of what the worker tells.

import { fromAddress, isSeed, toAddress } from "./address.js";
import { Calls } from "./calls.js";
import { Chart } from "./chart.js";
import { Errors } from "./errors.js";
import { Glyphs } from "./glyphs.js";
import { Kernels } from "./kernels.js";
import { Layers } from "./layers.js";
import { Line } from "./line.js";
import { Pad } from "./pad.js";
import { SIDE, activation, byte, codeOf, paintAlone, pixelsOf } from "./pixels.js";
import { Verification } from "./verify.js";
import { explain } from "./webgpu.js";

const $ = (id) => document.getElementById(id);
const calls = new Calls((message) => {
  fail(`The worker ended: ${message}. Reload the page to start anew.`);
  state.ended = true;
  showPhase();
});
window.addEventListener("unhandledrejection", ({ reason }) => fail(`Something went wrong: ${reason?.message ?? reason}.`));

/** In words, with what the recipe is for. */
const RECIPES = {
  default: "the paper's error in few passes",
  plain: "the same on the digits as they are",
  sgd: "gradient descent with momentum",
  deck: "average pooling and softmax, as on many slides",
  "lenet-1": "the smaller network of 1990",
  paper: "the paper's own training, one digit at a time",
  "paper-distorted": "the same with distorted copies",
  "one-pass": "each digit once, in many small steps that take the inputs' correlations into account",
  best: "a low error, many passes",
};

/** Devices that may be lost without a step in between; the last one is replaced by the processor. */
const MOST_LOSSES = 3;
/** The most pixels of a picture, as many as the native program takes. */
const MOST_PIXELS = 2 ** 26;
/** More than any model file has. */
const MOST_BYTES = 10_000_000;
/** A pause in the measurements that only a page asleep explains, in milliseconds. */
const ASLEEP = 30_000;

const state = {
  /** idle, training, paused, done or loaded */
  phase: "idle",
  recipes: [],
  network: null,
  /** cpu or webgpu, and in words. */
  on: null,
  description: "",
  webGpu: null,
  /** The training that is under way in the worker, if any, waiting or not. */
  training: null,
  passes: 1,
  steps: 0,
  /** Devices that were lost since the last step. */
  losses: 0,
  measuredAt: 0,
  slept: false,
  speed: [],
  picture: null,
  place: 0,
  /** The pixels of a picture that was opened since anything was drawn. */
  opened: null,
  /** Whether anything was drawn since the field was cleared. Answers while it is drawn on are shown. */
  isDrawing: false,
  /** Counts what is given to be recognised, and to which network: answers to anything older are not shown. */
  turn: 0,
  /** Pieces of work that leave the visitor nothing else to begin. */
  busy: 0,
  /** Whether the worker has ended. */
  ended: false,
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
const line = new Line($("line"));
const pad = new Pad($("pad"), () => {
  if (!state.isDrawing) state.turn += 1;
  state.isDrawing = true;
  state.opened = null;
  recognise();
});

// --- words -----------------------------------------------------------------------------------------

/** Says it in the line of state, once: a screen reader reads whatever is written there. */
function say(words) {
  if (!state.ended && $("status").textContent !== words) $("status").textContent = words;
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
  state.glyphPictures = await calls.call("images", opened.firstOfEach);
  errors.labels = opened.labels;
  const options = opened.recipes.map(({ name, passes }) => {
    const words = `${name}: ${RECIPES[name]}, ${passes} passes`;
    return new Option(words, name);
  });
  $("recipe").replaceChildren(...options);
  const problems = takeAddress();
  await computeOn($("on").value);
  await reset();
  if (problems) say(problems);
  await chooseDigit(0);
}

/** Sets recipe, seed and what computes as the address asks. Returns what of it there is not, in words. */
function takeAddress() {
  const wanted = fromAddress() ?? {};
  const problems = [];
  const take = (id, value, known, otherwise) => {
    if (value !== undefined && !known) problems.push(`The address asks for ${id} '${value}', which there is not.`);
    $(id).value = value !== undefined && known ? value : otherwise;
  };
  const { recipe, seed, on } = wanted;
  take("recipe", recipe, state.recipes.some(({ name }) => name === recipe), "default");
  take("seed", seed, seed !== undefined && isSeed(seed), "0");
  take("on", on, ["auto", "webgpu", "cpu"].includes(on), "auto");
  return problems.join(" ");
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

/** Does `work` while the visitor can begin nothing else. */
async function busily(work) {
  state.busy++;
  showPhase();
  try {
    return await work();
  } finally {
    state.busy--;
    showPhase();
  }
}

/** The same, after the training has come to rest; it can go on afterwards. */
const atRest = (work) =>
  busily(async () => {
    await calls.call("pause");
    return work();
  });

/** Ends the training that is under way, if any. What it has reached stays in the worker. */
async function endTraining() {
  await calls.call("pause");
  await calls.call("stop");
  await state.training;
}

/** Starts anew, with the recipe and the seed that are chosen. */
const reset = () =>
  busily(async () => {
    const seed = $("seed").value;
    if (!isSeed(seed)) {
      say(`The seed is '${seed}', expected a whole number from 0 to 4294967295.`);
      return;
    }
    await endTraining();
    const recipe = $("recipe").value;
    state.passes = state.recipes.find(({ name }) => name === recipe).passes;
    adopt(await calls.call("reset", recipe, Number(seed)));
    history.replaceState(null, "", toAddress(settings()));
    clearFigures();
    state.phase = "idle";
    say("The network is untrained: its weights are random.");
  });

/** Forgets what was shown of another training. */
function clearFigures() {
  lossChart.clear(state.passes);
  errorChart.clear(state.passes);
  $("passes").tBodies[0].replaceChildren();
  $("training-progress").value = 0;
  state.speed = [];
  state.steps = 0;
  show("step-number", 0, "0");
  for (const id of ["loss", "train-error", "samples-per-second", "test-error"]) show(id, "", "–");
  errors.clear();
}

/** Makes room for another network, and asks to be shown it. */
function adopt(network) {
  state.network = network;
  kernels.adopt(network);
  layers.adopt(network);
  glyphs.adopt(network, state.glyphPictures, state.firstOfEach.map((place) => state.labels[place]));
  adoptKind(network);
  refresh();
}

const settings = () => {
  const on = $("on").value;
  return { recipe: $("recipe").value, seed: $("seed").value, on: on === "auto" ? undefined : on };
};

/** Recipe or seed are others: an untrained network is exchanged at once, a trained one by Reset alone. */
function settingsChanged() {
  if (state.steps === 0 && state.phase === "idle") return reset();
  say(`Reset starts anew with recipe ${$("recipe").value} and seed ${$("seed").value}.`);
  return undefined;
}

/** Lets the training go on, `steps` steps or without end if that is 0; begins it if need be. */
async function goOn(steps) {
  state.measuredAt = performance.now();
  state.phase = "training";
  showPhase();
  say(state.steps ? "Training goes on." : "Training begins: kernels are compiled for this machine first.");
  await calls.call("goOn", steps);
  state.training ??= train().finally(() => (state.training = null));
}

async function train() {
  for (;;) {
    try {
      if (await calls.call("train")) {
        state.phase = "done";
        say(`Trained: ${state.passes} passes.`);
        showPhase();
      }
      return;
    } catch (error) {
      if (error.name !== "DeviceLost" || ++state.losses > MOST_LOSSES) {
        state.phase = "paused";
        showPhase();
        fail(`Training ended: ${error.message}.`);
        return;
      }
      say(`The GPU was lost (${error.message}). Training goes on from the last look, on a new device.`);
      await computeOn(state.losses < MOST_LOSSES ? $("on").value : "cpu");
    }
  }
}

calls.on("waits", () => {
  if (state.phase !== "training") return;
  state.phase = "paused";
  say("Training pauses.");
  showPhase();
});

/** Shows what can be done now. */
function showPhase() {
  const { phase, ended } = state;
  const training = phase === "training";
  const busy = state.busy > 0 || ended;
  const trainable = !busy && ["idle", "paused", "training"].includes(phase);
  $("start").textContent = training ? "Pause" : phase === "paused" ? "Go on" : "Start";
  $("start").disabled = !trainable;
  $("step").disabled = !trainable || training;
  $("reset").disabled = $("speed").disabled = busy;
  for (const id of ["recipe", "seed", "on"]) $(id).disabled = busy || training;
  for (const id of ["digit", "digit-before", "digit-after", "save", "load"]) $(id).disabled = busy;
  for (const id of ["score", "verify-run", "bench-run"]) $(id).disabled = busy || training;
  // What changes by itself many times a second is not read out.
  for (const id of ["unit", "recognised"]) $(id).setAttribute("aria-live", training ? "off" : "polite");
}

calls.on("measured", (measured) => {
  const now = performance.now();
  state.losses = 0;
  const away = now - state.measuredAt;
  const slept = state.slept && away > ASLEEP;
  state.slept = document.hidden;
  state.measuredAt = now;
  const { step, pass, loss, error_percent: error, count, seconds } = measured;
  state.steps = step;
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
  if (slept) state.sleep = ` The page was asleep for ${Math.round(away / 1000)} s.`;
  if (state.phase === "training") {
    say(`Training: pass ${Math.min(Math.floor(pass) + 1, state.passes)} of ${state.passes}.${state.sleep ?? ""}`);
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
  if (state.phase === "training") calls.call("pause");
  else goOn(0);
});
$("step").addEventListener("click", () => goOn(1));
$("reset").addEventListener("click", reset);
$("recipe").addEventListener("change", settingsChanged);
$("seed").addEventListener("change", settingsChanged);
$("speed").addEventListener("change", () => calls.call("limit", Number($("speed").value)));
$("on").addEventListener("change", () =>
  busily(async () => {
    await endTraining();
    await computeOn($("on").value);
    history.replaceState(null, "", toAddress(settings()));
  }),
);

// --- sleep -----------------------------------------------------------------------------------------

document.addEventListener("visibilitychange", () => {
  if (document.hidden) state.slept = true;
  calls.call("setVisible", !document.hidden);
});
document.addEventListener("resume", () => {
  state.slept = true;
});

// --- layers ----------------------------------------------------------------------------------------

/** Shows test digit `place` and its layers. */
async function chooseDigit(place) {
  const chosen = Math.min(state.labels.length - 1, Math.max(0, Math.trunc(place) || 0));
  state.place = chosen;
  $("digit").value = chosen;
  const image = await calls.call("images", [chosen]);
  // Another one may have been chosen in the meantime.
  if (state.place === chosen) showPicture(image, `Test digit ${chosen}, a ${state.labels[chosen]}`);
}

function showPicture(picture, words) {
  state.picture = { picture, words, number: (state.picture?.number ?? 0) + 1 };
  refresh();
}

/** Has everything that is shown of the network sent again. */
function refresh() {
  const { picture = null, number = 0 } = state.picture ?? {};
  calls.call("showPicture", picture, number);
}

calls.on("look", ({ kernels: weights, glyphs: drawn, layers: outputs, number }) => {
  if (!state.network) return;
  kernels.show(weights);
  if (drawn) glyphs.show(drawn);
  if (outputs && number === state.picture?.number) {
    layers.show(state.picture.picture, outputs);
    $("layers-answer").textContent =
      `${state.picture.words}: the answer is ${outputs.digit}, ${sureness(outputs.confidence)}.`;
  }
  // A network that reads lines is not in training here.
  if (isGiven() && !state.network.reads_lines) recognise();
});

$("digit").addEventListener("change", () => chooseDigit(Number($("digit").value)));
$("digit-before").addEventListener("click", () => chooseDigit(state.place - 1));
$("digit-after").addEventListener("click", () => chooseDigit(state.place + 1));
$("digit-drawn").addEventListener("click", () => showPicture(state.drawn, "What you drew"));

// --- drawing ---------------------------------------------------------------------------------------

/** Whether a picture was opened or drawn. */
const isGiven = () => state.opened !== null || !pad.isEmpty;

/** To a network that was trained for strings a picture is a line, to others a digit. */
function adoptKind({ reads_lines: readsLines }) {
  state.turn += 1;
  if (!readsLines) state.opened = null;
  for (const element of document.querySelectorAll(".as-line")) element.hidden = !readsLines;
  for (const element of document.querySelectorAll(".as-digit")) element.hidden = readsLines;
  forgetRecognised();
  if (isGiven()) recognise();
}

let recognising = false;
let recogniseAgain = false;

/** Has the picture recognised; once more if it changed in the meantime. */
async function recognise() {
  if (recognising) {
    recogniseAgain = true;
    return;
  }
  recognising = true;
  do {
    recogniseAgain = false;
    const { network, turn } = state;
    if (!isGiven() || !network) break;
    const { pixels, width, height } = state.opened ?? pad.pixels();
    const isStale = () => state.turn !== turn;
    try {
      if (network.reads_lines) {
        const read = await onDevice(() => calls.call("readLine", pixels, width, height));
        if (!isStale()) showLine(read);
      } else {
        const digit = await calls.call("digitIn", pixels, width, height);
        const outputs = await calls.call("layers", digit);
        if (!isStale()) showRecognised(digit, outputs);
      }
    } catch (error) {
      if (isStale()) continue;
      line.clear();
      const none = network.reads_lines ? "No digits" : "There is no digit yet";
      $("recognised").textContent = `${none}: ${error.message}.`;
    }
  } while (recogniseAgain);
  recognising = false;
}

function showLine(read) {
  line.show(read);
  const digits = read.digits.map(({ digit }) => digit).join("");
  const words = digits
    ? `it reads ${digits}`
    : "nothing in it looks like a digit to the network: a picture should show a single line";
  const sentences = [words, ...read.remarks].map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`);
  $("recognised").textContent = sentences.join(" ");
}

function showRecognised(digit, outputs) {
  state.drawn = digit;
  state.recognised = outputs;
  $("digit-drawn").disabled = false;
  paintAlone($("drawn"), digit, SIDE, byte);
  const { network } = state;
  const { code, width } = codeOf(network, outputs.digit);
  if (outputs.glyph) paintAlone($("drawn-glyph"), outputs.glyph, width, activation);
  if (network.has_codes) paintAlone($("drawn-code"), code, width, activation);
  for (const id of ["drawn-glyph", "drawn-code"]) $(id).parentElement.hidden = !network.has_codes;
  sayAnswer();
  showPenalties(outputs);
}

function sayAnswer() {
  if (!state.recognised) return;
  const { digit, confidence } = state.recognised;
  const limit = Number($("unsure").value);
  $("recognised").textContent =
    confidence !== null && confidence < limit
      ? `Unsure: it may be a ${digit}, but the confidence is only ${percent(100 * confidence)}.`
      : `It is a ${digit}, ${sureness(confidence)}.`;
}

/** How sure an answer is, after a comma; networks trained by eq. 8 give no probability. */
function sureness(confidence) {
  return confidence === null
    ? "with no confidence: eq. 8 trains none"
    : `with a confidence of ${percent(100 * confidence)}`;
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

/** Takes back what was said of a picture. */
function forgetRecognised() {
  state.drawn = state.recognised = null;
  $("digit-drawn").disabled = true;
  $("recognised").textContent = isGiven() ? "" : "Nothing is drawn yet.";
  for (const id of ["drawn", "drawn-glyph", "drawn-code"]) {
    const canvas = $(id);
    canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
  }
  $("distances").replaceChildren();
  line.clear();
}

/** Makes the field empty, and returns the turn that begins. */
function clearGiven() {
  pad.clear();
  state.isDrawing = false;
  state.opened = null;
  forgetRecognised();
  return (state.turn += 1);
}

$("clear").addEventListener("click", clearGiven);

$("line-picture").addEventListener("change", async () => {
  const [file] = $("line-picture").files;
  if (!file) return;
  // The same file may be chosen again.
  $("line-picture").value = "";
  const turn = clearGiven();
  try {
    const pixels = await pixelsIn(file);
    if (state.turn !== turn) return;
    state.opened = pixels;
    recognise();
  } catch (error) {
    if (state.turn === turn) $("recognised").textContent = `${file.name} is not taken: ${error.message}.`;
  }
});

/** The pixels of the picture in `file`. */
async function pixelsIn(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("the browser finds no picture in it that it can show");
  });
  const { width, height } = bitmap;
  try {
    if (width * height > MOST_PIXELS) {
      throw new Error(`it is ${width} by ${height} pixels, expected at most ${MOST_PIXELS} in all: crop it or scale it down`);
    }
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width, height });
    const context = canvas.getContext("2d");
    context.drawImage(bitmap, 0, 0);
    return pixelsOf(context);
  } finally {
    bitmap.close();
  }
}

$("unsure").addEventListener("input", () => {
  $("unsure-value").textContent = `${Math.round(100 * $("unsure").value)} %`;
  sayAnswer();
});

// --- errors, verification, measurements ------------------------------------------------------------

/** `work`, once more on a new device if that is lost. */
async function onDevice(work) {
  try {
    return await work();
  } catch (error) {
    if (error.name !== "DeviceLost") throw error;
    say(`The GPU was lost (${error.message}): a new device is opened.`);
    await computeOn($("on").value);
    return work();
  }
}

$("score").addEventListener("click", () =>
  atRest(async () => {
    $("errors-words").textContent = "The test digits are being answered.";
    try {
      showScore(await onDevice(() => calls.call("score")));
    } catch (error) {
      $("errors-words").textContent = `They cannot be answered: ${error.message}.`;
    }
  }),
);

calls.on("counted", (count) => (verification.count = count));
calls.on("checked", (report) => verification.add(report));

$("verify-form").addEventListener("submit", (event) => {
  event.preventDefault();
  atRest(async () => {
    const status = $("verify-status");
    status.setAttribute("aria-live", "off");
    verification.begin({ on: state.description, webGpu: state.on === "webgpu" && state.webGpu.name });
    $("verify-stop").disabled = false;
    $("verify-copy").disabled = true;
    let reason;
    try {
      await calls.call("verify", $("filter").value);
    } catch (error) {
      reason = `Verification ended: ${error.message}.`;
      // Whatever comes next has a device again.
      if (error.name === "DeviceLost") await computeOn($("on").value);
    }
    status.setAttribute("aria-live", "polite");
    verification.end(reason);
    $("verify-stop").disabled = true;
    $("verify-copy").disabled = false;
  });
});
$("verify-stop").addEventListener("click", () => calls.call("cancel"));
$("verify-copy").addEventListener("click", async () => {
  const copied = await copy(verification.report());
  $("verify-status").textContent = copied ? "The report is in the clipboard." : "The browser does not let this page copy.";
});

calls.on("timed", ({ mode, batch, samples_per_second: speed }) => {
  const row = $("speeds").tBodies[0].insertRow();
  const on = state.on === "cpu" ? "processor" : state.webGpu.name;
  for (const text of [on, mode, batch, whole(speed)]) row.insertCell().textContent = text;
});

$("bench-run").addEventListener("click", () =>
  atRest(async () => {
    $("speeds").tBodies[0].replaceChildren();
    $("bench-stop").disabled = false;
    state.benchStops = false;
    const problems = [];
    // A training that waits keeps the device that it was begun on: these are others.
    for (const subject of state.webGpu.problem ? ["cpu"] : ["webgpu", "cpu"]) {
      const name = subject === "cpu" ? "The processor" : state.webGpu.name;
      $("bench-status").textContent = `${name} is being measured.`;
      try {
        take(await calls.call("computeOn", subject));
        if (state.benchStops) break;
        await calls.call("bench");
      } catch (error) {
        problems.push(`${name} cannot be measured: ${error.message}.`);
      }
    }
    await computeOn($("on").value);
    const ended = state.benchStops ? "Stopped." : "Measured; one second each, so figures differ from time to time.";
    $("bench-status").textContent = [...problems, ended].join(" ");
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

$("load").addEventListener("change", () => {
  const [file] = $("load").files;
  if (file) load(file).finally(() => ($("load").value = ""));
});

/** Takes the model in `file`; if there is none in it, everything stays as it is. */
const load = (file) =>
  atRest(async () => {
    try {
      if (file.size > MOST_BYTES) {
        throw new Error(`${file.name} has ${file.size} bytes, and no model has more than ${MOST_BYTES}`);
      }
      const network = await calls.call("load", file.name, new Uint8Array(await file.arrayBuffer()));
      await state.training;
      adopt(network);
      clearFigures();
      state.phase = "loaded";
      $("keep-status").textContent = `${file.name} is loaded; Reset returns to training.`;
      say(`${file.name} is loaded: see, draw, and answer the test digits. Reset returns to training.`);
    } catch (error) {
      $("keep-status").textContent = `It is not taken: ${error.message}.`;
    }
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
  // Links to parts of the page change the address, too.
  if (!state.network || !fromAddress()) return;
  if (state.busy || state.phase === "training") {
    say("The address asks for other settings: pause, then load the page anew to take them.");
    return;
  }
  const on = $("on").value;
  const problems = takeAddress();
  if ($("on").value !== on) await busily(async () => (await endTraining(), await computeOn($("on").value)));
  await settingsChanged();
  if (problems) say(problems);
});

open().catch((error) => fail(`The page cannot start: ${error.message}`));
