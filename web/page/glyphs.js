// What F6 draws for ten test digits, each beside the digit and the code of its class.

import { SIDE, activation, byte, canvasOf, codeOf, digitAt, paintAlone } from "./pixels.js";

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
    this.#canvases = [];
    const items = labels.map((label, place) => {
      const item = document.createElement("li");
      const { code: values, width, height } = codeOf(network, label);
      const digit = canvasOf(SIDE, SIDE, 2, `A test digit ${label}`);
      const glyph = canvasOf(width, height, 5, `What F6 draws for it`);
      const code = canvasOf(width, height, 5, `The code of ${label}`);
      digit.className = "digit";
      glyph.className = code.className = "glyph";
      paintAlone(digit, digitAt(pictures, place), SIDE, byte);
      paintAlone(code, values, width, activation);
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
