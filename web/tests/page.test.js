// The page in Chromium: with WebGPU, which without a GPU computes on SwiftShader, and without.
//
// PAGE is the folder of the page, PROGRAM the native program, PICTURES where screenshots go.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before, describe, test } from "node:test";
import axe from "axe-core";
import { launch, Page } from "./page.js";
import { serve } from "./serve.js";

const { PAGE, PROGRAM, PICTURES } = process.env;
/** Losses of the first steps, as the reference computes them; a test of the crate holds them to it. */
const FIRST = JSON.parse(readFileSync(new URL("../../tests/fixtures/first-losses.json", import.meta.url)));
/** Cases that are quick on SwiftShader, of both plans of a step. */
const CASES = process.env.CASES ?? "rbf., reduce., loss., squash., forward_backward max, fused_update";
/** The least that a pass over the digits has to reach, in per cent. */
const GOOD = 4;

const scratch = mkdtempSync(join(tmpdir(), "lenet-web-"));
let server;
before(async () => (server = await serve(PAGE)));
after(() => {
  server.close();
  rmSync(scratch, { recursive: true });
});

/** Has the page save its model, and returns the bytes that arrive. */
async function save({ page }) {
  const session = await page.browser().target().createCDPSession();
  await session.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: scratch, eventsEnabled: true });
  const arrived = new Promise((resolve) => {
    session.on("Browser.downloadProgress", ({ state }) => state === "completed" && resolve());
  });
  await page.$eval("#save", (button) => button.click());
  await arrived;
  return readFileSync(join(scratch, "model.safetensors"));
}

/** Errors on the test digits, as the native program counts them. */
function nativeErrors(model) {
  const file = join(scratch, "saved.safetensors");
  writeFileSync(file, model);
  const output = execFileSync(PROGRAM, ["eval", file, "--adapter", "cpu", "--json"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return JSON.parse(output).errors;
}

/** What the native program reads in a picture of a line. */
function nativeReading(model, picture) {
  const output = execFileSync(PROGRAM, ["read", picture, "--model", model, "--adapter", "cpu", "--json"], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return JSON.parse(output).lines[0].text;
}

/** The picture as a card on lighter paper, in a frame, as a PNG in base 64; runs in the page. */
async function framedPicture(base64) {
  const picture = new Image();
  picture.src = `data:image/png;base64,${base64}`;
  await picture.decode();
  const canvas = document.createElement("canvas");
  canvas.width = picture.width + 120;
  canvas.height = picture.height + 120;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 60, 60);
  context.lineWidth = 4;
  context.strokeRect(40, 40, canvas.width - 80, canvas.height - 80);
  return canvas.toDataURL("image/png").split(",")[1];
}

/** Answers the test digits and returns the number of errors that the page tells. */
async function pageErrors(page) {
  await page.click("#score");
  await page.until(() => /answered wrongly/.test(document.getElementById("errors-words").textContent), "the test digits are answered", 300);
  return Number(/^(\d+) of/.exec(await page.text("#errors-words"))[1]);
}

async function assertNoBarriers(page) {
  await page.page.evaluate(axe.source);
  const { violations } = await page.page.evaluate(() => window.axe.run());
  const words = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(", ")}`);
  assert.deepEqual(words, []);
}

describe("with WebGPU", () => {
  let browser, page;
  before(async () => {
    browser = await launch({ webGpu: true });
    page = await Page.open(browser, `${server.address}#on=webgpu&seed=${FIRST.seed}`);
  });
  after(() => browser.close());

  test("the first losses are the reference's", async () => {
    assert.match(await page.text("#compute"), /^Computing by WebGPU/);
    for (const expected of FIRST.losses) {
      const loss = await page.step();
      assert.ok(Math.abs(loss - expected) < 1e-4, `${loss}, expected ${expected}`);
    }
  });

  test("training changes what is seen, and can be paused", async () => {
    const pictures = async () => [await page.picture("#kernels canvas"), await page.picture("#glyphs .glyph"), await page.picture("#layers .maps:nth-child(2) canvas")];
    const atFirst = await pictures();
    await page.trainTo(24);
    const steps = await page.value("step-number");
    const later = await pictures();
    atFirst.forEach((picture, place) => assert.notEqual(picture, later[place], `picture ${place}`));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assert.equal(await page.value("step-number"), steps);
    assert.ok((await page.value("samples-per-second")) > 0);
  });

  test("a unit shows what it sees", async () => {
    const canvas = await page.page.$("#layers .maps:nth-child(2) canvas");
    await canvas.focus();
    await page.until(() => document.getElementById("unit-title").textContent.startsWith("C1"), "a unit of C1 is chosen");
    await page.page.keyboard.press("ArrowDown");
    await page.until(() => document.getElementById("unit-title").textContent === "C1, map 1, row 2, column 1", "the unit below is chosen");
    assert.match(await page.text("#unit-sum"), /sees 5×5 pixels.* 25 inputs/);
    assert.match(await page.text("#unit-idea"), /\(5·5·1\+1\)·6 = 156/);
  });

  test("training goes on after the device was lost", async () => {
    const steps = await page.value("step-number");
    await page.click("#start");
    const session = await browser.target().createCDPSession();
    await session.send("Browser.crashGpuProcess");
    await page.until(() => /was lost/.test(document.getElementById("status").textContent), "the page says so");
    await page.until((before) => Number(document.getElementById("step-number").value) > before + 3, "training goes on", 300, steps);
    assert.match(await page.text("#compute"), /^Computing by WebGPU/);
    await page.pause();
  });

  test("cases of the harness pass", async () => {
    await page.page.$eval("#filter", (element, cases) => (element.value = cases), CASES);
    await page.click("#verify-run");
    await page.until(() => !document.getElementById("verify-copy").disabled, "the cases are run", 600);
    assert.match(await page.text("#verify-status"), /^(\d+) of \1 cases passed\.$/, await page.text("#cases"));
    assert.ok((await page.page.$$("#cases tbody tr")).length > 20);
  });

  test("nothing is complained about or fetched from elsewhere", () => {
    assert.deepEqual(page.complaints, []);
    assert.ok(server.requests.every((path) => path.startsWith("/some/where/") || path === "/favicon.ico"), server.requests.join());
  });
});

