/** What the digits a callee pressed so far mean; the opt-out counts wherever among them it was pressed. */
export function optOutIn(digits: string, optOutDigit: string): 'none' | 'opted-out' {
  return optOutDigit !== '' && digits.includes(optOutDigit) ? 'opted-out' : 'none';
}
