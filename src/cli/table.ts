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

type Row = readonly Cell[];

const GAP = '  ';
const INDENT = '  ';
/** The last column takes what is left, and is not worth reading below this. */
const LEAST_LAST = 18;

/** Lines of a table that fits into `width` columns; the last column is cut, the others never are. */
export function tableLines(columns: readonly Column[], rows: readonly Row[], width: number): string[] {
  return alignedTables(columns, [rows], width)[0] ?? [];
}

/** Several tables whose columns stand in line with each other. */
export function alignedTables(
  columns: readonly Column[],
  tables: readonly (readonly Row[])[],
  width: number,
): string[][] {
  const titles: Row = columns.map(({ title }) => ({ text: title }));
  const widths = columnWidths(columns.length, [[titles], ...tables]);
  const shown = chooseColumns(columns, widths, width);
  return tables.map((rows) => [titles, ...rows].map((row) => rowLine(row, shown, widths, width)));
}

function rowLine(row: Row, shown: readonly number[], widths: readonly number[], width: number): string {
  const last = shown.at(-1) ?? 0;
  let line = INDENT;
  for (const index of shown) {
    const { text: raw, color } = row[index] ?? { text: '' };
    const text = index === last ? cut(clean(raw), width - startOfLast(shown, widths)) : clean(raw);
    const padding = index === last ? '' : ' '.repeat((widths[index] ?? 0) - text.length) + GAP;
    line += (color === undefined ? text : color(text)) + padding;
  }
  return line.trimEnd();
}

function columnWidths(columns: number, tables: readonly (readonly Row[])[]): number[] {
  const widths = Array.from({ length: columns }, () => 0);
  for (const row of tables.flat()) {
    for (const [index, { text }] of row.entries()) {
      widths[index] = Math.max(widths[index] ?? 0, clean(text).length);
    }
  }
  return widths;
}

function chooseColumns(columns: readonly Column[], widths: readonly number[], width: number): number[] {
  let shown = columns.map((_, index) => index);
  const droppable = shown
    .filter((index) => (columns[index]?.expendable ?? 0) > 0)
    .toSorted((a, b) => (columns[b]?.expendable ?? 0) - (columns[a]?.expendable ?? 0));
  for (const index of droppable) {
    const wanted = Math.min(widths[shown.at(-1) ?? 0] ?? 0, LEAST_LAST);
    if (startOfLast(shown, widths) + wanted <= width) break;
    shown = shown.filter((other) => other !== index);
  }
  return shown;
}

function startOfLast(shown: readonly number[], widths: readonly number[]): number {
  return shown.slice(0, -1).reduce((sum, index) => sum + (widths[index] ?? 0) + GAP.length, INDENT.length);
}
