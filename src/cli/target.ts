// SPDX-License-Identifier: MIT
import { SluiceError } from '../errors.js';
import { pathParts } from './client.js';

/** The path of the endpoint `cluster/service/member`. Throws SLUICE_USAGE for anything else. */
export function endpointPath(id: string): string {
  const parts = id.split('/');
  if (parts.length !== 3 || parts.includes('')) {
    throw new SluiceError(
      'SLUICE_USAGE',
      `"${id}" is no endpoint: write cluster/service/member, as "sluice status" lists them`,
    );
  }
  return `/v1/endpoints/${pathParts(id)}`;
}

/** The path of a member (`cluster/member`) or of one endpoint of it. */
export function adminPath(target: string): string {
  const parts = target.split('/');
  if (parts.length === 3 && !parts.includes('')) return `${endpointPath(target)}/admin`;
  if (parts.length === 2 && !parts.includes('')) return `/v1/members/${pathParts(target)}/admin`;
  throw new SluiceError(
    'SLUICE_USAGE',
    `"${target}" is no target: write cluster/member, or cluster/service/member for one service only`,
  );
}
