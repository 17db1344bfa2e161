// What WebGPU this browser offers a worker, and what to do where it offers none.

/**
 * The adapter in words, or why there is none.
 * @returns {Promise<{name: string, isSoftware: boolean, problem?: undefined} | {problem: "insecure" | "missing" | "blocked"}>}
 */
export async function findWebGpu() {
  if (!self.isSecureContext) return { problem: "insecure" };
  if (!navigator.gpu) return { problem: "missing" };
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter) return { problem: "blocked" };
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info ?? {};
  const words = [description, vendor, architecture, device].filter(Boolean);
  return {
    name: words.length ? words.join(" ") : "a GPU that the browser does not name",
    isSoftware: Boolean(isFallbackAdapter ?? adapter.isFallbackAdapter) || architecture === "swiftshader",
  };
}

/** Browsers, by what their user agents contain; the first that fits is taken. */
const BROWSERS = [
  {
    name: "Firefox",
    has: /Firefox/,
    missing: "Firefox has WebGPU on Windows and, on newer Macs, on macOS; elsewhere it can be tried by setting dom.webgpu.enabled in about:config, or with Firefox Nightly.",
    blocked: "about:support says, under Graphics, what Firefox makes of the GPU and its driver.",
  },
  {
    name: "Edge",
    has: /Edg\//,
    missing: "Edge has had WebGPU since version 113; on Linux it has to be switched on in edge://flags (Unsafe WebGPU Support).",
    blocked: "edge://gpu says why; in edge://settings/system graphics acceleration has to be on.",
  },
  {
    name: "Chrome",
    has: /Chrom(e|ium)/,
    missing: "Chrome has had WebGPU since version 113, and since 121 on Android; on Linux it may have to be switched on in chrome://flags (Unsafe WebGPU Support).",
    blocked: "chrome://gpu says why; in chrome://settings/system graphics acceleration has to be on, and on Linux “Unsafe WebGPU Support” in chrome://flags.",
  },
  {
    name: "Safari",
    has: /Safari/,
    missing: "Safari has WebGPU since version 26; before, it can be tried among the feature flags of the developer settings.",
    blocked: "The feature flags of Safari's developer settings say whether WebGPU is on.",
  },
];

/** Why there is no WebGPU, and what helps in the browser `userAgent`. */
export function explain(problem, userAgent = navigator.userAgent) {
  const browser = BROWSERS.find(({ has }) => has.test(userAgent));
  switch (problem) {
    case "insecure":
      return "Browsers offer WebGPU only to pages that come by https or from localhost; this one does not.";
    case "missing":
      return `This browser has no WebGPU. ${browser?.missing ?? "Current versions of Chrome, Edge, Firefox and Safari do."}`;
    default:
      return `This browser has WebGPU, but offers no adapter. ${browser?.blocked ?? "Its settings may keep pages from the GPU."}`;
  }
}
