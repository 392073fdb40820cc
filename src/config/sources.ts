// SPDX-License-Identifier: MIT
/** The files that make one configuration, and from which of them each part of it comes. */
import type { Diagnostic, Place } from './diagnostics.js';
import { type IndexedText, locate } from './locate.js';
import type { Path, Problem } from './problem.js';

/** Plain data, so that it moves between threads. */
export interface Sources {
  /** The main file first. */
  readonly files: readonly IndexedText[];
  /** The number of the file that a cluster is in, for those that aren't in the main one. */
  readonly clusterFiles: ReadonlyMap<string, number>;
}

/** The place of a value of the whole configuration, or undefined where there is no text at all. */
export function locateValue(sources: Sources, path: Path): Place | undefined {
  const file = fileOf(sources, path);
  return file === undefined ? undefined : locate(file, path).place;
}

/** `file` is where the path begins; by default the file that the path's cluster is in. */
export function toDiagnostic(sources: Sources, problem: Problem, file?: IndexedText): Diagnostic {
  const source = file ?? fileOf(sources, problem.path);
  const located = source === undefined ? undefined : locate(source, problem.path, problem.at);
  const related = relatedOf(sources, problem, located?.anchor, file);
  return {
    severity: problem.severity ?? 'error',
    code: problem.code,
    message: problem.message,
    ...(problem.hint === undefined ? {} : { hint: problem.hint }),
    ...(located === undefined ? {} : { place: located.place }),
    ...(related === undefined ? {} : { related }),
  };
}

function relatedOf(
  sources: Sources,
  problem: Problem,
  anchor: Place | undefined,
  file: IndexedText | undefined,
): Diagnostic['related'] {
  if (problem.related === undefined) {
    return anchor === undefined ? undefined : { message: 'what the alias stands for', place: anchor };
  }
  const { message, path, at } = problem.related;
  const source = file ?? fileOf(sources, path);
  return source === undefined ? undefined : { message, place: locate(source, path, at).place };
}

function fileOf(sources: Sources, path: Path): IndexedText | undefined {
  const [first, cluster] = path;
  const included = first === 'clusters' ? sources.clusterFiles.get(String(cluster)) : undefined;
  return sources.files[included ?? 0];
}

/** In the order of the text, each once, and no more of them than anybody reads at a time. */
export function arrangeDiagnostics(
  sources: Sources,
  diagnostics: readonly Diagnostic[],
  most = 20,
): Diagnostic[] {
  const order = new Map(sources.files.map(({ file }, index) => [file, index]));
  const fileNumber = (one: Diagnostic) => order.get(one.place?.file ?? '') ?? -1;
  const unique = new Map(diagnostics.map((one) => [textKey(one), one]));
  const sorted = [...unique.values()].toSorted(
    (a, b) =>
      fileNumber(a) - fileNumber(b) ||
      (a.place?.line ?? 0) - (b.place?.line ?? 0) ||
      (a.place?.column ?? 0) - (b.place?.column ?? 0),
  );
  const shown = sorted.slice(0, most);
  const last = shown.at(-1);
  if (sorted.length <= most || last === undefined) return sorted;
  const more = `${sorted.length - most} more of them are not shown`;
  return [...shown.slice(0, -1), { ...last, hint: last.hint === undefined ? more : `${last.hint}; ${more}` }];
}

function textKey({ place, code, message }: Diagnostic): string {
  return `${place?.file ?? ''}:${place?.line ?? 0}:${place?.column ?? 0} ${code} ${message}`;
}
