// A small task: the same work and the same value both ways. The entry of a plugin, too.

export const addOne = ({ count }) => ({ count: count + 1 })
