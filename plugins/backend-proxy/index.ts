// SPDX-License-Identifier: MIT
/**
 * A TCP and UDP forwarder in the daemon itself: for laptops, CI and places without privileges. It holds the
 * same services as the kernel engines, but its listeners end with the process.
 */
import { defineBackend, parseDuration } from 'sluice';
import { capabilities } from './capabilities.js';
import { options, readOptions } from './options.js';
import { ProxyBackend } from './proxy-backend.js';

export default defineBackend({
  name: 'proxy',
  description: 'Forwards TCP and UDP in the daemon; needs no privileges and no kernel part.',
  options,
  capabilities,
  validate(raw) {
    return (['connect_timeout', 'udp_idle'] as const)
      .filter((key) => parseDuration(raw[key]) === 0)
      .map((key) => ({ path: [key], message: 'must be longer than nothing' }));
  },
  create: (context, raw) => new ProxyBackend(context, readOptions(raw)),
});
