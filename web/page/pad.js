// A field to draw a digit in, by mouse, finger, pen or keyboard.

import { pixelsOf } from "./pixels.js";

const STROKE = 22;
/** How far an arrow key moves the pen, in pixels. */
const KEY_STEP = 10;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Pad {
  #canvas;
  #context;
  #changed;
  /** Where a stroke is, by pointer. */
  #strokes = new Map();
  #pen;
  #empty = true;
  /** What was drawn, without the pen of the keyboard. */
  #ink;

  /** `changed` is called after each piece of a stroke. */
  constructor(canvas, changed) {
    this.#canvas = canvas;
    this.#ink = document.createElement("canvas");
    this.#ink.width = canvas.width;
    this.#ink.height = canvas.height;
    this.#context = this.#ink.getContext("2d", { willReadFrequently: true });
    this.#changed = changed;
    this.clear();
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.#strokes.set(event.pointerId, this.#placeOf(event));
      this.#strokeTo(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#strokes.has(event.pointerId)) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) this.#strokeTo(part);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, ({ pointerId }) => this.#strokes.delete(pointerId));
    }
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("focus", () => this.#show());
    canvas.addEventListener("blur", () => this.#show());
  }

  get isEmpty() {
    return this.#empty;
  }

  clear() {
    this.#context.fillStyle = "#fff";
    this.#context.fillRect(0, 0, this.#ink.width, this.#ink.height);
    this.#pen = { place: [this.#ink.width / 2, this.#ink.height / 4], down: false };
    this.#empty = true;
    this.#show();
  }

  pixels() {
    return pixelsOf(this.#context);
  }

  #placeOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [((clientX - left) / width) * this.#ink.width, ((clientY - top) / height) * this.#ink.height];
  }

  #strokeTo(event) {
    const to = this.#placeOf(event);
    this.#line(this.#strokes.get(event.pointerId) ?? to, to);
    this.#strokes.set(event.pointerId, to);
  }

  #line(from, to) {
    const context = this.#context;
    context.strokeStyle = "#000";
    context.lineWidth = STROKE;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
    this.#empty = false;
    this.#show();
    this.#changed();
  }

  #key(event) {
    if (event.key === " ") {
      event.preventDefault();
      this.#pen.down = !this.#pen.down;
      if (this.#pen.down) this.#line(this.#pen.place, this.#pen.place);
      this.#show();
      return;
    }
    const direction = ARROWS[event.key];
    if (!direction) return;
    event.preventDefault();
    const limits = [this.#ink.width, this.#ink.height];
    const moved = this.#pen.place.map((at, axis) =>
      Math.min(limits[axis], Math.max(0, at + direction[axis] * KEY_STEP)),
    );
    if (this.#pen.down) this.#line(this.#pen.place, moved);
    this.#pen.place = moved;
    this.#show();
  }

  /** The ink and, while the keyboard steers it, the pen: a ring, filled while it is down. */
  #show() {
    const context = this.#canvas.getContext("2d");
    context.drawImage(this.#ink, 0, 0);
    if (!this.#canvas.matches(":focus-visible")) return;
    context.strokeStyle = context.fillStyle = "#d4145a";
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...this.#pen.place, 6, 0, 2 * Math.PI);
    if (this.#pen.down) context.fill();
    context.stroke();
  }
}
