/** Where the replay engine leaves its hook. Every copy of the SDK in a process looks here. */
export const REPLAY_HOOK = Symbol.for('@xray/sdk replay hook');
