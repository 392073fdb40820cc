// SPDX-License-Identifier: MIT
/** Parts of hand-written files that the generator writes, between marks that each language takes for a comment. */

export interface Marks {
  begin(name: string): string;
  readonly end: string;
}

export const MDOC_MARKS: Marks = { begin: (name) => `.\\" generated: ${name}`, end: '.\\" end generated' };
export const MARKDOWN_MARKS: Marks = {
  begin: (name) => `<!-- generated: ${name} -->`,
  end: '<!-- end generated -->',
};

/** Text by the name of its region; without a newline at the end. */
export type Regions = ReadonlyMap<string, string>;

/**
 * Puts every region into its place. Throws for a region that the file lacks, has twice or leaves open, and for
 * one that nobody generates: neither the file nor the generator may know more than the other.
 */
export function fillRegions(path: string, text: string, regions: Regions, marks: Marks): string {
  const filled: string[] = [];
  const seen = new Set<string>();
  const begins = new Map([...regions.keys()].map((name) => [marks.begin(name), name]));
  const [before = '', after = ''] = marks.begin('\0').split('\0');
  let open: string | null = null;
  for (const line of text.split('\n')) {
    if (open !== null) {
      if (line !== marks.end) continue;
      open = null;
    } else if (line.startsWith(before) && line.endsWith(after)) {
      const name = begins.get(line);
      if (name === undefined) throw new Error(`${path}: nobody generates the region of "${line}"`);
      if (seen.has(name)) throw new Error(`${path}: the region ${name} is there twice`);
      seen.add(name);
      open = name;
      filled.push(line, regions.get(name) ?? '');
      continue;
    }
    filled.push(line);
  }
  if (open !== null) throw new Error(`${path}: the region ${open} has no end`);
  const missing = [...regions.keys()].filter((name) => !seen.has(name));
  if (missing.length > 0) throw new Error(`${path}: the regions ${missing.join(', ')} are missing`);
  return filled.join('\n');
}
