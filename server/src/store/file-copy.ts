/** A database's files, to which nothing writes any more. */
export interface FileCopy {
  directory: string;
  remove(): Promise<void>;
}
