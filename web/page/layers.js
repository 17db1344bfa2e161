// All layers for one digit, and what a unit that is pointed at sees and sums up.

import { activation, boundOf, canvasOf, figureOf, input as inputColour, paint, paintAlone, signed } from "./pixels.js";

/** Between two maps, in units. */
const GAP = 2;
/** The widest line of maps, in pixels of the page. */
const LINE = 600;

const number = (value) => value.toLocaleString("en", { minimumFractionDigits: 3, maximumFractionDigits: 3 });

/** One layer's maps on a canvas. */
class Maps {
  constructor({ name, shape: [maps, height, width] }, zoom) {
    Object.assign(this, { name, maps, height, width, zoom });
    // Layers without maps are drawn as rectangles: F6 as wide as its codes.
    const rows = Math.ceil(maps / Math.max(1, Math.floor(LINE / ((width + GAP) * zoom))));
    this.columns = Math.ceil(maps / rows);
    this.step = [width + GAP, height + GAP];
    const size = [this.columns * this.step[0] - GAP, rows * this.step[1] - GAP];
    this.canvas = canvasOf(...size, zoom);
    this.context = this.canvas.getContext("2d");
  }

  corner(map) {
    return [(map % this.columns) * this.step[0], Math.floor(map / this.columns) * this.step[1]];
  }

  show(values, colour) {
    const area = this.width * this.height;
    // Marks reach into the gaps.
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    for (let map = 0; map < this.maps; map++) {
      paint(this.context, values.subarray(map * area, (map + 1) * area), this.width, this.corner(map), colour);
    }
  }

  /** The unit at a place of the canvas, in units; undefined between maps. */
  unitAt([x, y]) {
    const [column, row] = [Math.floor(x / this.step[0]), Math.floor(y / this.step[1])];
    const [inMapX, inMapY] = [Math.floor(x % this.step[0]), Math.floor(y % this.step[1])];
    const map = row * this.columns + column;
    const inMap = inMapX < this.width && inMapY < this.height && column < this.columns;
    if (!inMap || map >= this.maps || row < 0) return undefined;
    return (map * this.height + inMapY) * this.width + inMapX;
  }

  /** Frames `unit`. */
  mark(unit) {
    const area = this.width * this.height;
    const [left, top] = this.corner(Math.floor(unit / area));
    const inMap = unit % area;
    frame(this.context, [left + (inMap % this.width), top + Math.floor(inMap / this.width)], [1, 1]);
  }
}

function frame(context, [left, top], [width, height]) {
  context.strokeStyle = "#d4145a";
  context.lineWidth = 1;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
}

/** How a layer without maps is laid out: as rows of so many units. */
const asRows = (layer, network) => {
  const [maps, height, width] = layer.shape;
  if (height * width > 1) return layer.shape;
  const codeLength = network.code_shape[0] * network.code_shape[1];
  if (maps === codeLength) return [1, ...network.code_shape];
  return [1, Math.ceil(maps / 40), Math.min(maps, 40)];
};

export class Layers {
  #elements;
  #ask;
  #network;
  #maps = [];
  #input;
  #picture = null;
  #values = null;
  #chosen = null;
  /** What the chosen unit sees: the edges of its field. */
  #field = null;
  #asking = false;

  /** `ask(picture, layer, unit)` resolves to what the unit sees. */
  constructor(elements, ask) {
    this.#elements = elements;
    this.#ask = ask;
  }

