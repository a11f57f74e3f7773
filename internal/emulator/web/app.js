'use strict';

// The page shows what the admin API says. All text is set as text, never as HTML: it comes from anybody who calls.

const mostCalls = 1000;
const $ = (id) => document.getElementById(id);
const calls = new Map(); // by number, oldest first
let newest = 0;
let chosenCall = 0;
let chosenUser = '';
let clockOffset = 0;

function make(tag, className, text) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

async function api(path, method, body) {
  const options = {method: method || 'GET'};
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers = {'Content-Type': 'application/json'};
  }
  const response = await fetch('/_emulator/' + path, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error || response.statusText);
  return answer;
}

function shortTime(text) {
  const time = new Date(text);
  return time.toLocaleTimeString([], {hour12: false}) + '.' + String(time.getMilliseconds()).padStart(3, '0');
}

function timeNode(text) {
  const node = make('time', '', shortTime(text));
  node.dateTime = text;
  node.title = text;
  return node;
}

// Views

const tabs = [...document.querySelectorAll('[role=tab]')];

function select(tab) {
  for (const one of tabs) {
    const on = one === tab;
    one.setAttribute('aria-selected', on);
    one.tabIndex = on ? 0 : -1;
    $(one.getAttribute('aria-controls')).hidden = !on;
  }
  history.replaceState(null, '', '#' + tab.id.slice('tab-'.length));
}

tabs.forEach((tab, i) => {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', (event) => {
    const to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.focus();
    select(next);
  });
});

// rows fills a list, and keeps the focus where it was.
function rows(list, items, row) {
  const focused = document.activeElement && list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  list.replaceChildren(...items.map((item) => {
    const li = make('li');
    li.append(row(item));
    return li;
  }));
  $('no-' + list.id).hidden = items.length > 0;
  $('count-' + list.id).textContent = items.length;
  if (focused !== undefined) {
    const again = [...list.querySelectorAll('[data-key]')].find((node) => node.dataset.key === focused);
    if (again) again.focus();
  }
}

// Calls

function matches(call) {
  if ($('failed-only').checked && call.ok) return false;
  const wanted = $('filter').value.trim().toLowerCase();
  if (!wanted) return true;
  return [call.path, call.who, call.message, call.requestId, String(call.code)].some((text) => text && text.toLowerCase().includes(wanted));
}

function verdict(call) {
  if (call.status === 0) return make('span', 'verdict warn', 'dropped');
  return make('span', 'verdict ' + (call.ok ? 'good' : 'bad'), call.status + ' · ' + call.code);
}

function callRow(call) {
  const row = make('button', 'row');
  row.type = 'button';
  row.dataset.key = call.number;
  row.setAttribute('aria-pressed', call.number === chosenCall);
  const path = make('code', '', call.path);
  row.append(timeNode(call.receivedAt), path, verdict(call));
  const notes = [call.who, call.ms.toFixed(1) + ' ms', call.fault ? 'fault' : ''].filter(Boolean).join(' · ');
  row.append(make('span', 'who', notes));
  if (call.message) row.append(make('span', 'why', call.message));
  row.addEventListener('click', () => showCall(call.number));
  return row;
}

let drawing = false;

// drawCalls draws at most once a frame, however many calls come.
function drawCalls() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const list = [...calls.values()].reverse();
    rows($('calls'), list.filter(matches), callRow);
    $('count-calls').textContent = list.length;
    $('no-calls').hidden = list.length > 0;
  });
}

function addCall(call) {
  calls.set(call.number, call);
  newest = Math.max(newest, call.number);
  while (calls.size > mostCalls) calls.delete(calls.keys().next().value);
}

function table(rowsOf) {
  const node = make('table');
  const body = make('tbody');
  for (const [name, value] of rowsOf) {
    const tr = make('tr');
    const th = make('th', '', name);
    th.scope = 'row';
    tr.append(th, make('td', '', typeof value === 'string' ? value : JSON.stringify(value, null, 1)));
    body.append(tr);
  }
  node.append(body);
  return node;
}

