// Recipe, seed and what computes, in the part of the address after #.

/** What the address asks for; what it leaves open is undefined. */
export function fromAddress(hash = location.hash) {
  const wanted = new URLSearchParams(hash.slice(1));
  const seed = wanted.get("seed");
  return {
    recipe: wanted.get("recipe") ?? undefined,
    seed: seed !== null && isSeed(seed) ? Number(seed) : undefined,
    on: wanted.get("on") ?? undefined,
  };
}

/** Whether `text` is a seed: a whole number below 2³². */
export function isSeed(text) {
  return /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32;
}

/** The address of this page with `wanted` in it. */
export function toAddress(wanted) {
  const address = new URL(location.href);
  const entries = Object.entries(wanted).filter(([, value]) => value !== undefined);
  address.hash = new URLSearchParams(entries).toString();
  return address.href;
}
