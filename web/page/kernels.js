// The kernels of the convolutions: C1's side by side, C3's by the maps that they read and write.

import { boundOf, canvasOf, figureOf, paint, signed } from "./pixels.js";

const SIDE = 5;
/** From one kernel to the next, in weights. */
const STEP = SIDE + 1;
/** Side of a weight on the page, by the number of maps that are read. */
const zoomOf = (inputs) => (inputs > 1 ? 5 : 9);

export class Kernels {
  #element;
  #layers = [];

  constructor(element) {
    this.#element = element;
  }

  /** Makes room for the kernels of `network`. */
  adopt(network) {
    this.#layers = network.layers
      .filter(({ kernels }) => kernels)
      .map(({ name, kernels, inputs, shape: [maps] }) => {
        const canvas = canvasOf(maps * STEP - 1, inputs * STEP - 1, zoomOf(inputs), `Kernels of ${name}`);
        return { name, kernels, inputs, canvas };
      });
    this.#element.replaceChildren(...this.#layers.map(kernelFigure));
  }

  /** Shows `weights`, a list for each layer. */
  show(weights) {
    this.#layers.forEach(({ kernels, canvas }, place) => {
      const context = canvas.getContext("2d");
      const colour = signed(boundOf(weights[place]));
      kernels.forEach(([input, output], number) => {
        const kernel = weights[place].subarray(number * SIDE * SIDE, (number + 1) * SIDE * SIDE);
        paint(context, kernel, SIDE, [output * STEP, input * STEP], colour);
      });
    });
  }
}

function kernelFigure({ name, kernels, inputs, canvas }) {
  const words =
    inputs > 1
      ? `${name}: ${kernels.length} kernels, by the map that they read (row) and write (column), as in the paper's Table I where C3 has gaps`
      : `${name}: ${kernels.length} kernels of 5×5; blue is negative, orange positive`;
  const figure = figureOf(canvas, words);
  // It may be wider than a phone: the keyboard scrolls what it can reach.
  figure.tabIndex = 0;
  return figure;
}
