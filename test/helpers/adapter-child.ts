import { createAsteriskPbx } from '../../asterisk/pbx.ts';
import { systemClock } from '../../lib/clock.ts';
import { createLog } from '../../lib/log.ts';

/** Runs the adapter in a process of its own: started with its config, stopped by a message, it must then end by itself. */
const config = JSON.parse(process.argv[2] ?? '') as Parameters<typeof createAsteriskPbx>[0];
const pbx = createAsteriskPbx(config, { clock: systemClock, log: createLog({ level: 'silent' }) });
const tell = (what: string): void => {
  if (process.connected) process.send?.(what);
};
pbx
  .start((event) => tell(event.type))
  .then(
    () => tell('started'),
    () => tell('rejected'),
  );
process.once('message', () => {
  void pbx.stop().then(() => process.disconnect());
});
