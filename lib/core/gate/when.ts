/** An instant for a sentence; instants no calendar can show stay numbers. */
export function when(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : String(at);
}
