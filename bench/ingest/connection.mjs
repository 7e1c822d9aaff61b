import net from 'node:net';

/**
 * One keep-alive connection that posts prepared requests, one after another. Node's own client would use as
 * much CPU as the server under test.
 */
export class Connection {
  #host;
  #socket;
  #said = '';
  #settle = () => {};

  /** @param {string} url */
  constructor(url) {
    this.#host = new URL(url);
  }

  /**
   * @param {Buffer} request headers and body
   * @returns {Promise<number>} the status; 0 if the connection broke
   */
  async post(request) {
    return await new Promise((resolve) => {
      this.#settle = resolve;
      this.#socket ??= this.#connect();
      this.#socket.write(request);
    });
  }

  close() {
    this.#socket?.destroy();
  }

  #connect() {
    const socket = net.connect(Number(this.#host.port), this.#host.hostname);
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      this.#said += text;
      const bodyAt = this.#said.indexOf('\r\n\r\n') + 4;
      if (bodyAt < 4) return;
      const [, length] = /^content-length: *(\d+)/im.exec(this.#said) ?? [];
      if (length === undefined) throw new Error(`an answer without its length:\n${this.#said}`);
      if (this.#said.length < bodyAt + Number(length)) return;
      const status = Number(this.#said.slice(9, 12));
      this.#said = '';
      this.#settle(status);
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#socket = undefined;
      this.#said = '';
      this.#settle(0);
    });
    return socket;
  }
}
