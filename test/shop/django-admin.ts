// Django's admin as a browser uses it: logs in, and saves forms.
import * as assert from 'uvu/assert';
import { until } from '../fault/until.ts';

/** A session of one administrator. */
export interface Admin {
  add(model: string, fields: Readonly<Record<string, string>>): Promise<void>;
  change(model: string, id: string, fields: Readonly<Record<string, string>>): Promise<void>;
}

/** Logs in, once the site answers. */
export const openAdmin = async (site: string, user: string, password: string): Promise<Admin> => {
  const cookies = new Map<string, string>();

  const visit = async (path: string, fields?: Readonly<Record<string, string>>) => {
    const token = cookies.get('csrftoken') ?? '';
    const response = await fetch(`${site}/admin/${path}`, {
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(fields !== undefined && {
        method: 'POST',
        body: new URLSearchParams({ csrfmiddlewaretoken: token, ...fields }),
      }),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=');
      cookies.set(name, value);
    }
    return response;
  };

  /** A form that is accepted leads somewhere else; one that is not is shown again. */
  const submit = async (path: string, fields: Readonly<Record<string, string>>): Promise<void> => {
    const { status } = await visit(path);
    assert.is(status, 200, path);
    const answer = await visit(path, fields);
    const text = answer.status === 302 ? '' : await answer.text();
    assert.is(
      answer.status,
      302,
      `${path}: ${/errorlist.*/.exec(text)?.[0] ?? text.slice(0, 500)}`,
    );
  };

  const isUp = async (): Promise<boolean> => {
    try {
      return (await visit('login/')).ok;
    } catch {
      return false; // Not listening yet.
    }
  };
  await until(`${site} answers`, 60_000, isUp, 100);
  await submit('login/', { username: user, password, next: '/admin/' });
  return {
    add: (model, fields) => submit(`shop/${model}/add/`, fields),
    change: (model, id, fields) => submit(`shop/${model}/${id}/change/`, fields),
  };
};
