/** Who may send a command: `read` looks, `lead` runs campaigns, `ops` changes what the law or the PBX rests on. */
export type Role = 'read' | 'lead' | 'ops';

/** What each command of a group is for and who may send it. */
export type Told<Group> = Readonly<Record<keyof Group, { readonly role: Role; readonly doc: string }>>;

/** No arguments. */
export type None = Readonly<Record<string, never>>;

/** A campaign's, or a schedule's, name is all it takes. */
export type Named = { readonly name: string };
