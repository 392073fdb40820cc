// SPDX-License-Identifier: MIT
import { clean, cut } from './text.js';

export interface Cell {
  readonly text: string;
  readonly color?: (text: string) => string;
}

export interface Column {
  readonly title: string;
  /** Left out, highest first, when the terminal is too narrow for all; 0 or absent: never. */
  readonly expendable?: number;
}

const GAP = '  ';
const INDENT = '  ';
/** The last column takes what is left, and is not worth reading below this. */
const LEAST_LAST = 18;

/** Lines of a table that fits into `width` columns; the last column is cut, the others never are. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
): string[] {
  const cells = [columns.map(({ title }) => ({ text: title })), ...rows];
  const widths = columns.map((_, index) =>
    Math.max(...cells.map((row) => clean(row[index]?.text ?? '').length)),
  );
  const shown = chooseColumns(columns, widths, width);
  const last = shown.at(-1);
  return cells.map((row) => {
    let line = INDENT;
    for (const index of shown) {
      const cell: Cell = row[index] ?? { text: '' };
      const text = clean(cell.text);
      const color = cell.color ?? ((plain: string) => plain);
      if (index === last) line += color(cut(text, width - startOfLast(shown, widths, last)));
      else line += color(text) + ' '.repeat((widths[index] ?? 0) - text.length) + GAP;
    }
    return line.trimEnd();
  });
}

function chooseColumns(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let shown = columns.map((_, index) => index);
  const droppable = shown
    .filter((index) => (columns[index]?.expendable ?? 0) > 0)
    .toSorted((a, b) => (columns[b]?.expendable ?? 0) - (columns[a]?.expendable ?? 0));
  for (const index of droppable) {
    const last = shown.at(-1) ?? 0;
    const wanted = Math.min(widths[last] ?? 0, LEAST_LAST);
    if (startOfLast(shown, widths, last) + wanted <= width) break;
    shown = shown.filter((other) => other !== index);
  }
  return shown;
}

function startOfLast(shown: readonly number[], widths: readonly number[], last: number): number {
  return shown
    .filter((index) => index !== last)
    .reduce((sum, index) => sum + (widths[index] ?? 0) + GAP.length, INDENT.length);
}
