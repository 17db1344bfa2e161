// Recipe, seed and what computes, in the part of the address after #.

/** What the address asks for, as it is written there; undefined if it is that of a part of the page. */
export function fromAddress(hash = location.hash) {
  const { recipe, seed, on } = Object.fromEntries(new URLSearchParams(hash.slice(1)));
  const asksNothing = recipe === undefined && seed === undefined && on === undefined;
  return asksNothing ? undefined : { recipe, seed, on };
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
