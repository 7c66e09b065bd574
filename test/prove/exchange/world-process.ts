import { runWorld, type WorldPlan } from './world.ts';

/* A world in a process of its own: its switch has a clock and a core to itself. */

const plan = JSON.parse(process.argv[2] ?? '') as WorldPlan;
const found = await runWorld({ ...plan, onKill: (kills) => process.send?.({ kills }) });
process.send?.({ found });
process.disconnect();
