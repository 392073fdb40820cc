// SPDX-License-Identifier: MIT
/** A configuration of many services with four members each, every one with an address and a check of its own. */
export function largeConfig(
  services: number,
  checkOf = (nth: number): string => `path: /health/${nth}`,
): string {
  const lines = ['defaults:', '  check: { type: http, interval: 2s, timeout: 1s }', 'clusters:'];
  for (let nth = 0; nth < services; nth += 1) {
    const [high, low] = [nth >> 8, nth & 255];
    lines.push(`  cluster-${nth}:`, '    members:');
    for (let member = 1; member <= 4; member += 1)
      lines.push(`      m${member}: 10.${high}.${low}.${member}`);
    lines.push(
      '    services:',
      '      web:',
      `        listen: 192.0.${high}.${low}:80`,
      '        port: 8080',
      `        check: { type: http, ${checkOf(nth)} }`,
    );
  }
  return `${lines.join('\n')}\n`;
}
