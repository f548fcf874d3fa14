/** Why there is no place: all are taken, or all that one user may take. */
export type NoPlace = 'all taken' | 'too many of one user'

/**
 * Returns a function that takes one of `max` places, of which a user may have `maxPerUser`. It returns the function that
 * leaves the place, or why there is none.
 */
export function createPlaces({ max, maxPerUser }: { max: number; maxPerUser: number }) {
  const placesOf = new Map<string, number>()
  let taken = 0

  return (userId: string): (() => void) | NoPlace => {
    const own = placesOf.get(userId) ?? 0
    if (own >= maxPerUser) return 'too many of one user'
    if (taken >= max) return 'all taken'
    taken++
    placesOf.set(userId, own + 1)
    return () => {
      taken--
      const left = (placesOf.get(userId) ?? 1) - 1
      if (left > 0) placesOf.set(userId, left)
      else placesOf.delete(userId)
    }
  }
}
