// Calls of the worker's methods, and its events.

/** An error of the worker: its name tells "DeviceLost" from others. */
export class WorkerError extends Error {
  constructor({ name, message }) {
    super(message);
    this.name = name;
  }
}

/** The worker, whose methods are called by `call` and whose events are listened to by `on`. */
export class Calls {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #pending = new Map();
  #listeners = new Map();
  #next = 0;

  /** `failed` is called with a message if the worker itself ends. */
  constructor(failed) {
    this.#worker.onmessage = ({ data }) => this.#receive(data);
    this.#worker.onerror = (event) => {
      const message = event.message ?? "the worker could not be started";
      for (const { reject } of this.#pending.values()) reject(new Error(message));
      this.#pending.clear();
      failed(message);
    };
  }

  call(method, ...args) {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, method, args });
    });
  }

  on(event, listener) {
    this.#listeners.set(event, listener);
  }

  #receive({ id, result, error, event, data }) {
    if (event !== undefined) {
      this.#listeners.get(event)?.(data);
      return;
    }
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (error) call?.reject(new WorkerError(error));
    else call?.resolve(result);
  }
}
