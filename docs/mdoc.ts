// SPDX-License-Identifier: MIT
/** Text and lists as mdoc(7) wants them: one sentence a line, and nothing read as a macro by accident. */

const WIDTH = 78;

/** Prose as lines of mdoc; what stands in `backticks` is set as literal text. */
export function prose(text: string): string[] {
  return sentences(text).flatMap((sentence) => {
    const lines: string[] = [];
    for (const [index, part] of sentence.split('`').entries()) {
      if (index % 2 === 1) lines.push(`.Ql ${argument(part)}`);
      else lines.push(...plain(part, lines));
    }
    return lines;
  });
}

/** The part after a literal: punctuation that touches it goes on the literal's line, as mdoc wants it. */
function plain(part: string, lines: string[]): string[] {
  const last = lines.length - 1;
  const [, marks = '', rest = ''] = /^([.,:;)?]*)(.*)$/s.exec(part) ?? [];
  if (last >= 0 && marks !== '') lines[last] = `${lines[last]} ${marks.split('').join(' ')}`;
  const text = (last >= 0 ? rest : part).trim();
  if (text === '') return [];
  // An opening parenthesis must not be parted from the literal that follows.
  return wrap(escapeText(text));
}

/** One argument of a macro: quoted where it holds spaces, and never a macro's name. */
export function argument(text: string): string {
  const escaped = text.replaceAll('\\', '\\e').replaceAll('"', '\\(dq');
  const safe = /^([A-Z][A-Za-z0-9]?|%[A-Z]|[.,:;()[\]?!|])$/.test(escaped) ? `\\&${escaped}` : escaped;
  return safe === '' || /\s/.test(safe) ? `"${safe}"` : safe;
}

export interface Item {
  /** The rest of the `.It` line, macros and all. */
  readonly head: string;
  /** Lines of mdoc. */
  readonly body: readonly string[];
}

export function tagList(items: readonly Item[], indent = 'Ds'): string[] {
  if (items.length === 0) return [];
  const lines = items.flatMap(({ head, body }) => [`.It ${head}`, ...body]);
  return [`.Bl -tag -width ${indent}`, ...lines, '.El'];
}

/** A table; the first row is its head. Cells are plain text. */
export function columnList(rows: readonly (readonly string[])[]): string[] {
  const [head = [], ...rest] = rows;
  const widths = head.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[], macro: string): string =>
    `.It ${row.map((cell) => `${macro}${argument(cell)}`).join(' Ta ')}`;
  return [
    `.Bl -column ${widths.map((width) => `"${'x'.repeat(width)}"`).join(' ')}`,
    line(head, 'Sy '),
    ...rest.map((row) => line(row, 'No ')),
    '.El',
  ];
}

/** Text to be shown as it is. */
export function literal(text: string): string[] {
  const lines = text.replace(/\n$/, '').split('\n');
  const safe = lines.map((line) => line.replaceAll('\\', '\\e').replace(/^[.']/, '\\&$&'));
  return ['.Bd -literal', ...safe, '.Ed'];
}

function sentences(text: string): string[] {
  return text.split(/(?<=[A-Za-z0-9)`"\]}%][.?!])\s+(?=[A-Z"`(])/);
}

function escapeText(text: string): string {
  return text.replaceAll('\\', '\\e').replaceAll('…', '...');
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + word.length >= WIDTH) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  // A line must not begin like a request.
  return lines.map((each) => (/^[.']/.test(each) ? `\\&${each}` : each));
}
