// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { renderChange } from '../../plugins/backend-proxy/render.js';
import { diffServices } from '../../src/desired/diff.js';
import type { VirtualService } from '../../src/virtual-service.js';
import { service } from '../support/proxy.js';

const at = { address: '192.0.2.1', port: 80 };
const [a, b] = ['10.0.0.1', '10.0.0.2'].map((address) => ({ address, port: 8080 })) as [
  { address: string; port: number },
  { address: string; port: number },
];
const byKey = (...services: VirtualService[]): Map<string, VirtualService> =>
  new Map(services.map((one) => [one.key, one]));

it('renders a change as one line a step', () => {
  const both = service({ ...at, members: [{ ...a, weight: 2 }, b] });
  assert.equal(
    renderChange(diffServices(new Map(), byKey(both))),
    [
      '192.0.2.1:80/tcp: listen, round-robin test/80',
      '192.0.2.1:80/tcp: add 10.0.0.1:8080 test/80/0',
      '192.0.2.1:80/tcp: add 10.0.0.2:8080 test/80/1',
      '192.0.2.1:80/tcp: shares 10.0.0.1:8080 4/6, 10.0.0.2:8080 2/6',
      '',
    ].join('\n'),
  );
  const none = service({ ...at, members: [] });
  assert.equal(
    renderChange(diffServices(byKey(both), byKey(none), () => 'down')),
    [
      '192.0.2.1:80/tcp: remove 10.0.0.1:8080 test/80/0 (down)',
      '192.0.2.1:80/tcp: remove 10.0.0.2:8080 test/80/1 (down)',
      '192.0.2.1:80/tcp: refuse new connections',
      '',
    ].join('\n'),
  );
  assert.equal(
    renderChange(diffServices(byKey(none), new Map())),
    '192.0.2.1:80/tcp: stop listening (unconfigured); established TCP connections go on\n',
  );
  assert.equal(renderChange({ changes: [] }), '');
});
