/** An execution in the form that the index is built from. */
export interface Document {
  id: number;
  app: string;
  /** ms since the epoch. */
  at: number;
  xact: string;
  body: string;
}
