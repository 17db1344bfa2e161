// The cases of the harness, and the report on them.

const exponent = (value) => (value === null ? "∞" : value.toExponential(1));

export class Verification {
  #elements;
  #cases = [];
  #count = 0;
  #waiting = [];
  #due = false;
  #subject = {};

  constructor(elements) {
    this.#elements = elements;
  }

  /** Starts anew, on what `subject` describes: `on`, and what the browser tells of the GPU. */
  begin(subject) {
    this.#subject = subject;
    this.#cases = [];
    this.#count = 0;
    this.#waiting = [];
    this.#elements.rows.replaceChildren();
    this.#elements.progress.value = 0;
    this.#elements.status.textContent = "The first cases are prepared.";
  }

  set count(count) {
    this.#count = count;
  }

  /** Adds a case, at the next frame. */
  add(report) {
    this.#cases.push(report);
    this.#waiting.push(report);
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => this.#show());
  }

  #show() {
    if (!this.#due) return;
    this.#due = false;
    this.#elements.rows.prepend(...this.#waiting.splice(0).reverse().map(rowOf));
    this.#elements.progress.value = this.#cases.length / this.#count;
    this.#elements.status.textContent = this.#summary();
  }

  /** Says how it ended: after all cases, or before, if need be for what reason. */
  end(reason) {
    this.#show();
    const early = this.#cases.length < this.#count ? ` ${reason ?? "Stopped."}` : "";
    this.#elements.status.textContent = this.#count ? this.#summary() + early : (reason ?? "No case has such a name.");
  }

  get #failed() {
    return this.#cases.filter(({ passed }) => !passed).length;
  }

  #summary() {
    const passed = this.#cases.length - this.#failed;
    const failed = this.#failed ? `, ${this.#failed} FAILED` : "";
    return `${passed} of ${this.#count} cases passed${failed}.`;
  }

  /** A report for a bug tracker: what it ran on, and all that failed. */
  report() {
    const { on, webGpu } = this.#subject;
    const lines = [
      `lenet-gpu verify in a browser: ${this.#summary()}`,
      `on: ${on}${webGpu ? ` (${webGpu})` : ""}`,
      `browser: ${navigator.userAgent}`,
      `cases run: ${this.#cases.length}`,
    ];
    for (const report of this.#cases.filter(({ passed }) => !passed)) {
      lines.push("", `FAILED ${report.name}`, ...detailsOf(report));
    }
    lines.push("", "case; largest absolute error; allowed", ...this.#cases.map(lineOf));
    return lines.join("\n");
  }
}

const allowed = ({ tolerance }) => `${exponent(tolerance.absolute)} + ${exponent(tolerance.relative)}·|x|`;
const lineOf = (report) => `${report.name}; ${exponent(report.max_abs)}; ${allowed(report)}`;

function detailsOf({ error, off, compared, mismatches, overwritten }) {
  const lines = [];
  if (error) lines.push(`  ${error}`);
  for (const buffer of overwritten) lines.push(`  wrote ${buffer}`);
  if (off) lines.push(`  ${off} of ${compared} values are off`);
  for (const { buffer, index, computed, expected } of mismatches) {
    lines.push(`  ${buffer}${index}: computed ${computed}, expected ${expected}`);
  }
  return lines;
}

function rowOf(report) {
  const row = document.createElement("tr");
  const result = report.passed ? "ok" : ["FAILED", ...detailsOf(report)].join("\n");
  for (const text of [report.name, exponent(report.max_abs), allowed(report), result]) {
    const cell = document.createElement("td");
    cell.textContent = text;
    row.append(cell);
  }
  row.lastChild.className = report.passed ? "passed" : "failed";
  return row;
}
