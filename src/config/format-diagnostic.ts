// SPDX-License-Identifier: MIT
/** Diagnostics as text for people: where, what, the line with a caret under it, and what to do. */
import type { Diagnostic, Place } from './diagnostics.js';

export interface FormatOptions {
  /** ANSI colours. Default: none. */
  readonly color?: boolean;
  /** Longest source line shown, in columns; longer ones are cut around the caret. Default 100. */
  readonly width?: number;
}

const TAB = 4;

/** `FILE:LINE:COL: error[CODE]: message` in the form that editors follow, then the source line. */
export function formatDiagnostic(diagnostic: Diagnostic, options: FormatOptions = {}): string {
  const { severity, code, message, hint, place, related } = diagnostic;
  const paint = options.color === true ? ansi : plain;
  const tint = severity === 'error' ? RED : YELLOW;
  const where = place === undefined ? 'sluice' : `${place.file}:${place.line}:${place.column}`;
  const lines = [
    `${paint(BOLD, `${where}:`)} ${paint(tint, `${severity}[${code}]`)}: ${paint(BOLD, message)}`,
  ];
  if (place !== undefined && place.source.trim() !== '')
    lines.push(...excerpt(place, options, (caret) => paint(tint, caret)));
  if (related !== undefined) {
    const { file, line, column } = related.place;
    lines.push(`  ${paint(CYAN, `${file}:${line}:${column}:`)} ${related.message}`);
    lines.push(...excerpt(related.place, options, (caret) => paint(CYAN, caret)));
  }
  if (hint !== undefined) lines.push(`  ${paint(CYAN, 'hint:')} ${hint}`);
  return lines.join('\n');
}

/** All of them, an empty line between, and a count at the end; nothing for none. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], options: FormatOptions = {}): string {
  return diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic, options)}\n`).join('\n');
}

function excerpt(place: Place, options: FormatOptions, paint: (caret: string) => string): string[] {
  const width = options.width ?? 100;
  const before = expandTabs(place.source.slice(0, place.column - 1), 0);
  const marked = expandTabs(
    place.source.slice(place.column - 1, place.column - 1 + place.length),
    before.length,
  );
  const after = expandTabs(
    place.source.slice(place.column - 1 + place.length),
    before.length + marked.length,
  );
  const line = `${before}${marked}${after}`.trimEnd();
  const start = windowStart(line.length, before.length, marked.length, width);
  const cutLeft = start > 0 ? '...' : '';
  const cutRight = start + width < line.length ? '...' : '';
  const shown = line.slice(start, start + width);
  const indent = ' '.repeat(cutLeft.length + before.length - start);
  const carets = '^'.repeat(Math.max(1, Math.min(marked.length, width - (before.length - start))));
  return [`  ${cutLeft}${shown}${cutRight}`, `  ${indent}${paint(carets)}`];
}

/** Where to cut a long line so that what is marked, or its beginning, stands in the middle. */
function windowStart(length: number, column: number, marked: number, width: number): number {
  if (length <= width) return 0;
  const wanted = column - Math.max(0, Math.floor((width - Math.min(marked, width)) / 2));
  return Math.max(0, Math.min(wanted, length - width));
}

/** Control characters would move the terminal's cursor. */
function expandTabs(text: string, column: number): string {
  let expanded = '';
  for (const character of text) {
    if (character === '\t') expanded += ' '.repeat(TAB - ((column + expanded.length) % TAB));
    else expanded += /\p{Cc}/u.test(character) ? '?' : character;
  }
  return expanded;
}

const BOLD = '1';
const RED = '1;31';
const YELLOW = '1;33';
const CYAN = '36';

function ansi(style: string, text: string): string {
  return `\u001b[${style}m${text}\u001b[0m`;
}

function plain(_style: string, text: string): string {
  return text;
}