  /** Makes room for the layers of `network`. */
  adopt(network) {
    this.#network = network;
    this.#values = this.#chosen = this.#field = null;
    this.#input = new Maps({ name: "input", shape: [1, ...network.input] }, 5);
    const input = this.#input;
    const figures = [mapsFigure(input.canvas, `Input: ${network.input.join("×")} pixels`)];
    // The penalties of the last layer are among the bars of what is drawn, and in words above the layers.
    this.#maps = network.layers.slice(0, -1).map((layer, place) => {
      const shape = asRows(layer, network);
      const maps = new Maps({ name: layer.name, shape }, shape[2] > 20 && shape[0] > 1 ? 3 : 5);
      figures.push(mapsFigure(maps.canvas, captionOf(layer)));
      this.#listen(maps, place);
      return maps;
    });
    input.canvas.setAttribute("role", "img");
    input.canvas.setAttribute("aria-label", "The digit");
    this.#elements.layers.replaceChildren(...figures);
    this.#showUnit(null);
  }

  /** Shows the outputs of the layers for `picture`. */
  show(picture, values) {
    this.#picture = picture;
    this.#values = values;
    this.#draw();
    this.#describe();
  }

  #draw() {
    if (!this.#values) return;
    this.#input.show(this.#values.field, inputColour);
    this.#maps.forEach((maps, place) => maps.show(this.#values.outputs[place], activation));
    if (this.#chosen) this.#maps[this.#chosen.layer].mark(this.#chosen.unit);
    if (this.#field) {
      const [top, bottom, left, right] = this.#field;
      frame(this.#input.context, [left, top], [right - left, bottom - top]);
    }
  }

  #listen(maps, layer) {
    const { canvas } = maps;
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "application");
    canvas.setAttribute("aria-label", `Units of ${maps.name}: arrow keys choose one`);
    const point = ({ offsetX, offsetY }) => {
      const scale = maps.canvas.width / maps.canvas.clientWidth;
      const unit = maps.unitAt([offsetX * scale, offsetY * scale]);
      if (unit !== undefined && unit < this.#unitsOf(layer)) this.choose(layer, unit);
    };
    canvas.addEventListener("pointermove", point);
    canvas.addEventListener("pointerdown", point);
    canvas.addEventListener("keydown", (event) => {
      const area = maps.width * maps.height;
      const steps = {
        ArrowLeft: -1, ArrowRight: 1, ArrowUp: -maps.width, ArrowDown: maps.width, PageUp: -area, PageDown: area,
      };
      const step = steps[event.key];
      if (step === undefined) return;
      event.preventDefault();
      const at = this.#chosen?.layer === layer ? this.#chosen.unit + step : 0;
      if (at >= 0 && at < this.#unitsOf(layer)) this.choose(layer, at);
    });
    canvas.addEventListener("focus", () => {
      if (this.#chosen?.layer !== layer) this.choose(layer, 0);
    });
  }

  #unitsOf(layer) {
    return this.#network.layers[layer].shape.reduce((a, b) => a * b);
  }

  choose(layer, unit) {
    if (this.#chosen?.layer === layer && this.#chosen.unit === unit) return;
    this.#chosen = { layer, unit };
    this.#describe();
  }

  /** Asks what the chosen unit sees. One question at a time: the pointer moves faster than answers come. */
  async #describe() {
    if (!this.#chosen || !this.#picture || this.#asking) return;
    this.#asking = true;
    try {
      let asked;
      do {
        asked = this.#chosen;
        const network = this.#network;
        const seen = await this.#ask(this.#picture, asked.layer, asked.unit);
        // Another network may have come in between, or another unit been chosen.
        if (this.#chosen === asked && this.#network === network) {
          this.#field = seen.field;
          this.#draw();
          this.#showUnit(asked, seen);
        }
      } while (this.#chosen && this.#chosen !== asked);
    } finally {
      this.#asking = false;
    }
  }

  #showUnit(chosen, seen) {
    const { title, sum, terms, idea } = this.#elements;
    if (!chosen) {
      title.textContent = "A unit";
      sum.textContent = "No unit is chosen.";
      terms.replaceChildren();
      idea.textContent = "";
      return;
    }
    const layer = this.#network.layers[chosen.layer];
    const [, height, width] = layer.shape;
    const map = Math.floor(chosen.unit / (height * width));
    const inMap = chosen.unit % (height * width);
    title.textContent =
      height * width > 1
        ? `${layer.name}, map ${map + 1}, row ${Math.floor(inMap / width) + 1}, column ${(inMap % width) + 1}`
        : `${layer.name}, unit ${map + 1}`;
    const before = chosen.layer ? this.#values.outputs[chosen.layer - 1] : this.#values.field;
    const { inputs, weights, bias, output, field } = seen;
    const values = Float32Array.from(inputs, (place) => before[place]);
    const products = values.map((value, place) => value * weights[place]);
    const total = products.reduce((all, product) => all + product, 0) + bias;
    const [top, bottom, left, right] = field;
    sum.textContent =
      `It sees ${bottom - top}×${right - left} pixels of the input. It sums up ${inputs.length === 1 ? "one input times its weight" : `${inputs.length} inputs times their weights`}, ` +
      `${number(total - bias)}, and its bias, ${number(bias)}: a = ${number(total)}` +
      (layer.squashed ? `; squashed, f(a) = ${number(output)}.` : ".");
    this.#showTerms(terms, chosen, { values, weights, products });
    idea.textContent = ideaOf(layer);
  }

  /** The inputs, the weights and their products, in rows; those of a map come one after the other. */
  #showTerms(element, chosen, { values, weights, products }) {
    const width = this.#widthOfTerms(chosen.layer, values.length);
    const bound = boundOf(products);
    const figures = [
      ["inputs", values, chosen.layer ? activation : inputColour],
      ["weights", weights, signed(boundOf(weights))],
      ["products", products, signed(bound)],
    ].map(([name, numbers, colour]) => {
      const height = Math.ceil(numbers.length / width);
      const zoom = Math.max(2, Math.min(14, Math.floor(150 / height), Math.floor(90 / width)));
      const canvas = canvasOf(width, height, zoom, `Its ${name}`);
      paintAlone(canvas, numbers, width, colour);
      return mapsFigure(canvas, name);
    });
    element.replaceChildren(...figures);
  }

  #widthOfTerms(layer, count) {
    if (this.#network.layers[layer].kernels) return 5;
    if (count <= 4) return 2;
    const before = layer ? this.#network.layers[layer - 1].shape : [1, ...this.#network.input];
    return before[2] > 1 ? before[2] * before[2] : 12;
  }
}

function mapsFigure(canvas, words) {
  const figure = figureOf(canvas, words);
  figure.className = "maps";
  return figure;
}

function captionOf({ name, description, shape: [maps, height, width], parameters }) {
  const size = height * width > 1 ? `${maps} maps of ${height}×${width}` : `${maps} units`;
  const weights = parameters ? `${parameters.toLocaleString("en")} parameters` : "nothing to learn";
  return `${name}: ${description}; ${size}, ${weights}`;
}

/** The deck's key idea that a layer shows, with its numbers. */
function ideaOf(layer) {
  const { name, kernels, fan_in: fanIn, shape: [maps, height, width], parameters, connections } = layer;
  if (kernels) {
    return (
      `Local receptive fields: a unit sees 5×5 of a map and nothing else. Shared weights: all ${height}×${width} ` +
      `units of a map have the same weights, so ${name} learns only ${countOf(fanIn, maps)} = ` +
      `${parameters.toLocaleString("en")} parameters for ${connections.toLocaleString("en")} connections.`
    );
  }
  if (height * width > 1) {
    return (
      `Sub-sampling: 2×2 units become one, so that where exactly a feature was matters less. ` +
      (parameters
        ? `Each map has one coefficient and one bias: (1+1)·${maps} = ${parameters} parameters.`
        : `There is nothing to learn.`)
    );
  }
  return `Full connection: every unit sees all ${fanIn[0]} outputs before it: (${fanIn[0]}+1)·${maps} = ${parameters.toLocaleString("en")} parameters.`;
}

/** As (5·5·1+1)·6: inputs and bias of a unit, times the maps that have so many. */
function countOf(fanIn, maps) {
  const counts = new Map();
  for (const inputs of fanIn) counts.set(inputs, (counts.get(inputs) ?? 0) + 1);
  const parts = [...counts].map(([inputs, count]) => `(5·5·${inputs / 25}+1)·${count}`);
  return counts.size === 1 ? `(5·5·${fanIn[0] / 25}+1)·${maps}` : parts.join(" + ");
}
