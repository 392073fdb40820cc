// SPDX-License-Identifier: MIT

/** A table of Markdown as the formatter leaves it; the first row is its head. */
export function markdownTable(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return ['', line(head), rule, ...rest.map(line), ''].join('\n');
}

export function markdownCode(text: string, language = ''): string {
  return ['', `\`\`\`${language}`, text, '```', ''].join('\n');
}
