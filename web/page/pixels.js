// Values as pixels on small canvases, which the style sheet scales without smoothing.

/** The value of f(±∞): what the network computes is between its negative and this. */
const AMPLITUDE = 1.7159;

const grey = (part) => {
  const level = Math.round(255 * (1 - Math.min(1, Math.max(0, part))));
  return [level, level, level];
};

/** From white at −1.7159 to black at 1.7159. */
export const activation = (value) => grey((value / AMPLITUDE + 1) / 2);

/** From white at the level of paper to black at that of ink. */
export const input = (value) => grey((value + 0.1) / 1.275);

/** From white for paper, 0, to black for ink, 255. */
export const byte = (value) => grey(value / 255);

/** From blue at −`bound` through white to orange at `bound`. */
export const signed = (bound) => (value) => {
  const part = Math.min(1, Math.abs(value) / bound);
  const [red, green, blue] = value < 0 ? [11, 92, 173] : [191, 84, 0];
  const mix = (colour) => Math.round(255 + part * (colour - 255));
  return [mix(red), mix(green), mix(blue)];
};

/** The largest absolute value of `values`. */
export const boundOf = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);

/** A rectangle of `values`, row by row, at a place of a canvas. */
export function paint(context, values, width, [left, top], colour) {
  const height = Math.ceil(values.length / width);
  const image = context.createImageData(width, height);
  for (let place = 0; place < values.length; place++) {
    image.data.set(colour(values[place]), 4 * place);
    image.data[4 * place + 3] = 255;
  }
  context.putImageData(image, left, top);
}

/** A canvas that shows `values`, row by row, and nothing else. */
export function paintAlone(canvas, values, width, colour) {
  const height = Math.ceil(values.length / width);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  paint(canvas.getContext("2d"), values, width, [0, 0], colour);
}

/** The pixels of a canvas as the worker takes them: red, green, blue and alpha. */
export function pixelsOf(context) {
  const { width, height } = context.canvas;
  return { pixels: context.getImageData(0, 0, width, height).data, width, height };
}

/** Rows and columns of a digit. */
export const SIDE = 28;

/** One of several digits that follow each other. */
export const digitAt = (digits, place) => digits.subarray(place * SIDE * SIDE, (place + 1) * SIDE * SIDE);

/** The code of `digit` in `network`, and its width. */
export function codeOf(network, digit) {
  const [height, width] = network.code_shape;
  const code = network.codes.slice(digit * height * width, (digit + 1) * height * width);
  return { code: Float32Array.from(code), width, height };
}

/** A figure of a canvas and `words`. */
export function figureOf(canvas, words) {
  const figure = document.createElement("figure");
  const caption = document.createElement("figcaption");
  caption.textContent = words;
  figure.append(canvas, caption);
  return figure;
}

/** A new canvas of `width` by `height` pixels, each `zoom` wide on the page; without a label it adds nothing to its words. */
export function canvasOf(width, height, zoom, label) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${width * zoom}px`;
  canvas.style.height = `${height * zoom}px`;
  if (label) {
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", label);
  }
  return canvas;
}
