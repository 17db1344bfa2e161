// Measures the page in Chromium on SwiftShader beside the program on the same SwiftShader, in turns, and
// what keeps the page's main thread busy while it trains:
//
//   CHROMIUM=/usr/bin/chromium SWIFTSHADER=/usr/lib/chromium/vk_swiftshader_icd.json \
//     PAGE=target/web PROGRAM=target/release/lenet-gpu node web/tests/measure.js [ROUNDS] [SECONDS]

import { execFileSync } from "node:child_process";
import { launch, Page } from "./page.js";
import { serve } from "./serve.js";

const { PAGE, PROGRAM, SWIFTSHADER } = process.env;
const [rounds, seconds] = [Number(process.argv[2] ?? 3), Number(process.argv[3] ?? 20)];
const BATCH = 64;

const server = await serve(PAGE);
const sleep = (time) => new Promise((resolve) => setTimeout(resolve, 1000 * time));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Digits per second of the page, and its tasks of 50 ms and more on the main thread while it trains. */
async function page(on) {
  const browser = await launch({ webGpu: on === "webgpu" });
  const page = await Page.open(browser, `${server.address}#on=${on}`);
  await page.click("#start");
  // Kernels are compiled in the first steps.
  await page.until(() => Number(document.getElementById("step-number").value) >= 5, "five steps are made", 300);
  await page.page.evaluate(() => {
    window.tasks = [];
    new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
  });
  const state = () => page.page.evaluate(() => [performance.now(), Number(document.getElementById("step-number").value)]);
  const [start, first] = await state();
  await sleep(seconds);
  const [end, last] = await state();
  const tasks = await page.page.evaluate(() => window.tasks);
  await browser.close();
  return { speed: (BATCH * (last - first)) / ((end - start) / 1000), tasks };
}

function program() {
  const args = ["bench", "--adapter", "vulkan", "--batch", BATCH, "--mode", "train", "--rounds", 1, "--seconds", seconds, "--json"];
  const env = { ...process.env, VK_DRIVER_FILES: SWIFTSHADER };
  const output = execFileSync(PROGRAM, args.map(String), { env, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return JSON.parse(output).rows.find(({ backend }) => backend === "vulkan").samples_per_second;
}

const ratios = [];
for (let round = 0; round < rounds; round++) {
  const native = program();
  const { speed, tasks } = await page("webgpu");
  ratios.push(speed / native);
  console.log(`WebGPU ${speed.toFixed(0)}, program ${native.toFixed(0)} digits per second, ratio ${ratios.at(-1).toFixed(2)}; long tasks: ${tasks.length} (${tasks.map(Math.round).join(", ")})`);
}
console.log(`Median of ${rounds} ratios: ${median(ratios).toFixed(2)}`);
const { speed, tasks } = await page("cpu");
console.log(`The CPU path in WebAssembly: ${speed.toFixed(0)} digits per second; long tasks: ${tasks.length} (${tasks.map(Math.round).join(", ")})`);
server.close();
