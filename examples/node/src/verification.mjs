// The code under test: how the shop verifies a person.

export class Verification {
  constructor({ url, companyKey, timeout = 5000, pause = 10 }) {
    Object.assign(this, { url, companyKey, timeout, pause });
  }

  /** Begins a session and returns its token, with which the person's browser opens the widget. */
  begin(flags = {}) {
    return this.#call('begin', { flags });
  }

  /** The current result: APPROVED, REJECTED, IN_PROGRESS … */
  async result(token) {
    return (await this.#call('result', { session_token: token })).result;
  }

  /** Polls until there is a verdict. */
  async verdict(token, polls = 20) {
    for (let poll = 0; poll < polls; poll += 1) {
      const result = await this.result(token);
      if (result !== 'IN_PROGRESS') return result;
      await new Promise((resolve) => setTimeout(resolve, this.pause));
    }
    return 'EXPIRED';
  }

  /** Calls the service, and tries twice more after an error of a proxy or a timeout. */
  async #call(method, parameters, tries = 3) {
    try {
      const response = await fetch(`${this.url}/external-api/${method}/`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ company_key: this.companyKey, ...parameters }),
        signal: AbortSignal.timeout(this.timeout),
      });
      if (response.status < 500) return await response.json();
      throw new Error(`${method}: status ${response.status}`);
    } catch (error) {
      if (tries <= 1) throw error;
      return this.#call(method, parameters, tries - 1);
    }
  }
}
