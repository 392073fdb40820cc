// SPDX-License-Identifier: MIT
/** How much a member wants a slot: the same everywhere and for ever, so that members and slots find together. */

/** 32-bit FNV-1a of the key (draft-eastlake-fnv). */
export function seedOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/** A well mixed 32-bit number (the finalizer of MurmurHash3); higher is more. */
export function rankOf(seed: number, slot: number): number {
  let hash = seed ^ Math.imul(slot + 1, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
