/** What a choice is called: in the words of its field, where the same word means something else in another. */
export function choiceName(field: string, choice: string, words: Readonly<Record<string, string>>): string {
  return words[`${field}.${choice}`] ?? words[choice] ?? choice;
}
