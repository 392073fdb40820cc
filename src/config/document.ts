// SPDX-License-Identifier: MIT
/** From the text of one file to its value, the places of everything in it, and what is wrong with its YAML. */
import { type Node, type ParsedNode, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Diagnostic } from './diagnostics.js';
import { type IndexedText, placeOfSpan } from './locate.js';
import { PositionIndexBuilder, type Span } from './position-index.js';
import { syntaxHint } from './traps.js';
import { type SyntaxFault, readYaml } from './yaml-document.js';

export interface ParsedText {
  readonly source: IndexedText;
  /** Plain data; aliases are copies, so that filling in one changes no other. Undefined when not valid YAML. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** More values than this by way of aliases is an attack or a mistake, not a configuration. */
const MOST_ALIASED_VALUES = 100_000;

/** Parses one document; see {@link readYaml} for how strictly. Keys are unique, aliases few and not circular. */
export function parseText(file: string, written: string): ParsedText {
  const text = written.replace(/^\uFEFF/, '');
  const { contents, faults } = readYaml(text);
  const walk = new Walk(file, text);
  const value = contents === undefined ? undefined : walk.read(contents);
  const diagnostics =
    faults.length > 0 ? faults.map((one) => syntaxDiagnostic(file, text, one)) : walk.diagnostics;
  const source: IndexedText = { file, text, positions: walk.positions.finish() };
  return { source, value: diagnostics.length > 0 ? undefined : value, diagnostics };
}

function syntaxDiagnostic(
  file: string,
  text: string,
  { code, message, start, end }: SyntaxFault,
): Diagnostic {
  const place = placeOfSpan({ file, text }, { start, end });
  const hint = syntaxHint(code, place.source);
  return {
    severity: 'error',
    code: 'SLUICE_CFG_SYNTAX',
    message,
    ...(hint === undefined ? {} : { hint }),
    place,
  };
}

/** One pass over the syntax tree. */
class Walk {
  readonly positions = new PositionIndexBuilder();
  readonly diagnostics: Diagnostic[] = [];
  readonly #anchors = new Map<string, { node: number; content: Node; open: boolean }>();
  readonly #source: Pick<IndexedText, 'file' | 'text'>;
  #aliased = 0;

  constructor(file: string, text: string) {
    this.#source = { file, text };
  }

  read(contents: ParsedNode | null): unknown {
    if (contents === null || (isScalar(contents) && contents.value === null)) {
      this.positions.add(null, null, { start: 0, end: 0 });
      this.#fault({ start: 0, end: 0 }, 'the file is empty');
      return undefined;
    }
    return this.#node(contents, null, null);
  }

  #node(content: Node | null, parent: number | null, key: Span | null): unknown {
    const span = spanOf(content);
    const node = this.positions.add(parent, key, span);
    if (isAlias(content)) return this.#alias(content.source, node, span);
    const anchor = content !== null && 'anchor' in content ? content.anchor : undefined;
    const entry = content !== null && anchor !== undefined ? { node, content, open: true } : undefined;
    if (anchor !== undefined && entry !== undefined) this.#anchors.set(anchor, entry);
    const value = this.#content(content, node);
    if (entry !== undefined) entry.open = false;
    return value;
  }

  #content(content: Node | null, node: number): unknown {
    if (isSeq(content)) return content.items.map((item) => this.#node(asNode(item), node, null));
    if (!isMap(content)) return isScalar(content) ? content.value : null;
    const result: Record<string, unknown> = {};
    const seen = new Map<string, Span>();
    for (const { key, value } of content.items) {
      const keyNode = asNode(key);
      const keySpan = spanOf(keyNode);
      // Keys that are no text are a fault that the parser has found.
      const name = isScalar(keyNode) ? String(keyNode.value) : '';
      const member = this.#node(asNode(value), node, keySpan);
      const first = seen.get(name);
      if (name === '__proto__') this.#fault(keySpan, '"__proto__" is the one key that is not allowed');
      else if (first !== undefined) this.#duplicate(name, keySpan, first);
      else result[name] = member;
      if (first === undefined) seen.set(name, keySpan);
    }
    return result;
  }

  #alias(name: string, node: number, span: Span): unknown {
    const anchor = this.#anchors.get(name);
    if (anchor === undefined) {
      this.#fault(span, `"*${name}" refers to an anchor "&${name}" that does not come before it`);
      return null;
    }
    if (anchor.open) {
      this.#fault(span, `"*${name}" stands inside of the part it refers to`);
      return null;
    }
    this.positions.alias(node, anchor.node);
    return this.#copy(anchor.content, span);
  }

  /** The value behind an alias, made anew. */
  #copy(content: Node | null, use: Span): unknown {
    this.#aliased += 1;
    if (this.#aliased > MOST_ALIASED_VALUES) {
      if (this.#aliased === MOST_ALIASED_VALUES + 1) {
        this.#fault(use, `aliases stand for more than ${MOST_ALIASED_VALUES} values`);
      }
      return null;
    }
    if (isAlias(content)) return this.#copy(this.#anchors.get(content.source)?.content ?? null, use);
    if (isSeq(content)) return content.items.map((item) => this.#copy(asNode(item), use));
    if (!isMap(content)) return isScalar(content) ? content.value : null;
    const entries = content.items.map(({ key, value }) => [
      isScalar(key) ? String(key.value) : '',
      this.#copy(asNode(value), use),
    ]);
    return Object.fromEntries(entries);
  }

  #duplicate(name: string, span: Span, first: Span): void {
    this.#fault(span, `the key "${name}" is here twice`, {
      message: 'the first one',
      place: placeOfSpan(this.#source, first),
    });
  }

  #fault(span: Span, message: string, related?: NonNullable<Diagnostic['related']>): void {
    const place = placeOfSpan(this.#source, span);
    this.diagnostics.push({
      severity: 'error',
      code: 'SLUICE_CFG_SYNTAX',
      message,
      place,
      ...(related === undefined ? {} : { related }),
    });
  }
}

/** A mapping without a value (`? key`) has none. */
function asNode(value: unknown): Node | null {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value) ? value : null;
}

function spanOf(content: Node | null): Span {
  const range = content?.range;
  return range === null || range === undefined ? { start: 0, end: 0 } : { start: range[0], end: range[1] };
}
