/** The place of an execution in the order in which transactions end: no later row can appear before it. */
export interface CommitPosition {
  xact: string;
  id: number;
}
