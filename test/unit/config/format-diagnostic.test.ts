// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Diagnostic, Place } from '../../../src/config/diagnostics.js';
import { formatDiagnostic, formatDiagnostics } from '../../../src/config/format-diagnostic.js';

function fault(place?: Partial<Place>): Diagnostic {
  const full = { file: 'a.yaml', line: 3, column: 5, length: 4, source: '    port: 0', ...place };
  const base = { severity: 'error', code: 'SLUICE_CFG_VALUE', message: 'no' } as const;
  return place === undefined ? base : { ...base, place: full };
}

describe('a diagnostic as text', () => {
  it('is one line where there is no place', () => {
    assert.equal(formatDiagnostic(fault()), 'sluice: error[SLUICE_CFG_VALUE]: no');
    assert.equal(formatDiagnostics([]), '');
  });

  it('shows the line and marks the fault', () => {
    assert.equal(
      formatDiagnostic(fault({})),
      'a.yaml:3:5: error[SLUICE_CFG_VALUE]: no\n      port: 0\n      ^^^^',
    );
  });

  it('marks with the same width whatever stands in front', () => {
    const text = formatDiagnostic(fault({ source: '\ta:\tport: 0', column: 5, length: 4 }));
    const [, line = '', caret = ''] = text.split('\n');
    assert.equal(line.indexOf('port'), caret.indexOf('^'));
  });

  it('cuts long lines round the mark, and long marks to the line', () => {
    const source = `${'x'.repeat(300)}port${'y'.repeat(300)}`;
    const [, line = '', caret = ''] = formatDiagnostic(fault({ source, column: 301 }), { width: 60 }).split(
      '\n',
    );
    assert.equal(line.indexOf('port'), caret.indexOf('^'));
    assert.ok(line.length < 70 && line.startsWith('  ...x') && line.endsWith('y...'));
    const all = formatDiagnostic(fault({ source, column: 1, length: 604 }), { width: 60 }).split('\n');
    assert.equal(all[2], `  ${'^'.repeat(60)}`);
  });

  it('lets no control character through to the terminal', () => {
    assert.ok(!formatDiagnostic(fault({ source: '\u001b[2J port: 0' })).includes('\u001b'));
  });

  it('is coloured on request: red for errors, yellow for warnings', () => {
    assert.match(formatDiagnostic(fault({}), { color: true }), /\u001b\[1;31merror/);
    assert.match(
      formatDiagnostic({ ...fault({}), severity: 'warning' }, { color: true }),
      /\u001b\[1;33mwarning/,
    );
  });
});
