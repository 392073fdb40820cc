// SPDX-License-Identifier: MIT
/** From the text of one file to its value, the places of everything in it, and what is wrong with its YAML. */
import {
  type Node,
  type ParsedNode,
  type YAMLError,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
} from 'yaml';
import type { Diagnostic } from './diagnostics.js';
import { type IndexedText, placeOfSpan } from './locate.js';
import { PositionIndexBuilder, type Span } from './position-index.js';
import { syntaxHint, syntaxMessage } from './traps.js';

export interface ParsedText {
  readonly source: IndexedText;
  /** Plain data; aliases are copies, so that filling in one changes no other. Undefined when not valid YAML. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** More values than this by way of aliases is an attack or a mistake, not a configuration. */
const MOST_ALIASED_VALUES = 100_000;

/** Parses strictly: YAML 1.2, one document, string keys that are unique, no merge keys, no tags of its own. */
export function parseText(file: string, text: string): ParsedText {
  const document = parseDocument(text, {
    version: '1.2',
    merge: false,
    strict: true,
    stringKeys: true,
    // Compares every pair of keys of a mapping: the walk below does it in linear time.
    uniqueKeys: false,
    resolveKnownTags: false,
    prettyErrors: false,
    // At 'silent', a second document is not an error.
    logLevel: 'error',
  });
  const walk = new Walk(file, text);
  const value = walk.read(document.contents);
  const diagnostics = syntaxDiagnostics(file, text, document) ?? walk.diagnostics;
  const source: IndexedText = { file, text, positions: walk.positions.finish() };
  return { source, value: diagnostics.length > 0 ? undefined : value, diagnostics };
}

/** After the first error the parser only guesses, so that is the one to tell; warnings stand for themselves. */
function syntaxDiagnostics(
  file: string,
  text: string,
  { errors, warnings }: { readonly errors: readonly YAMLError[]; readonly warnings: readonly YAMLError[] },
): Diagnostic[] | undefined {
  const [first] = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const told = first === undefined ? warnings : [first];
  return told.length === 0 ? undefined : told.map((error) => syntaxDiagnostic(file, text, error));
}

function syntaxDiagnostic(file: string, text: string, error: YAMLError): Diagnostic {
  const [start, end] = error.pos;
  const place = placeOfSpan({ file, text }, { start, end });
  const hint = syntaxHint(error.code, place.source);
  return {
    severity: 'error',
    code: 'SLUICE_CFG_SYNTAX',
    message: syntaxMessage(error.code) ?? error.message,
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
      const name = isScalar(keyNode) ? String(keyNode.value) : null;
      const member = this.#node(asNode(value), node, keySpan);
      if (name === null) this.#fault(keySpan, 'a key must be plain text');
      else if (name === '__proto__') this.#fault(keySpan, '"__proto__" is the one key that is not allowed');
      else if (seen.has(name)) this.#duplicate(name, keySpan, seen.get(name) ?? keySpan);
      else result[name] = member;
      if (name !== null && !seen.has(name)) seen.set(name, keySpan);
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
