// What whatever can be added returns.

/** Takes back what made it. Calling it twice does nothing. */
export type Undo = () => void
