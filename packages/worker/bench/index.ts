// What a thread costs whoever calls it, and what it spares the host.

// One small call after the other.
await import('./round-trip.ts')

// Many small calls at once.
await import('./burst.ts')

// What the host's loop does while plugins block.
await import('./stall.ts')