function pretty(value) {
  if (typeof value !== 'string' || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

function pane(id, title, close) {
  const aside = $(id);
  const button = make('button', 'close', 'Close');
  button.type = 'button';
  button.addEventListener('click', close);
  aside.replaceChildren(button, make('h2', '', title));
  aside.hidden = false;
  return aside;
}

function closeCall() {
  const row = [...$('calls').querySelectorAll('[data-key]')].find((node) => node.dataset.key === String(chosenCall));
  chosenCall = 0;
  $('details').hidden = true;
  drawCalls();
  if (row) row.focus();
}

async function showCall(number) {
  chosenCall = number;
  drawCalls();
  let call;
  try {
    call = await api('requests/' + number);
  } catch (problem) {
    pane('details', 'Call ' + number, closeCall).append(make('p', 'bad', problem.message));
    return;
  }
  if (chosenCall !== number) return;
  const aside = pane('details', call.method + ' ' + call.path, closeCall);
  if (call.summary) aside.append(make('p', '', call.summary));
  aside.append(table([
    ['answer', call.status === 0 ? 'none: the connection was closed' : 'HTTP ' + call.status + ', code ' + call.code],
    ...(call.message ? [['message', call.message]] : []),
    ['time', call.receivedAt],
    ...(call.class ? [['retry class', call.class]] : []),
    ...(call.requestId ? [['request ID', call.requestId]] : []),
    ...(call.unknownParameters && call.unknownParameters.length ? [['unknown parameters', call.unknownParameters.join(', ')]] : []),
  ]));
  const signature = call.signature;
  aside.append(make('h3', '', 'Signature'));
  const verdictLine = make('p', signature.valid ? 'good' : 'bad', signature.valid ? '✓ it matches' : '✗ ' + (signature.hint || 'it does not match'));
  aside.append(verdictLine, table([
    ['rule', signature.rule], ['App-Key', signature.appKey || '–'], ['Nonce', signature.nonce || '–'],
    ['Timestamp', signature.timestamp || '–'], ...(signature.time ? [['which is', signature.time]] : []),
  ]));
  aside.append(make('h3', '', 'Parameters'));
  const parameters = Object.entries(call.parameters).map(([name, value]) => [name, pretty(value)]);
  aside.append(parameters.length ? table(parameters) : make('p', 'empty', 'none that could be read'));
  aside.append(make('h3', '', 'Headers'), table(Object.entries(call.headers).sort()));
  if (call.doc && /^https:\/\//.test(call.doc)) {
    const link = make('a', '', "RongCloud's page");
    link.href = call.doc;
    link.rel = 'noreferrer noopener';
    link.target = '_blank';
    const p = make('p');
    p.append(link);
    aside.append(p);
  }
}

// Messages, users, groups and rooms

// messageRow shows a message as it was sent, or as it lies in an inbox, where a private conversation is named after its sender.
function messageRow(m, inInbox) {
  const row = make('div', 'row');
  let to = m.targetId ? ' → ' + m.targetId + (m.channelId ? '/' + m.channelId : '') : ' → everybody';
  if (inInbox && m.targetId === m.from) to = '';
  const line = make('code', '', m.from + to);
  const kind = make('span', 'verdict quiet', m.conversationType + ' · ' + m.objectName);
  row.append(timeNode(m.sentAt), line, kind, make('span', 'who', m.body));
  const notes = [m.recalled ? 'recalled' : '', m.blocked ? 'blocked by a sensitive word' : '', m.ownCopy ? "the sender's own copy" : '',
    m.recipientIds ? 'received by ' + m.recipientIds.join(', ') : ''].filter(Boolean).join(' · ');
  if (notes) row.append(make('span', 'who', notes));
  return row;
}

function userRow(u) {
  const row = make('button', 'row');
  row.type = 'button';
  row.dataset.key = u.id;
  row.setAttribute('aria-pressed', u.id === chosenUser);
  row.append(make('span', u.online ? 'good' : 'quiet', u.online ? '● online' : '○ offline'), make('code', '', u.id + (u.name ? ' · ' + u.name : '')),
    make('span', 'verdict quiet', u.inbox + ' in inbox'));
  const notes = [u.registered ? '' : 'not registered', u.blocked ? 'blocked' : ''].filter(Boolean).join(' · ');
  if (notes) row.append(make('span', 'who', notes));
  row.addEventListener('click', () => showUser(u.id));
  return row;
}

function closeUser() {
  const row = [...$('users').querySelectorAll('[data-key]')].find((node) => node.dataset.key === chosenUser);
  chosenUser = '';
  $('inbox').hidden = true;
  if (row) {
    row.setAttribute('aria-pressed', 'false');
    row.focus();
  }
}

async function showUser(id) {
  chosenUser = id;
  for (const node of $('users').querySelectorAll('[data-key]')) node.setAttribute('aria-pressed', node.dataset.key === id);
  const list = await api('users/' + encodeURIComponent(id) + '/inbox');
  if (chosenUser !== id) return;
  const aside = pane('inbox', 'Inbox of ' + id, closeUser);
  const buttons = make('div', 'buttons');
  for (const what of ['connect', 'disconnect']) {
    const button = make('button', '', what === 'connect' ? 'Connect' : 'Disconnect');
    button.type = 'button';
    button.addEventListener('click', async () => {
      try {
        await api('users/' + encodeURIComponent(id) + '/' + what, 'POST');
      } catch (problem) {
        aside.append(make('p', 'bad', problem.message));
      }
    });
    buttons.append(button);
  }
  aside.append(buttons);
  if (!list.length) aside.append(make('p', 'empty', 'nothing was received'));
  const ol = make('ol', 'rows');
  for (const m of list.reverse()) {
    const li = make('li');
    li.append(messageRow(m, true));
    ol.append(li);
  }
  aside.append(ol);
}

function placeRow(place) {
  const row = make('div', 'row');
  row.append(make('span', 'quiet', place.kind), make('code', '', place.id + (place.name ? ' · ' + place.name : '')),
    make('span', 'verdict quiet', place.members.length + (place.members.length === 1 ? ' member' : ' members')));
  if (place.members.length) row.append(make('span', 'who', place.members.join(', ')));
  if (place.channels && place.channels.length) row.append(make('span', 'who', 'channels: ' + place.channels.join(', ')));
  return row;
}

function faultRow(fault) {
  const row = make('div', 'row');
  const what = Object.entries(fault).filter(([name]) => !['endpoint', 'times', 'skip'].includes(name));
  row.append(make('span', 'quiet', fault.times < 0 ? 'always' : fault.times + ' ×'), make('code', '', fault.endpoint || 'any endpoint'), make('span'));
  row.append(make('span', 'who', what.length ? what.map(([name, value]) => name + ': ' + (typeof value === 'object' ? JSON.stringify(value) : value)).join(' · ') : '500 and code 1000'));
  return row;
}

function tick() {
  const node = $('clock');
  const now = new Date(Date.now() + clockOffset);
  node.dateTime = now.toISOString();
  node.textContent = now.toISOString().slice(0, 19).replace('T', ' ') + ' UTC';
}

async function refreshState() {
  const [state, messages] = await Promise.all([api('state'), api('messages')]);
  $('app-key').textContent = state.appKey;
  clockOffset = new Date(state.now) - Date.now();
  tick();
  rows($('users'), state.users, userRow);
  const places = [];
  for (const [kind, list] of [['group', state.groups], ['chat room', state.chatrooms], ['ultra group', state.ultraGroups]]) {
    for (const place of list) places.push({kind, ...place});
  }
  rows($('places'), places, placeRow);
  rows($('messages'), messages.reverse(), (m) => messageRow(m, false));
  if (chosenUser) showUser(chosenUser);
}

async function refreshFaults() {
  rows($('faults'), await api('faults'), faultRow);
}

async function refreshCalls() {
  for (const call of await api('requests?limit=' + mostCalls)) addCall(call);
  drawCalls();
}

// later runs a refresh once for many events.
function later(refresh) {
  let timer;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(() => refresh().catch(() => {}), 150);
  };
}

const stateSoon = later(refreshState);
const faultsSoon = later(refreshFaults);

function forget() {
  calls.clear();
  chosenCall = 0;
  chosenUser = '';
  $('details').hidden = true;
  $('inbox').hidden = true;
  drawCalls();
}

function watch() {
  const source = new EventSource('/_emulator/events');
  const live = (on) => {
    $('live').textContent = on ? 'live' : 'not connected';
    $('live').classList.toggle('on', on);
  };
  source.addEventListener('open', () => {
    live(true);
    Promise.all([refreshCalls(), refreshState(), refreshFaults()]).catch(() => {});
  });
  source.addEventListener('error', () => live(false));
  source.addEventListener('request', (event) => {
    addCall(JSON.parse(event.data));
    drawCalls();
    stateSoon();
    faultsSoon();
  });
  for (const name of ['user', 'message', 'clock', 'seed']) source.addEventListener(name, stateSoon);
  source.addEventListener('faults', faultsSoon);
  source.addEventListener('reset', () => {
    forget();
    stateSoon();
    faultsSoon();
  });
}

// Actions

$('filter').addEventListener('input', drawCalls);
$('failed-only').addEventListener('change', drawCalls);
$('advance').addEventListener('change', async () => {
  const by = $('advance').value;
  $('advance').value = '';
  if (by) await api('clock', 'POST', {advance: by});
});
$('reset').addEventListener('click', () => $('confirm').showModal());
$('confirm').addEventListener('close', async () => {
  if ($('confirm').returnValue === 'yes') await api('reset', 'POST');
  $('confirm').returnValue = '';
});
$('fault').addEventListener('submit', async (event) => {
  event.preventDefault();
  $('fault-problem').textContent = '';
  try {
    await api('faults', 'POST', {
      ...JSON.parse($('fault-kind').value), endpoint: $('fault-endpoint').value.trim(), times: Number($('fault-times').value),
    });
  } catch (problem) {
    $('fault-problem').textContent = problem.message;
  }
});
$('clear-faults').addEventListener('click', () => api('faults', 'DELETE'));
document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !$('confirm').open) {
    if (!$('details').hidden && !$('view-calls').hidden) closeCall();
    if (!$('inbox').hidden && !$('view-users').hidden) closeUser();
  }
  if (event.key === '/' && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    select(tabs[0]);
    $('filter').focus();
  }
});

api('endpoints').then((paths) => {
  $('endpoints').replaceChildren(...paths.map((path) => {
    const option = make('option');
    option.value = path;
    return option;
  }));
}).catch(() => {});
const wanted = tabs.find((tab) => tab.id === 'tab-' + location.hash.slice(1));
if (wanted) select(wanted);
setInterval(tick, 1000);
watch();
