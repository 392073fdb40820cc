// SPDX-License-Identifier: MIT
import tls from '../../plugins/check-tls/index.js';
import { testCheck } from '../../src/testing.js';
import { fixturePath } from '../support/fixture.js';
import { refusing, serveTcp, serveTls } from '../support/servers.js';

const options = {
  server_name: 'shop.example',
  verify: true,
  ca: fixturePath('tls/ca.pem'),
  min_version: '1.2',
} as const;

testCheck(tls, [
  { name: 'a good certificate', options, serve: () => serveTls(() => {}), expect: 'pass' },
  { name: 'a refused port', options, serve: () => refusing(), expect: 'refused' },
  { name: 'an expired certificate', options, serve: () => serveTls(() => {}, 'expired'), expect: 'tls' },
  { name: 'silence', options, serve: () => serveTcp(() => {}), expect: 'hangs' },
]);
