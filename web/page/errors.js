// The confusion matrix, and the test digits that are answered wrongly.

import { SIDE, byte, canvasOf, digitAt, paintAlone } from "./pixels.js";

/** Digits that are shown at once. */
const AT_ONCE = 60;

export class Errors {
  #elements;
  #imagesOf;
  #choose;
  #labels;
  #answers;
  #wrong = [];
  #shown = 0;

  /** `imagesOf(places)` resolves to test digits; `choose(place)` shows the layers of one. */
  constructor(elements, imagesOf, choose) {
    this.#elements = elements;
    this.#imagesOf = imagesOf;
    this.#choose = choose;
    elements.more.addEventListener("click", () => this.#showMore());
  }

  set labels(labels) {
    this.#labels = labels;
  }

  /** Nothing is known of the network that there is now. */
  clear() {
    const { words, table, sheetWords, sheet, more } = this.#elements;
    words.textContent = "After each pass, the test digits that the network still gets wrong are here.";
    table.hidden = more.hidden = true;
    sheetWords.textContent = "";
    sheet.replaceChildren();
    this.#answers = undefined;
  }

  show(score) {
    this.#answers = score.answers;
    const [low, high] = score.interval_percent;
    this.#elements.words.textContent =
      `${score.errors} of ${score.count} test digits are answered wrongly: ${score.error_percent.toFixed(2)} % ` +
      `(95 % confidence interval ${low.toFixed(2)} to ${high.toFixed(2)} %).`;
    this.#showConfusion(score.confusion);
    this.#showSheet();
  }

  #showConfusion(confusion) {
    const { table } = this.#elements;
    const head = document.createElement("tr");
    head.append(cell("td", ""), ...confusion.map((_, answer) => cell("th", answer, "col")));
    const rows = confusion.map((counts, digit) => {
      const row = document.createElement("tr");
      const cells = counts.map((count, answer) => {
        if (!count || digit === answer) return cell("td", count || "·");
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = count;
        button.setAttribute("aria-label", `${count} times ${digit} answered as ${answer}`);
        button.addEventListener("click", () => this.#showSheet(digit, answer));
        const withButton = document.createElement("td");
        withButton.append(button);
        return withButton;
      });
      row.append(cell("th", digit, "row"), ...cells);
      return row;
    });
    table.tHead?.remove();
    table.tBodies[0]?.remove();
    table.createTHead().append(head);
    table.createTBody().append(...rows);
    table.hidden = false;
  }

  /** The wrong answers to `digit` that are `answer`; all without them. */
  #showSheet(digit, answer) {
    const places = Array.from(this.#answers.keys());
    this.#wrong = places.filter((place) => {
      const [label, given] = [this.#labels[place], this.#answers[place]];
      return label !== given && (digit === undefined || (label === digit && given === answer));
    });
    this.#elements.sheetWords.textContent =
      digit === undefined
        ? `All ${this.#wrong.length} of them, with class and answer; choose one to see its layers.`
        : `The digits ${digit} that are answered as ${answer}: ${this.#wrong.length}.`;
    this.#elements.sheet.replaceChildren();
    this.#shown = 0;
    this.#showMore();
  }

  async #showMore() {
    const wrong = this.#wrong;
    const places = wrong.slice(this.#shown, this.#shown + AT_ONCE);
    this.#shown += places.length;
    const images = await this.#imagesOf(places);
    // Another sheet may have been asked for in the meantime.
    if (wrong !== this.#wrong) return;
    const items = places.map((place, number) => this.#item(place, digitAt(images, number)));
    this.#elements.sheet.append(...items);
    this.#elements.more.hidden = this.#shown >= wrong.length;
  }

  #item(place, image) {
    const words = `${this.#labels[place]} → ${this.#answers[place]}`;
    const item = document.createElement("li");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-label", `Test digit ${place}, a ${this.#labels[place]} answered as ${this.#answers[place]}: show its layers`);
    const canvas = canvasOf(SIDE, SIDE, 2);
    paintAlone(canvas, image, SIDE, byte);
    const caption = document.createElement("span");
    caption.textContent = words;
    button.append(canvas, caption);
    button.addEventListener("click", () => this.#choose(place));
    item.append(button);
    return item;
  }
}

function cell(name, text, scope) {
  const element = document.createElement(name);
  element.textContent = text;
  if (scope) element.scope = scope;
  return element;
}
