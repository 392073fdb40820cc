// SPDX-License-Identifier: MIT
/**
 * Where every key and value of a document stands, as one flat array of integers: small (40 bytes a node, the
 * syntax tree takes twenty times that), and moved between threads without copying. Made once per load, kept
 * as long as anybody may still ask for the place of a value.
 */
const KEY_START = 0;
const KEY_END = 1;
const START = 2;
const END = 3;
const FIRST_CHILD = 4;
const NEXT_SIBLING = 5;
/** Of an alias: the node it stands for. */
const TARGET = 6;
const FIELDS = 7;
const NONE = -1;

/** A stretch of text, in UTF-16 units; `end` is exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type PositionIndex = Int32Array<ArrayBuffer>;

/** Grows a {@link PositionIndex} node by node, parents before children, children in the order of the text. */
export class PositionIndexBuilder {
  #fields = new Int32Array(FIELDS * 256);
  #count = 0;
  readonly #lastChild: number[] = [];

  /** Adds a node and returns its number; the root is the first, without parent. */
  add(parent: number | null, key: Span | null, value: Span): number {
    const node = this.#count;
    this.#count += 1;
    if (this.#count * FIELDS > this.#fields.length) {
      const larger = new Int32Array(this.#fields.length * 2);
      larger.set(this.#fields);
      this.#fields = larger;
    }
    const { start: keyStart, end: keyEnd } = key ?? { start: NONE, end: NONE };
    this.#fields.set([keyStart, keyEnd, value.start, value.end, NONE, NONE, NONE], node * FIELDS);
    this.#lastChild.push(NONE);
    if (parent !== null) this.#append(parent, node);
    return node;
  }

  /** Makes `node` an alias of an earlier one. */
  alias(node: number, target: number): void {
    this.#fields[node * FIELDS + TARGET] = target;
  }

  finish(): PositionIndex {
    return this.#fields.slice(0, this.#count * FIELDS);
  }

  #append(parent: number, node: number): void {
    const last = this.#lastChild[parent] ?? NONE;
    const from = last === NONE ? parent * FIELDS + FIRST_CHILD : last * FIELDS + NEXT_SIBLING;
    this.#fields[from] = node;
    this.#lastChild[parent] = node;
  }
}

/** Read access by node number. */
export class PositionReader {
  readonly #fields: PositionIndex;

  constructor(fields: PositionIndex) {
    this.#fields = fields;
  }

  key(node: number): Span | null {
    const start = this.#field(node, KEY_START);
    return start === NONE ? null : { start, end: this.#field(node, KEY_END) };
  }

  value(node: number): Span {
    return { start: this.#field(node, START), end: this.#field(node, END) };
  }

  /** The node that an alias stands for, through any number of aliases; `node` itself otherwise. */
  resolve(node: number): number {
    const target = this.#field(node, TARGET);
    return target === NONE ? node : this.resolve(target);
  }

  *children(node: number): Generator<number> {
    for (
      let child = this.#field(node, FIRST_CHILD);
      child !== NONE;
      child = this.#field(child, NEXT_SIBLING)
    ) {
      yield child;
    }
  }

  #field(node: number, field: number): number {
    return this.#fields[node * FIELDS + field] ?? NONE;
  }
}
