/** How much of a list one request may ask for, for the HTTP schema and for repositories that are called past it. */
export const pageLimits = { defaultLimit: 20, maxLimit: 100, maxOffset: 10_000 } as const
