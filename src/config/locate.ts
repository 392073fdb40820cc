// SPDX-License-Identifier: MIT
import { parse } from 'yaml';
import type { Place } from './diagnostics.js';
import type { PositionIndex, Span } from './position-index.js';
import { PositionReader } from './position-index.js';
import type { Path } from './problem.js';

const ROOT = 0;

/** A text and the places of all its keys and values; plain data. */
export interface IndexedText {
  /** As shown to people. */
  readonly file: string;
  readonly text: string;
  readonly positions: PositionIndex;
}

export interface Located {
  readonly place: Place;
  /** Behind an alias: the place inside the anchored part, while `place` is where the alias is used. */
  readonly anchor?: Place;
}

/**
 * The place of the value at `path`, or of the key that leads to it. Where the path leads to nothing (a key
 * that is missing), the key of the innermost part that exists; of the root that is the start of the file.
 */
export function locate(source: IndexedText, path: Path, at: 'key' | 'value' = 'value'): Located {
  const reader = new PositionReader(source.positions);
  let node = ROOT;
  /** The alias first passed on the way: what is behind it stands elsewhere. */
  let aliasUse: number | null = null;
  let found = 0;
  for (const step of path) {
    const inside = reader.resolve(node);
    const child = childAt(reader, source.text, inside, step);
    if (child === null) break;
    if (inside !== node) aliasUse ??= node;
    node = child;
    found += 1;
  }
  const underline = at === 'value' && found === path.length ? 'value' : 'key';
  const place = placeOfSpan(source, spanOf(reader, node, underline));
  if (aliasUse !== null) {
    return { place: placeOfSpan(source, reader.value(aliasUse)), anchor: place };
  }
  const target = reader.resolve(node);
  if (underline === 'value' && target !== node) {
    return { place, anchor: placeOfSpan(source, reader.value(target)) };
  }
  return { place };
}

/** The place of a stretch of text; one over several lines counts to the end of its first. */
export function placeOfSpan(source: Pick<IndexedText, 'file' | 'text'>, span: Span): Place {
  const { file, text } = source;
  const start = Math.min(Math.max(span.start, 0), text.length);
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', start);
  const lineEnd = newline < 0 ? text.length : newline;
  const line = countLines(text, lineStart);
  const end = Math.min(span.end, lineEnd);
  const underlined = text.slice(start, end).trimEnd();
  return {
    file,
    line,
    column: start - lineStart + 1,
    length: Math.max(1, underlined.length),
    source: text.slice(lineStart, lineEnd).replace(/\r$/, ''),
  };
}

function spanOf(reader: PositionReader, node: number, underline: 'key' | 'value'): Span {
  const key = reader.key(node);
  const value = reader.value(node);
  // An empty value has no text to underline.
  if (key !== null && (underline === 'key' || value.end <= value.start)) return key;
  return node === ROOT && underline === 'key' ? { start: value.start, end: value.start + 1 } : value;
}

function childAt(reader: PositionReader, text: string, node: number, step: string | number): number | null {
  let position = 0;
  for (const child of reader.children(node)) {
    const key = reader.key(child);
    const matches = key === null ? position === Number(step) : keyText(text, key) === String(step);
    if (matches) return child;
    position += 1;
  }
  return null;
}

function keyText(text: string, span: Span): string {
  const written = text.slice(span.start, span.end);
  return /^["'|>]/.test(written) ? String(parse(written)) : written;
}

function countLines(text: string, end: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}
