import { startFaultProxy, type Toxic } from './fault-proxy.ts';

/**
 * The fault proxy in a process of its own, for a driver that must not share its event loop: forked with its options as
 * JSON; tells its port; then takes `{add: name, toxic}` and `{cure: name}`, and answers `added name`, `cured name`.
 */
const proxy = await startFaultProxy(JSON.parse(process.argv[2] ?? '') as Parameters<typeof startFaultProxy>[0]);
const cures = new Map<string, () => void>();
process.on('message', (order: { add: string; toxic: Toxic } | { cure: string }) => {
  if ('add' in order) cures.set(order.add, proxy.add(order.toxic));
  else cures.get(order.cure)?.();
  process.send?.('add' in order ? `added ${order.add}` : `cured ${order.cure}`);
});
process.once('disconnect', () => void proxy.stop());
process.send?.(proxy.port);
