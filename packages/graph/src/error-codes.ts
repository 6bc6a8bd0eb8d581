// Every code that an error of this package can carry.

/** Each code of a {@link GraphError}, and when it is thrown and what to do. */
export const GraphErrorCodes = {
  CFP_GRAPH_CYCLE:
    'An order was asked for, and some nodes depend on each other in a circle. Remove one dependency of each path in `cycles`.',
  CFP_GRAPH_DUPLICATE: 'Two records have the same name. Rename one, or leave it out.',
  CFP_GRAPH_LIMIT: 'A limit is not a whole number from 1, nor Infinity. Pass one that is.',
  CFP_GRAPH_MISSING: 'A record requires a name that no record has. Add it, or make the dependency optional.',
  CFP_GRAPH_NAME: 'A name cannot be a node of a graphlib graph, which keeps names as keys of plain objects. Rename it.',
  CFP_GRAPH_UNDIRECTED: 'A graphlib graph to read is undirected, so it says nothing about who depends on whom.',
  CFP_GRAPH_UNKNOWN: 'A question was asked about a name that is not in the graph. Ask `has(name)` first, or add it.',
} as const satisfies Record<string, string>

/** A code of {@link GraphErrorCodes}. */
export type GraphErrorCode = keyof typeof GraphErrorCodes
