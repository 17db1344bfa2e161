// The page in a browser, as the tests see it.

import puppeteer from "puppeteer-core";

// Nothing of the browser's own is to take time or go elsewhere.
const FLAGS = [
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // A page in the background is slowed down otherwise.
  "--disable-renderer-backgrounding",
];
/** On a machine without a GPU WebGPU then computes on SwiftShader. */
const WITH_WEBGPU = ["--enable-unsafe-webgpu"];

/** Chromium, that at the path in CHROMIUM, with WebGPU or without. */
export const launch = ({ webGpu }) =>
  puppeteer.launch({
    executablePath: process.env.CHROMIUM,
    headless: true,
    args: [...FLAGS, ...(webGpu ? WITH_WEBGPU : [])],
    protocolTimeout: 180_000,
  });

/** A page of lenet-gpu, and everything that it complained about. */
export class Page {
  complaints = [];

  static async open(browser, address, { width = 1280, height = 900, prepare } = {}) {
    const self = new Page();
    self.page = await browser.newPage();
    self.page.on("console", (message) => {
      if (["error", "warn"].includes(message.type())) self.complaints.push(message.text());
    });
    self.page.on("pageerror", (error) => self.complaints.push(error.message));
    await self.page.setViewport({ width, height });
    if (prepare) await prepare(self.page);
    await self.page.goto(address);
    await self.until(() => !document.getElementById("start").disabled, "the page is ready");
    return self;
  }

  /** Waits until `condition` holds in the page. */
  async until(condition, what, seconds = 120, ...args) {
    try {
      await this.page.waitForFunction(condition, { timeout: 1000 * seconds, polling: 100 }, ...args);
    } catch (error) {
      throw new Error(`waited ${seconds} s in vain until ${what}: ${error.message}; ${await this.text("#status")}; ${this.complaints.join("; ")}`);
    }
  }

  click(selector) {
    return this.page.$eval(selector, (element) => element.click());
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.textContent);
  }

  /** A figure in full. */
  async value(id) {
    return Number(await this.page.$eval(`#${id}`, (element) => element.value));
  }

  /** Makes one step and returns its loss. */
  async step() {
    const before = await this.value("step-number");
    await this.click("#step");
    await this.until(
      (number) => Number(document.getElementById("step-number").value) > number && !document.getElementById("step").disabled,
      "a step is made", 120, before,
    );
    return this.value("loss");
  }

  /** Trains until there are so many steps, and comes to rest. */
  async trainTo(steps) {
    await this.click("#start");
    await this.until((number) => Number(document.getElementById("step-number").value) >= number, `${steps} steps are made`, 300, steps);
    await this.pause();
  }

  async pause() {
    await this.click("#start");
    await this.until(() => document.getElementById("start").textContent === "Go on", "training pauses");
  }

  /** The pixels of a canvas, as one number that tells whether they have changed. */
  picture(selector) {
    return this.page.$eval(selector, (canvas) => canvas.toDataURL());
  }

  /** Draws strokes of places in parts of the field. */
  async draw(...strokes) {
    const pad = await this.page.$("#pad");
    await pad.scrollIntoView();
    const { x, y, width, height } = await pad.boundingBox();
    const { mouse } = this.page;
    for (const [first, ...rest] of strokes) {
      await mouse.move(x + width * first[0], y + height * first[1]);
      await mouse.down();
      for (const place of rest) await mouse.move(x + width * place[0], y + height * place[1], { steps: 4 });
      await mouse.up();
    }
  }
}
