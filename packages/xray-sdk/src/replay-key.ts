/**
 * The global key under which the replay engine stores its hook. All copies of the SDK in a process read it.
 */
export const REPLAY_HOOK = Symbol.for('@xray/sdk replay hook');
