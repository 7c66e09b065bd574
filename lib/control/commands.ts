import type { CommandName } from './protocol.ts';

/** Who may send a command: `read` looks, `lead` runs campaigns, `ops` changes what the law or the PBX rests on. */
export type Role = 'read' | 'lead' | 'ops';

/** What each command is for and who may send it. Its arguments' schema is `$defs/<name>` of schemas/control.json. */
export const COMMANDS: Readonly<Record<CommandName, { readonly role: Role; readonly doc: string }>> = {
  status: { role: 'read', doc: 'the daemon, the PBX, trunks, agents and campaigns now' },
  reload: { role: 'ops', doc: 'read the config again; a wrong one changes nothing' },
  'campaign.apply': { role: 'lead', doc: 'create or change a campaign from its file' },
  'campaign.list': { role: 'read', doc: 'all campaigns' },
  'campaign.show': { role: 'read', doc: 'one campaign: leads, calls, refusals, pacing' },
  'campaign.history': { role: 'read', doc: 'what its past calls and open leads say, for simulations' },
  'campaign.plan': {
    role: 'read',
    doc: 'who would be called now and who not, over the whole base; nothing is written',
  },
  'campaign.start': { role: 'lead', doc: 'start dialing; says what will be dialed, what will not, and why' },
  'campaign.pause': { role: 'lead', doc: 'no new calls; live ones go on' },
  'campaign.resume': { role: 'lead', doc: 'dial on after a pause or a halt' },
  'campaign.stop': { role: 'lead', doc: 'end the campaign when its live calls are over' },
  'redial.run': { role: 'lead', doc: 'begin a new pass over the base, once a date: who is called again, and who not' },
  'redial.list': { role: 'read', doc: 'passes over the base' },
  'import.begin': { role: 'lead', doc: 'begin to import leads or rows of a register' },
  'import.rows': { role: 'lead', doc: 'one batch of rows; each batch is written or not as a whole' },
  'import.end': { role: 'lead', doc: 'end an import' },
  'register.add': { role: 'lead', doc: 'record a row in a register; what takes away a reason not to call is amended' },
  'register.amend': { role: 'ops', doc: 'follow a row of a register with another: corrected, lifted, done, verified' },
  'register.show': { role: 'read', doc: 'what the register holds of a phone now' },
  'register.history': { role: 'read', doc: 'every row the register ever had of a phone, and which count' },
  'register.list': { role: 'read', doc: 'what the register holds, page by page' },
  'dnc.lists': { role: 'read', doc: 'external do-not-call lists and their age' },
  'consent.withdraw': { role: 'lead', doc: 'record that a person withdrew consent' },
  'numbers.begin': { role: 'lead', doc: 'begin to import numbers alone: opt-outs or a do-not-call list' },
  'numbers.add': { role: 'lead', doc: 'some thousands of numbers, sorted' },
  'numbers.end': {
    role: 'lead',
    doc: 'end an import of numbers; a do-not-call list takes the place of the one before',
  },
  'dnc.clear': { role: 'lead', doc: 'delete the numbers of replaced do-not-call lists' },
  'consent.show': { role: 'read', doc: 'the consents of a phone' },
  'optout.add': { role: 'lead', doc: 'never call this phone again' },
  'optout.lift': { role: 'ops', doc: 'take an opt-out back, on evidence that the person did' },
  'optout.show': { role: 'read', doc: 'whether a phone is opted out' },
  'line.add': { role: 'ops', doc: 'a caller number and its МАВ registration' },
  'line.list': { role: 'read', doc: 'caller numbers, their registrations, and operators they call no more' },
  'line.unblock': { role: 'ops', doc: 'let a caller number call an operator again who blocked it' },
  'ranges.begin': { role: 'ops', doc: 'begin to load a register of numbering ranges beside the one in force' },
  'ranges.rows': { role: 'ops', doc: 'one batch of its ranges, in the order of the numbers' },
  'ranges.end': { role: 'ops', doc: 'put the loaded register in force' },
  'ranges.show': { role: 'read', doc: 'what the register of numbering ranges says of a phone' },
  'ranges.status': { role: 'read', doc: 'the register of numbering ranges in force' },
  'agent.list': { role: 'read', doc: 'agents and what they do now' },
  'agent.login': { role: 'lead', doc: "call the agent's phone" },
  'agent.ready': { role: 'lead', doc: 'the agent takes calls' },
  'agent.pause': { role: 'lead', doc: 'the agent takes no calls' },
  'agent.optout': { role: 'lead', doc: 'never call the person again with whom the agent talks, or has just talked' },
  'agent.logout': { role: 'lead', doc: "end the agent's leg, after the talk if there is one" },
  'callback.add': {
    role: 'lead',
    doc: 'agree to call a person back: at a time of his, or as soon as an agent is free',
  },
  'callback.list': { role: 'read', doc: 'callbacks of a campaign, those due first' },
  'callback.move': { role: 'lead', doc: 'another time, or another agent, for a callback that waits' },
  'callback.cancel': { role: 'lead', doc: 'take a callback back; its lead goes to the queue again' },
  'call.list': { role: 'read', doc: 'attempts, the newest first' },
  'call.show': { role: 'read', doc: 'one attempt: its verdict, its moves, its outcome' },
  'pacing.show': { role: 'read', doc: 'how a campaign is paced: its limits, its numbers, its last decisions and why' },
  'pacing.sessions': { role: 'read', doc: 'recorded stretches of pacing, for replay' },
  'pacing.part': { role: 'read', doc: 'a part of a pacing recording' },
  'report.campaign': { role: 'read', doc: 'the report of a campaign' },
  'gate.explain': { role: 'read', doc: 'whether a phone may be called, and why not' },
  'ledger.verify': { role: 'read', doc: 'look for any edit, deletion, insertion or truncation in the ledger' },
  'ledger.anchor': { role: 'ops', doc: "write the ledger's head to the anchors file" },
  'person.story': { role: 'lead', doc: 'what was decided about one person, and all it rested on' },
  'person.erase': { role: 'ops', doc: 'erase a person: his number leaves every row, a keyed hash keeps it closed' },
  'person.files-cleaned': { role: 'ops', doc: 'complete the act of erasure: what became of written files' },
  'file.written': { role: 'read', doc: 'a file that holds numbers was written: an erasure cleans it too' },
};

/** Whether this daemon and this CLI share the command. */
export function isCommand(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}
