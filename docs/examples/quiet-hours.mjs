import { defineExtension } from 'sluice';

export default defineExtension({
  name: 'quiet-hours',
  description: 'Holds changes back from two to three at night.',
  options: { type: 'object', additionalProperties: false, properties: {} },
  create({ hooks, clock, log }) {
    hooks.beforeApply(() => {
      const hour = new Date(clock.now()).getUTCHours();
      return hour === 2 ? 'the night belongs to the backup' : null;
    });
    hooks.healthChanged(({ endpoint, to, reason }) => {
      log.debug({ endpoint, to, reason }, 'seen');
    });
  },
});
