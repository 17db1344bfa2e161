// Learning curves on a canvas.

/** Points that a curve keeps: of more, every second one is given up, and from then on left out. */
const MOST_POINTS = 1000;

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** One curve, of x and y. */
class Curve {
  #kept = [];
  #latest = [];
  #stride = 1;
  #count = 0;

  add(x, y) {
    this.#latest = [[x, y]];
    if (this.#count++ % this.#stride === 0) {
      this.#kept.push([x, y]);
      this.#latest = [];
    }
    if (this.#kept.length > MOST_POINTS) {
      this.#kept = this.#kept.filter((_, place) => place % 2 === 0);
      this.#stride *= 2;
    }
  }

  get points() {
    return [...this.#kept, ...this.#latest];
  }
}

/** A chart over the passes of a training. Draws itself in the next frame after a change. */
export class Chart {
  #canvas;
  #name;
  #unit;
  #colours;
  #curves;
  #passes = 1;
  #due = false;

  /** `curves` has the name of the colour of each curve, by the name of the curve. */
  constructor(canvas, { name, unit = "", curves }) {
    this.#canvas = canvas;
    this.#name = name;
    this.#unit = unit;
    this.#colours = curves;
    new ResizeObserver(() => this.#drawSoon()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.#drawSoon());
    this.clear(1);
  }

  /** Starts anew, for a training of `passes` passes. */
  clear(passes) {
    this.#passes = passes;
    const names = Object.keys(this.#colours);
    this.#curves = new Map(names.map((name) => [name, new Curve()]));
    this.#drawSoon();
  }

  add(curve, x, y) {
    this.#curves.get(curve).add(x, y);
    this.#drawSoon();
  }

  #drawSoon() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      this.#draw();
    });
  }

  #draw() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width) return;
    const scale = devicePixelRatio;
    this.#canvas.width = width * scale;
    this.#canvas.height = height * scale;
    const context = this.#canvas.getContext("2d");
    context.scale(scale, scale);
    const frame = { left: 44, top: 8, right: width - 10, bottom: height - 24 };
    const top = this.#top();
    const x = (pass) => frame.left + (pass / this.#passes) * (frame.right - frame.left);
    const y = (value) => frame.bottom - (Math.min(value, top) / top) * (frame.bottom - frame.top);
    this.#drawAxes(context, frame, x, y, top);
    for (const [name, curve] of this.#curves) {
      const { points } = curve;
      context.strokeStyle = context.fillStyle = style(this.#colours[name]);
      context.lineWidth = 1.5;
      context.beginPath();
      for (const [pass, value] of points) context.lineTo(x(pass), y(value));
      context.stroke();
      if (points.length < 30) {
        for (const [pass, value] of points) {
          context.beginPath();
          context.arc(x(pass), y(value), 2.5, 0, 2 * Math.PI);
          context.fill();
        }
      }
    }
    this.#canvas.setAttribute("aria-label", this.#inWords());
  }

  #drawAxes(context, frame, x, y, top) {
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = style("--faint");
    context.strokeStyle = style("--line");
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const value of ticks(top, 4)) {
      line(context, frame.left, y(value), frame.right, y(value));
      context.fillText(`${+value.toPrecision(6)}`, frame.left - 6, y(value));
    }
    context.textAlign = "center";
    context.textBaseline = "top";
    for (const pass of ticks(this.#passes, 5)) {
      line(context, x(pass), frame.bottom, x(pass), frame.bottom + 4);
      context.fillText(`${+pass.toPrecision(6)}`, x(pass), frame.bottom + 7);
    }
  }

  /** The value at the top: a little above 95 of a hundred points, so that the first steps do not flatten all others. */
  #top() {
    const all = [...this.#curves.values()].flatMap(({ points }) => points.map(([, value]) => value));
    if (!all.length) return 1;
    all.sort((a, b) => a - b);
    const most = all.length < 30 ? all.at(-1) : all[Math.floor(0.95 * (all.length - 1))] * 1.3;
    return Math.max(most * 1.05, 1e-3);
  }

  #inWords() {
    const latest = [...this.#curves].filter(([, { points }]) => points.length);
    if (!latest.length) return `${this.#name} by passes; nothing is trained yet`;
    const words = latest.map(([name, { points }]) => {
      const [pass, value] = points.at(-1);
      return `${name} ${value.toPrecision(3)}${this.#unit} after ${pass.toFixed(2)} passes`;
    });
    return `${this.#name} by passes: ${words.join(", ")}`;
  }
}

function line(context, x0, y0, x1, y1) {
  context.beginPath();
  context.moveTo(x0, Math.round(y0) + 0.5);
  context.lineTo(x1, Math.round(y1) + 0.5);
  context.stroke();
}

/** Round numbers from 0 to `top`, about `count` of them. */
function ticks(top, count) {
  const rough = top / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough);
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, place) => place * step);
}
