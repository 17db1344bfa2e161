// A line of digits as it was read: the line as the network sees it, over it the closest digit at every
// position, and what was read on top.

import { SIDE, byte, canvasOf, paintAlone } from "./pixels.js";

// All sizes are in pixels.

/** Side of a pixel of the line, where there is room for it. */
const ZOOM = 4;
/** The widest line that is drawn: some browsers have no canvas of more than 32,767 pixels. */
const WIDEST = 32_000;
/** Beside the line, for digits at its ends. */
const MARGIN = 12;
/** Height of the digits that were read, and of the closest ones. */
const READ_HEIGHT = 40;
const CLOSEST_HEIGHT = 26;
/** The grey of a digit that is no closer than the rubbish class. */
const LIGHTEST = 215;

export class Line {
  #place;

  constructor(place) {
    this.#place = place;
  }

  show({ ink, width, digits, closest }) {
    const zoom = Math.min(ZOOM, WIDEST / width);
    const input = READ_HEIGHT + CLOSEST_HEIGHT;
    const read = digits.map(({ digit }) => digit).join("");
    const label = `The line as the network sees it, the closest digit at every position, and what was read: ${read || "nothing"}`;
    const canvas = canvasOf(zoom * width + 2 * MARGIN, input + zoom * SIDE + MARGIN, 1, label);
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const write = (digit, column, y) => context.fillText(digit, MARGIN + zoom * (column + 0.5), y);
    context.font = "30px sans-serif";
    context.fillStyle = "#000";
    for (const { digit, column } of digits) write(digit, column, READ_HEIGHT / 2);
    context.font = "13px sans-serif";
    for (const { digit, column, distance } of closest) {
      const grey = Math.trunc(LIGHTEST * distance);
      context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
      write(digit, column, READ_HEIGHT + CLOSEST_HEIGHT / 2);
    }
    const pixels = document.createElement("canvas");
    paintAlone(pixels, ink, width, byte);
    context.imageSmoothingEnabled = false;
    context.drawImage(pixels, MARGIN, input, zoom * width, zoom * SIDE);
    context.strokeStyle = "#aaa";
    context.strokeRect(MARGIN, input, zoom * width, zoom * SIDE);
    this.#place.replaceChildren(canvas);
  }

  clear() {
    this.#place.replaceChildren();
  }
}