describe("without WebGPU", () => {
  let browser, page, model;
  before(async () => {
    browser = await launch({ webGpu: false });
    page = await Page.open(browser, server.address);
  });
  after(() => browser.close());

  test("the page says so and computes on the processor", async () => {
    const words = await page.text("#compute");
    assert.match(words, /offers no adapter.*chrome:\/\/gpu.*processor/);
  });

  test("the first losses are the reference's", async () => {
    for (const expected of FIRST.losses) {
      const loss = await page.step();
      assert.ok(Math.abs(loss - expected) < 1e-4, `${loss}, expected ${expected}`);
    }
  });

  test("one pass learns to read, and the native program agrees", async () => {
    await page.click("#start");
    await page.until(() => document.getElementById("test-error").value !== "", "a pass is done", 400);
    const error = await page.value("test-error");
    assert.ok(error < GOOD, `${error} %`);
    const row = await page.text("#passes tbody tr");
    console.log(`The pass, its loss, errors, and digits per second: ${row.replace(/\s+/g, " ")}`);
    await page.pause();
    const errors = await pageErrors(page);
    model = await save(page);
    assert.equal(nativeErrors(model), errors);
  });

  test("the digits it gets wrong are shown, and their layers", async () => {
    await page.until(() => document.querySelector("#sheet button"), "wrong digits are shown");
    await page.click("#confusion button");
    await page.until(() => /that are answered as/.test(document.getElementById("sheet-words").textContent), "a part is chosen");
    await page.click("#sheet button");
    await page.until(() => !document.getElementById("layers-answer").textContent.startsWith("Test digit 0,"), "its layers are shown");
  });

  test("drawn digits are recognised", async () => {
    await page.draw([[0.5, 0.15], [0.5, 0.85]]);
    await page.until(() => /is a 1,/.test(document.getElementById("recognised").textContent), "a stroke is a 1");
    await page.click("#clear");
    await page.draw([[0.3, 0.2], [0.72, 0.2], [0.45, 0.85]]);
    await page.until(() => /is a 7,/.test(document.getElementById("recognised").textContent), "two strokes are a 7");
    await page.page.$eval("#unsure", (element) => {
      element.value = 1;
      element.dispatchEvent(new Event("input"));
    });
    assert.match(await page.text("#recognised"), /^Unsure/);
  });

  test("digits can be drawn by the keyboard", async () => {
    await page.click("#clear");
    await page.page.focus("#pad");
    const { keyboard } = page.page;
    await keyboard.press("Space");
    for (let press = 0; press < 15; press++) await keyboard.press("ArrowDown");
    await keyboard.press("Space");
    await page.until(() => /may be a 1,|is a 1,/.test(document.getElementById("recognised").textContent), "a stroke is a 1");
  });

  test("a saved model can be loaded, and other files are refused", async () => {
    const fresh = await Page.open(browser, server.address);
    const input = await fresh.page.$("#load");
    const broken = join(scratch, "broken.safetensors");
    writeFileSync(broken, model.subarray(0, 1000));
    await input.uploadFile(broken);
    await fresh.step();
    await fresh.until(() => /not taken: 'broken.safetensors' is not a whole/.test(document.getElementById("keep-status").textContent), "a broken file is refused");
    assert.equal(await fresh.value("step-number"), 1);
    const whole = join(scratch, "model.safetensors");
    writeFileSync(whole, model);
    await input.uploadFile(whole);
    await fresh.until(() => /is loaded/.test(document.getElementById("keep-status").textContent), "the model is loaded");
    assert.equal(await pageErrors(fresh), nativeErrors(model));
    assert.deepEqual(fresh.complaints, []);
    await fresh.page.close();
  });

  test("a model that was trained for strings reads lines, as the native program does", async () => {
    const run = join(scratch, "strings");
    execFileSync(PROGRAM, ["train", "-q", "--adapter", "cpu", "--recipe", "strings", "--passes", "3", "--samples", "12000", "--out", run]);
    const strings = join(run, "model.safetensors");
    const picture = fileURLToPath(new URL("../../docs/reading/input.png", import.meta.url));
    const text = nativeReading(strings, picture);
    assert.match(text, /^\d{6,10}$/);
    const fresh = await Page.open(browser, server.address);
    const isHidden = (selector) => fresh.page.$eval(selector, (element) => element.closest("[hidden]") !== null);
    assert.deepEqual([await isHidden("#line"), await isHidden("#drawn")], [true, false]);
    await (await fresh.page.$("#load")).uploadFile(strings);
    await fresh.until(() => /is loaded/.test(document.getElementById("keep-status").textContent), "the model is loaded");
    assert.deepEqual([await isHidden("#line"), await isHidden("#drawn")], [false, true]);
    const input = await fresh.page.$("#line-picture");
    await input.uploadFile(strings);
    await fresh.until(() => /safetensors is not taken/.test(document.getElementById("recognised").textContent), "another file is refused");
    await input.uploadFile(picture);
    await fresh.until(() => /It reads/.test(document.getElementById("recognised").textContent), "the line is read");
    assert.equal((await fresh.text("#recognised")).trim(), `It reads ${text}.`);
    const label = await fresh.page.$eval("#line canvas", (canvas) => canvas.getAttribute("aria-label"));
    assert.ok(label.endsWith(`what was read: ${text}`), label);
    if (PICTURES) await (await fresh.page.$("#draw")).screenshot({ path: join(PICTURES, "page-line.png") });
    await assertNoBarriers(fresh);
    const framed = join(scratch, "framed.png");
    writeFileSync(framed, await fresh.page.evaluate(framedPicture, readFileSync(picture, "base64")), "base64");
    await input.uploadFile(framed);
    await fresh.until(() => /paper is uneven/.test(document.getElementById("recognised").textContent), "what is on the card is read");
    assert.equal((await fresh.text("#recognised")).trim(), `It reads ${text}. The paper is uneven (a shadow, a frame, or something beside it): judged locally.`);
    // A picture that arrives after the field was cleared is not shown.
    await fresh.page.evaluate(() => {
      const atOnce = window.createImageBitmap;
      window.createImageBitmap = async (file) => {
        await new Promise((resolve) => setTimeout(resolve, 300));
        window.arrived = true;
        return atOnce(file);
      };
    });
    await input.uploadFile(picture);
    await fresh.click("#clear");
    await fresh.until(() => window.arrived, "the picture arrives");
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.equal((await fresh.text("#recognised")).trim(), "Nothing is drawn yet.");
    // What is drawn takes the place of the picture, and is a line, too.
    await fresh.draw([[0.5, 0.15], [0.5, 0.85]]);
    await fresh.until(() => /It reads 1\./.test(document.getElementById("recognised").textContent), "a stroke is read as a 1");
    await fresh.click("#reset");
    await fresh.until(() => /It is a \d|may be a/.test(document.getElementById("recognised").textContent), "to another network it is a digit");
    assert.deepEqual([await isHidden("#line"), await isHidden("#drawn")], [true, false]);
    assert.deepEqual(fresh.complaints, []);
    await fresh.page.close();
  });

  test("the address chooses recipe and seed", async () => {
    const other = await Page.open(browser, `${server.address}#recipe=lenet-1&seed=7`);
    assert.equal(await other.page.$eval("#recipe", ({ value }) => value), "lenet-1");
    assert.equal(await other.page.$eval("#seed", ({ value }) => value), "7");
    assert.ok(await other.step());
    await other.page.goto(`${server.address}#recipe=nonsense&seed=-1`);
    await other.page.reload();
    await other.until(() => !document.getElementById("start").disabled, "the page is ready");
    assert.equal(await other.page.$eval("#recipe", ({ value }) => value), "default");
    assert.match(await other.text("#status"), /recipe 'nonsense'.*seed '-1'/);
    assert.deepEqual(other.complaints, []);
    await other.page.close();
  });

  test("links to parts of the page leave the training alone", async () => {
    const steps = await page.value("step-number");
    assert.ok(steps > 0);
    for (const link of await page.page.$$("a[href^='#']")) await link.evaluate((element) => element.click());
    await page.click("#recipe");
    assert.equal(await page.value("step-number"), steps);
    assert.equal(await page.text("#start"), "Go on");
  });

  test("recipes of both networks can be chosen one after the other", async () => {
    const other = await Page.open(browser, server.address);
    for (const [recipe, kernels] of [["lenet-1", "C1: 4 kernels"], ["default", "C1: 6 kernels"]]) {
      await other.page.select("#recipe", recipe);
      await other.until((words) => document.getElementById("kernels").textContent.includes(words), "its kernels are shown", 30, kernels);
      await other.until(() => !document.getElementById("start").disabled, "the page is ready");
    }
    await other.step();
    await other.page.select("#recipe", "lenet-1");
    assert.match(await other.text("#status"), /^Reset starts anew with recipe lenet-1/);
    assert.equal(await other.value("step-number"), 1);
    await other.click("#reset");
    await other.until(() => document.getElementById("step-number").value === "0", "it starts anew");
    await other.step();
    await other.page.$eval("#seed", (element) => (element.value = "-1"));
    await other.click("#reset");
    await other.until(() => /seed is '-1', expected/.test(document.getElementById("status").textContent), "a seed is refused");
    assert.deepEqual(other.complaints, []);
    await other.page.close();
  });

  test("speeds are measured", async () => {
    await page.click("#bench-run");
    await page.until(() => document.getElementById("bench-status").textContent.startsWith("Measured"), "speeds are measured", 120);
    assert.equal((await page.page.$$("#speeds tbody tr")).length, 4);
  });

  for (const [device, width, height] of [["desktop", 1280, 900], ["phone", 390, 844]]) {
    test(`a ${device}'s width is enough, and nothing bars anybody`, async () => {
      await page.page.setViewport({ width, height });
      await new Promise((resolve) => setTimeout(resolve, 500));
      const needed = await page.page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(needed <= width, `${needed} of ${width} pixels`);
      for (const scheme of ["light", "dark"]) {
        await page.page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
        await assertNoBarriers(page);
        if (PICTURES) await page.page.screenshot({ path: join(PICTURES, `page-${device}-${scheme}.png`), fullPage: true });
      }
    });
  }

  test("nothing is complained about", () => assert.deepEqual(page.complaints, []));
});

describe("where the page cannot work", () => {
  test("missing digits are named", async () => {
    const incomplete = await serve(PAGE, /labels-idx1-ubyte\.gz$/);
    const browser = await launch({ webGpu: false });
    try {
      const page = new Page();
      page.page = await browser.newPage();
      await page.page.goto(incomplete.address);
      await page.until(() => /cannot start.*labels.*404/.test(document.getElementById("status").textContent), "the page says what is missing", 30);
    } finally {
      await browser.close();
      incomplete.close();
    }
  });
});
