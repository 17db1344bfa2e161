// The worker: everything that computes. The page calls `methods` by messages and gets events back.

import init, { Lab } from "./pkg/lenet_web.js";
import { findWebGpu } from "./webgpu.js";

/** @type {Lab} */
let lab;
/** What the page shows of the network, and so wants anew whenever that has changed. */
const shown = { visible: true, picture: null, number: 0, glyphPictures: null };
/** Whether no step of a training is under way, and who waits for that. */
let rests = true;
const waiting = [];

const post = (event, data) => self.postMessage({ event, data });

// --- turns ---------------------------------------------------------------------------------------

// A message to oneself comes after those that are waiting; a timeout would take 4 ms.
const channel = new MessageChannel();
const turns = [];
channel.port1.onmessage = () => turns.shift()();

const turn = (milliseconds) =>
  new Promise((resolve) => {
    if (milliseconds > 0) {
      setTimeout(resolve, milliseconds);
    } else {
      turns.push(resolve);
      channel.port2.postMessage(null);
    }
  });

// --- what the lab tells ----------------------------------------------------------------------------

const host = {
  measured: (measured) => post("measured", measured),
  looked: () => show(),
  waits() {
    rest();
    post("waits");
  },
  passDone: (done) => post("passDone", done),
  scored: (answers) => post("scored", answers),
  counted: (cases) => post("counted", cases),
  checked: (report) => post("checked", report),
  timed: (speed) => post("timed", speed),
  turn,
};

function rest() {
  rests = true;
  for (const resolve of waiting.splice(0)) resolve();
}

/** Posts what the page shows of the network as it is now. */
function show() {
  if (!lab || !shown.visible) return;
  const look = {
    kernels: lab.kernels(),
    glyphs: shown.glyphPictures && lab.glyphs(shown.glyphPictures),
    layers: shown.picture && lab.layers(shown.picture),
    number: shown.number,
  };
  post("look", look);
}

// --- the digits ------------------------------------------------------------------------------------

/** Fetches the files of MNIST beside the page and tells how far it is. */
async function fetchDigits() {
  const fetched = async (name) => {
    const address = new URL(`digits/${name}`, import.meta.url);
    let response;
    try {
      response = await fetch(address);
    } catch (error) {
      throw new Error(`${address} cannot be fetched (${error.message}): is the server still there?`);
    }
    if (!response.ok) {
      throw new Error(`${address} cannot be fetched: the server answers ${response.status}. The folder digits belongs beside the page.`);
    }
    return response;
  };
  const files = await (await fetched("index.json")).json();
  const total = files.reduce((sum, file) => sum + file.bytes, 0);
  let received = 0;
  const read = async ({ name }) => {
    const response = await fetched(name);
    const parts = [];
    for (const reader = response.body.getReader(); ; ) {
      const { done, value } = await reader.read();
      if (done) break;
      parts.push(value);
      received += value.length;
      // A server that unpacks the files sends more than their size.
      post("digits", { received: Math.min(received, total), total });
    }
    return new Uint8Array(await new Blob(parts).arrayBuffer());
  };
  return Promise.all(files.map(read));
}

// --- what the page calls ---------------------------------------------------------------------------

const methods = {
  /** Loads program and digits. */
  async open() {
    const [files] = await Promise.all([fetchDigits(), init()]);
    lab = new Lab(...files);
    const firsts = Array.from(lab.firstOfEach());
    shown.glyphPictures = lab.images(Uint32Array.from(firsts));
    return {
      recipes: Lab.recipes(),
      labels: lab.labels(),
      firstOfEach: firsts,
      webGpu: await findWebGpu(),
    };
  },
  computeOn: (adapter) => lab.computeOn(adapter),
  /** Returns the network; the page asks to be shown it when it has made room. */
  reset(recipe, seed) {
    lab.reset(recipe, seed);
    return lab.network();
  },
  async train() {
    rests = false;
    try {
      return await lab.train(host);
    } finally {
      rest();
    }
  },
  goOn(steps) {
    rests = false;
    lab.goOn(steps);
  },
  /** Resolves when no step is under way any more. */
  pause() {
    lab.pause();
    return rests ? undefined : new Promise((resolve) => waiting.push(resolve));
  },
  stop: () => lab.stop(),
  limit: (stepsPerSecond) => lab.limit(stepsPerSecond),
  score: () => lab.score(host),
  images: (places) => lab.images(Uint32Array.from(places)),
  /** From now on the page shows `picture`, by whose `number` it tells looks apart. */
  showPicture(picture, number) {
    Object.assign(shown, { picture, number });
    show();
  },
  setVisible(visible) {
    shown.visible = visible;
    show();
  },
  layers: (picture) => lab.layers(picture),
  unit: (picture, layer, unit) => lab.unit(picture, layer, unit),
  readLine: (pixels, width, height) => lab.readLine(pixels, width, height),
  digitIn: (pixels, width, height) => Lab.digitIn(pixels, width, height),
  save: () => lab.save(),
  load(name, bytes) {
    lab.load(name, bytes);
    return lab.network();
  },
  verify: (filter) => lab.verify(filter, host),
  bench: () => lab.bench(host),
  cancel: () => lab.cancel(),
};

self.onmessage = async ({ data: { id, method, args } }) => {
  try {
    self.postMessage({ id, result: await methods[method](...args) });
  } catch (error) {
    const { name = "Error", message = String(error) } = error ?? {};
    self.postMessage({ id, error: { name, message } });
  }
};
