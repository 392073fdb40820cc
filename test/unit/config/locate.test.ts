// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseText } from '../../../src/config/document.js';
import { type Located, locate } from '../../../src/config/locate.js';
import type { Path } from '../../../src/config/problem.js';
import { type Sources, locateValue, toDiagnostic } from '../../../src/config/sources.js';

function at(text: string, path: Path, what?: 'key' | 'value'): Located {
  return locate(parseText('a.yaml', text).source, path, what);
}

function marked({ place }: Located): string {
  return `${place.line}:${place.column} ${place.source.slice(place.column - 1, place.column - 1 + place.length)}`;
}

describe('locate', () => {
  it('finds values, keys and items of lists', () => {
    const text = 'a:\n  "b c": [1, two]\n  d: { e: f }\n';
    assert.equal(marked(at(text, ['a', 'b c', 1])), '2:14 two');
    assert.equal(marked(at(text, ['a', 'b c'], 'key')), '2:3 "b c"');
    assert.equal(marked(at(text, ['a', 'd', 'e'])), '3:11 f');
    assert.equal(marked(at(text, ['a', 'b c', '1'])), '2:14 two', 'positions may come as text');
  });

  it('takes the key where the value is empty', () => {
    assert.equal(marked(at('a:\nb: 1\n', ['a'])), '1:1 a');
  });

  it('takes the item where a list has no key', () => {
    assert.equal(marked(at('- x: 1\n- y: 2\n', [1], 'key')), '2:3 y: 2');
  });

  it('takes the start of the file for the root', () => {
    assert.equal(marked(at('\n\na: 1\n', [], 'key')), '3:1 a');
    assert.equal(marked(at('a: 1\nb: 2\n', [])), '1:1 a: 1');
  });

  it('marks the first line of what has several', () => {
    assert.equal(marked(at('a:\n  b: 1\n  c: 2\n', ['a'])), '2:3 b: 1');
    assert.equal(marked(at('a: |\n  long\n  text\n', ['a'])), '1:4 |');
  });

  it('tells the use of an alias and what is behind it', () => {
    const text = 'base: &base { port: 80, list: [1] }\nuse: *base\nagain: *base\n';
    const inside = at(text, ['use', 'port']);
    assert.equal(marked(inside), '2:6 *base');
    assert.ok(inside.anchor);
    assert.equal(marked({ place: inside.anchor }), '1:21 80');
    const whole = at(text, ['again']);
    assert.equal(marked(whole), '3:8 *base');
    assert.ok(whole.anchor);
    assert.equal(whole.anchor.line, 1);
    assert.equal(at(text, ['again'], 'key').anchor, undefined);
  });

  it('follows aliases of aliases', () => {
    const text = 'a: &a { x: 1 }\nb: &b { y: *a }\nc: *b\n';
    const found = at(text, ['c', 'y', 'x']);
    assert.equal(marked(found), '3:4 *b');
    assert.ok(found.anchor);
    assert.equal(marked({ place: found.anchor }), '1:12 1');
  });

  it('leaves carriage returns out of lines', () => {
    const { place } = at('a: 1\r\nb: 2\r\n', ['b']);
    assert.deepEqual(place, { file: 'a.yaml', line: 2, column: 4, length: 1, source: 'b: 2' });
  });

  it('knows more nodes than it first has room for', () => {
    const text = Array.from({ length: 2000 }, (_, nth) => `k${nth}: ${nth}\n`).join('');
    assert.equal(marked(at(text, ['k1999'])), '2000:8 1999');
  });
});

describe('places in a configuration of several files', () => {
  const main = parseText('main.yaml', 'log: { level: info }\nclusters: { here: 1 }\n').source;
  const other = parseText('other.yaml', 'clusters:\n  there: 2\n').source;
  const sources: Sources = { files: [main, other], clusterFiles: new Map([['there', 1]]) };

  it('are in the file that the cluster is in', () => {
    assert.equal(locateValue(sources, ['clusters', 'there'])?.file, 'other.yaml');
    assert.equal(locateValue(sources, ['clusters', 'here'])?.file, 'main.yaml');
    assert.equal(locateValue(sources, ['log', 'level'])?.line, 1);
    assert.equal(locateValue({ files: [], clusterFiles: new Map() }, ['log']), undefined);
  });

  it('may be told without a file at all', () => {
    const problem = { code: 'SLUICE_CFG_READ', message: 'no file', path: [] } as const;
    assert.deepEqual(toDiagnostic({ files: [], clusterFiles: new Map() }, problem), {
      severity: 'error',
      code: 'SLUICE_CFG_READ',
      message: 'no file',
    });
  });
});
