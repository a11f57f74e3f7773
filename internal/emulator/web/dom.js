// Helpers with which all views build their nodes. All text is set as text, never as HTML: callers are not trusted.

export const $ = (id) => document.getElementById(id);

export function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children.filter((child) => child !== undefined && child !== null && child !== ''));
  return node;
}

export async function api(path, method, body) {
  const options = {method: method || 'GET'};
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = {'Content-Type': 'application/json'};
  }
  const response = await fetch('/_emulator/' + path, options);
  const result = await response.json();
  if (!response.ok) throw new Error(result.error || response.statusText);
  return result;
}

const digits = (n, width) => String(n).padStart(width, '0');

const clockTime = (time) => [time.getHours(), time.getMinutes(), time.getSeconds()].map((n) => digits(n, 2)).join(':');

// moment formats a time in the browser's zone, like the console does in the emulator's.
export function moment(text, millis = true) {
  const time = new Date(text);
  const off = -time.getTimezoneOffset();
  const zone = off ? (off < 0 ? '-' : '+') + digits(Math.floor(Math.abs(off) / 60), 2) + ':' + digits(Math.abs(off) % 60, 2) : 'UTC';
  const day = [time.getFullYear(), digits(time.getMonth() + 1, 2), digits(time.getDate(), 2)].join('-');
  return day + ' ' + clockTime(time) + (millis ? '.' + digits(time.getMilliseconds(), 3) : '') + ' ' + zone;
}

export function timeNode(text) {
  const time = new Date(text);
  const node = make('time', '', clockTime(time) + '.' + digits(time.getMilliseconds(), 3));
  node.dateTime = text;
  node.title = moment(text);
  return node;
}

// breakable returns a path or name that may wrap only after slashes and underscores.
export function breakable(name) {
  return (name.match(/[^/_]*[/_]|[^/_]+/g) || []).flatMap((part, i) => (i ? [make('wbr'), part] : [part]));
}

// route returns the URL fragment of a view, or of one item in it.
export function route(view, key) {
  return '#' + view + (key === undefined ? '' : '/' + encodeURIComponent(key));
}

export function link(view, key, text) {
  const node = make('a', '', text === undefined ? key : text);
  node.href = route(view, key);
  return node;
}

// links returns several links, separated by commas.
export function links(view, keys) {
  return make('span', '', ...keys.flatMap((key, i) => (i ? [', ', link(view, key)] : [link(view, key)])));
}

// cell returns a part of a row; its name selects the column.
export const cell = (name, ...children) => make('span', 'c-' + name, ...children);

export const plural = (n, one, many) => n + ' ' + (n === 1 ? one : many || one + 's');

// userPath returns a user's path in the admin API.
export const userPath = (id) => 'users/' + encodeURIComponent(id);

// table shows pairs of a name and a text or node; pairs without a value are left out.
export function table(pairs) {
  const body = make('tbody');
  for (const [name, value] of pairs) {
    if (value === undefined || value === null || value === '') continue;
    const th = make('th', '', name);
    th.scope = 'row';
    body.append(make('tr', '', th, make('td', '', value instanceof Node ? value : typeof value === 'object' ? JSON.stringify(value, null, 1) : String(value))));
  }
  return make('table', '', body);
}

export function pretty(value) {
  if (typeof value === 'object') return JSON.stringify(value, null, 2);
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function button(text, act, className) {
  const node = make('button', className, text);
  node.type = 'button';
  node.addEventListener('click', () => attempt(node, act));
  return node;
}

// attempt runs an action and shows an error next to its button.
export async function attempt(node, act) {
  const group = node.closest('form') || node.closest('.buttons, li') || node.parentNode;
  for (const line of (node.closest('aside') || group).querySelectorAll('.problem')) line.remove();
  try {
    await act(node);
  } catch (problem) {
    const line = make('p', 'problem bad', problem.message);
    line.setAttribute('role', 'alert');
    group.append(line);
  }
}

// copyButton copies a text to the clipboard, or shows it selected if the browser does not allow that.
export function copyButton(label, text) {
  return button(label, async (node) => {
    try {
      await navigator.clipboard.writeText(text);
      node.textContent = 'Copied';
      setTimeout(() => { node.textContent = label; }, 1500);
    } catch {
      const area = make('textarea', 'copy', text);
      area.readOnly = true;
      area.setAttribute('aria-label', label);
      node.parentNode.append(area);
      area.select();
    }
  });
}

// code returns a block of unmodified text with a copy button.
export function code(title, text, media) {
  const block = make('pre', '', pretty(text));
  block.tabIndex = 0;
  block.setAttribute('aria-label', title);
  return [make('h3', '', title, media ? make('span', 'quiet', ' · ' + media) : ''), block];
}

// field returns a labelled input, select or textarea; with options it is a select.
export function field(label, name, {value, options, placeholder, area, list, type, hint, required} = {}) {
  const input = make(options ? 'select' : area ? 'textarea' : 'input');
  input.name = name;
  if (type) input.type = type;
  if (list) input.setAttribute('list', list);
  input.required = Boolean(required);
  if (placeholder) input.placeholder = placeholder;
  if (!options) input.spellcheck = false;
  for (const [key, text] of options || []) {
    const option = make('option', '', text);
    option.value = key;
    input.append(option);
  }
  if (value !== undefined) input.value = value;
  return make('label', 'field', make('span', '', label), input, hint ? make('span', 'quiet', hint) : '');
}

// form returns a form that calls act with the fields' values by name.
export function form(title, submit, fields, act) {
  const send = make('button', '', submit);
  send.type = 'submit';
  const node = make('form', '', make('fieldset', '', make('legend', '', title), ...fields, make('div', 'buttons', send)));
  node.autocomplete = 'off';
  node.addEventListener('submit', (event) => {
    event.preventDefault();
    attempt(send, () => act(Object.fromEntries(new FormData(node)), node));
  });
  return node;
}
