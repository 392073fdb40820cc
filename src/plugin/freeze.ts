// SPDX-License-Identifier: MIT

/** Known to be frozen to the bottom; a frozen object alone says nothing about what it holds. */
const frozen = new WeakSet<object>();

/** Freezes plain data to the bottom, in place, so that it can be lent to plugins. Cheap when done before. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value;
  frozen.add(value);
  // A view on a buffer can't be frozen; none is in what is lent.
  if (ArrayBuffer.isView(value)) return value;
  Object.freeze(value);
  for (const inner of Object.values(value)) deepFreeze(inner);
  return value;
}
