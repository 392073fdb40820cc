// SPDX-License-Identifier: MIT
/** The contract of checks, for `probe: syn`. */
import tcp from '../../plugins/check-tcp/index.js';
import { testCheck } from '../../src/testing.js';
import { missing } from '../needs.js';
import { tcpOptions } from '../support/check-options.js';
import { refusing, serveTcp } from '../support/servers.js';
import { enterNamespace, isInside } from './namespace.js';

await enterNamespace(import.meta.url);

const options = tcpOptions({ probe: 'syn' });
// Elsewhere the rights are missing.
if (isInside() && missing('koffi') === null) {
  testCheck(tcp, [
    { name: 'an open port', options, serve: () => serveTcp(() => {}), expect: 'pass' },
    { name: 'an open IPv6 port', options, serve: () => serveTcp(() => {}, '::1'), expect: 'pass' },
    { name: 'a refused port', options, serve: () => refusing(), expect: 'refused' },
  ]);
}
