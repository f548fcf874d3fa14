/** The document of the last release; `npm version` writes it. */
export const releasedFile = new URL('../../docs/openapi-released.json', import.meta.url)

/** Returns those of the changes that the section Unreleased of the changelog does not name between backticks. */
export function unnamedChanges(changes: string[], changelog: string): string[] {
  const [, unreleased = ''] = changelog.split(/^## /m)
  const text = unreleased.replace(/\s+/g, ' ')
  return changes.filter((change) => !text.includes(`\`${change}\``))
}
