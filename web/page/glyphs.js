// What F6 draws for ten test digits, each beside the digit and the code of its class.

import { activation, byte, canvasOf, paintAlone } from "./pixels.js";

export class Glyphs {
  #list;
  #words;
  #canvases = [];

  constructor(list, words) {
    this.#list = list;
    this.#words = words;
  }

  /** Shows the digits of `pictures` and the codes of `network`; with another head there are none. */
  adopt(network, pictures, labels) {
    this.#list.hidden = this.#words.hidden = !network.has_codes;
    const [, width] = network.code_shape;
    const length = network.codes.length / labels.length;
    this.#canvases = [];
    const items = labels.map((label, place) => {
      const item = document.createElement("li");
      const digit = canvasOf(28, 28, 2, `A test digit ${label}`);
      const glyph = canvasOf(width, length / width, 5, `What F6 draws for it`);
      const code = canvasOf(width, length / width, 5, `The code of ${label}`);
      digit.className = "digit";
      glyph.className = code.className = "glyph";
      paintAlone(digit, pictures.subarray(place * 784, (place + 1) * 784), 28, byte);
      const codes = Float32Array.from(network.codes.slice(label * length, (label + 1) * length));
      paintAlone(code, codes, width, activation);
      this.#canvases.push({ glyph, width });
      item.append(digit, glyph, code);
      return item;
    });
    this.#list.replaceChildren(...items);
  }

  show(glyphs) {
    this.#canvases.forEach(({ glyph, width }, place) => {
      if (glyphs[place]) paintAlone(glyph, glyphs[place], width, activation);
    });
  }
}
