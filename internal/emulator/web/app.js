import {$, api, attempt, button, field, form, make, moment} from './dom.js';
import {known, views} from './views.js';

const mostCalls = 1000; // kept by the page
const step = 200; // rows drawn at once
const drawn = {}; // rows drawn by view
const chosen = {}; // keys by view
let instance = '';
let clockOffset = 0;

// Drawing

const tabs = [...document.querySelectorAll('[role=tab]')];
const nameOf = (tab) => tab.id.slice('tab-'.length);

// keepPlace remembers the first visible row of a scrolled list, and returns a function that scrolls back to it.
function keepPlace(name) {
  const box = $(name).parentNode;
  const edge = box.getBoundingClientRect().top;
  const first = box.scrollTop > 0 && [...$(name).querySelectorAll('[data-key]')].find((row) => row.getBoundingClientRect().bottom > edge);
  if (!first) return () => {};
  const {key} = first.dataset;
  const {top} = first.getBoundingClientRect();
  return () => {
    const row = rowOf(name, key);
    if (row) box.scrollTop += row.getBoundingClientRect().top - top;
  };
}

// draw fills the list of a view, and keeps its scroll position and focus.
function draw(name) {
  const view = views[name];
  const list = $(name);
  const filter = $('filter-' + name);
  const wanted = filter ? filter.value.trim().toLowerCase() : '';
  const only = $('only-' + name)?.checked;
  const all = view.items();
  const found = all.filter((item) => (!wanted || view.fits(item, wanted)) && (!view.alsoFits || view.alsoFits(item, only)));
  const rows = found.slice(0, drawn[name] || step);
  const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const keys = rows.map(view.key);
  const stop = [focused, chosen[name]].find((key) => keys.includes(key)) ?? keys[0]; // the only row that Tab stops at
  const backToPlace = keepPlace(name);
  list.replaceChildren(...rows.map((item, i) => {
    const row = make(view.details ? 'a' : 'div', 'row', ...view.cells(item));
    row.dataset.key = keys[i];
    if (view.details) {
      row.href = '#' + name + '/' + encodeURIComponent(keys[i]);
      row.tabIndex = keys[i] === stop ? 0 : -1;
      if (keys[i] === chosen[name]) row.setAttribute('aria-current', 'true');
    }
    return make('li', '', row);
  }));
  if (found.length > rows.length) {
    list.append(make('li', '', button('Show ' + Math.min(step, found.length - rows.length) + ' more', () => {
      drawn[name] = rows.length + step;
      draw(name);
    })));
  }
  if (focused !== undefined) rowOf(name, focused)?.focus({preventScroll: true});
  backToPlace();
  $('no-' + name).hidden = all.length > 0;
  if (name === 'faults') $('remove-faults').hidden = all.length === 0;
  const total = Math.max(known.counts[name] || 0, all.length);
  $('count-' + name).textContent = total.toLocaleString('en');
  const notes = [
    wanted || only ? found.length.toLocaleString('en') + ' fit' : '',
    total > all.length ? 'the newest ' + all.length.toLocaleString('en') + ' of ' + total.toLocaleString('en') + ' are here' : '',
  ].filter(Boolean).join(' · ');
  if ($('note-' + name)) $('note-' + name).textContent = notes;
}

const rowOf = (name, key) => [...$(name).querySelectorAll('[data-key]')].find((node) => node.dataset.key === key);

// walk moves the focus between the rows of a list.
function walk(event) {
  const rows = [...event.currentTarget.querySelectorAll('a.row')];
  const at = rows.indexOf(document.activeElement);
  const to = rows[{ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1}[event.key]];
  if (at < 0 || !to) return;
  event.preventDefault();
  rows[at].tabIndex = -1;
  to.tabIndex = 0;
  to.focus();
}

const waiting = new Set();

// drawSoon draws at most once per frame, however many events arrive.
function drawSoon(...names) {
  if (!waiting.size) {
    requestAnimationFrame(() => {
      const names = [...waiting];
      waiting.clear();
      names.forEach(draw);
    });
  }
  for (const name of names) waiting.add(name);
}

// Details

function close(name) {
  const key = chosen[name];
  delete chosen[name];
  $('pane-' + name).hidden = true;
  draw(name);
  rowOf(name, key)?.focus();
}

function leave(name) {
  history.replaceState(null, '', '#' + name);
  close(name);
}

// show opens or refreshes the details of one item, and keeps what people are typing.
async function show(name, key, again) {
  const pane = $('pane-' + name);
  if (!again) {
    chosen[name] = key;
    drawSoon(name);
  }
  let found;
  try {
    found = await views[name].details(key);
  } catch (problem) {
    found = {title: key, nodes: [make('p', 'bad', problem.message)]};
  }
  if (chosen[name] !== key) return;
  const live = make('div', 'live', ...found.nodes);
  const old = pane.querySelector('.live');
  if (again && old) {
    replace(old, live, pane);
    return;
  }
  const actions = found.actions ? [make('div', 'acts', ...found.actions())] : [];
  pane.replaceChildren(button('Close', () => leave(name), 'close'), make('h2', '', found.title), ...actions, live);
  pane.hidden = false;
  pane.scrollTop = 0;
  if (matchMedia('(max-width: 760px)').matches) pane.scrollIntoView({block: 'start'});
}

// rowOfPane identifies the list row that a button in a pane belongs to.
const rowOfPane = (node) => node.closest('li')?.firstChild.textContent;

// replace refreshes a pane. It keeps error messages, the selection and the focus.
// If the focused button no longer exists, the focus moves to the row it belonged to, or to the pane: never to a button that
// does the same to somebody else.
function replace(old, live, pane) {
  const selection = getSelection();
  if (!selection.isCollapsed && old.contains(selection.anchorNode)) return;
  const focused = document.activeElement;
  const row = rowOfPane(focused);
  const within = old.contains(focused);
  live.prepend(...old.querySelectorAll('.problem'));
  old.replaceWith(live);
  if (!within) return;
  const nodes = [...live.querySelectorAll('a, button, pre')];
  const same = nodes.find((node) => rowOfPane(node) === row && node.textContent === focused.textContent);
  const about = row && nodes.find((node) => node.matches('li a') && node.textContent === row);
  (same || about || pane.querySelector('.close')).focus();
}

function renew() {
  for (const [name, key] of Object.entries(chosen)) if (!views[name].settled) show(name, key, true);
}

// The URL fragment selects what is shown: #calls, or #calls/17.

function select(name) {
  for (const tab of tabs) {
    const on = nameOf(tab) === name;
    tab.setAttribute('aria-selected', on);
    tab.tabIndex = on ? 0 : -1;
    $(tab.getAttribute('aria-controls')).hidden = !on;
  }
}

function follow() {
  const [name, ...rest] = location.hash.slice(1).split('/');
  if (!views[name]) return;
  select(name);
  let key = rest.join('/');
  try {
    key = decodeURIComponent(key);
  } catch {
    // leave it unchanged
  }
  if (key && views[name].details) show(name, key);
}

tabs.forEach((tab, i) => {
  tab.addEventListener('click', () => {
    history.replaceState(null, '', '#' + nameOf(tab) + (chosen[nameOf(tab)] ? '/' + encodeURIComponent(chosen[nameOf(tab)]) : ''));
    select(nameOf(tab));
  });
  tab.addEventListener('keydown', (event) => {
    const to = {ArrowRight: i + 1, ArrowLeft: i - 1, Home: 0, End: tabs.length - 1}[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = tabs[(to + tabs.length) % tabs.length];
    next.focus();
    next.click();
  });
});

// Data from the server

function tick() {
  const node = $('clock');
  const now = new Date(Date.now() + clockOffset);
  node.dateTime = now.toISOString();
  node.textContent = moment(now, false);
}

async function refreshState() {
  const [state, messages, callbacks] = await Promise.all([api('state'), api('messages?cut=500'), api('callbacks?cut=2000')]);
  if (instance && instance !== state.instance) { // the server has restarted and lost all data
    forget();
    await refreshCalls();
  }
  instance = state.instance;
  $('app-key').textContent = state.appKey;
  known.now = new Date(state.now);
  clockOffset = known.now - Date.now();
  tick();
  known.counts = {calls: state.requestCount, messages: state.messageCount, callbacks: state.callbackCount};
  known.users = state.users;
  known.words = state.sensitiveWords;
  known.places = [['group', state.groups], ['chatroom', state.chatrooms], ['ultraGroup', state.ultraGroups], ['rtcRoom', state.rtcRooms]]
    .flatMap(([kind, list]) => list.map((place) => ({kind, ...place})));
  known.messages = messages.reverse();
  known.callbacks = callbacks.reverse();
  const targets = [...known.users, ...known.places].slice(0, 500).map(({id}) => id);
  $('targets').replaceChildren(...[...new Set(targets)].map(option));
  drawSoon('calls', 'messages', 'callbacks', 'users', 'places', 'words');
  renew();
}

function option(value) {
  const node = make('option');
  node.value = value;
  return node;
}

async function refreshFaults() {
  known.faults = await api('faults');
  drawSoon('faults');
}

function addCall(call) {
  known.calls.set(call.number, call);
  while (known.calls.size > mostCalls) known.calls.delete(known.calls.keys().next().value);
}

async function refreshCalls() {
  for (const call of await api('requests?limit=' + mostCalls)) addCall(call);
  drawSoon('calls');
}

function forget() {
  known.calls.clear();
  for (const name of Object.keys(chosen)) {
    delete chosen[name];
    $('pane-' + name).hidden = true;
  }
  history.replaceState(null, '', location.hash.split('/')[0] || '#calls');
  known.counts = {};
  drawSoon('calls');
}

// later runs one refresh for many events, never two at once, and for at most a fifth of the time, however many events arrive.
function later(refresh) {
  let timer = 0;
  let running = false;
  let rest = 150;
  const soon = () => {
    if (!timer) timer = setTimeout(run, rest);
  };
  const run = async () => {
    timer = 0;
    if (running) {
      soon();
      return;
    }
    running = true;
    const began = performance.now();
    await refresh().catch(() => {});
    rest = Math.max(150, 4 * (performance.now() - began));
    running = false;
  };
  return soon;
}

const stateSoon = later(refreshState);
const faultsSoon = later(refreshFaults);

function watch() {
  const source = new EventSource('/_emulator/events');
  const live = (on) => {
    $('live').textContent = on ? 'live' : 'not connected: is the emulator running?';
    $('live').classList.toggle('on', on);
  };
  source.addEventListener('open', () => {
    live(true);
    refreshState().then(refreshCalls).then(refreshFaults).then(() => first()).catch(() => {});
  });
  let first = () => { // now the view that the URL selects can be shown
    first = () => {};
    follow();
  };
  source.addEventListener('error', () => live(false));
  source.addEventListener('request', (event) => {
    addCall(JSON.parse(event.data));
    known.counts.calls = (known.counts.calls || 0) + 1;
    drawSoon('calls');
    stateSoon();
    faultsSoon();
  });
  for (const name of ['user', 'message', 'callback', 'clock', 'seed']) source.addEventListener(name, stateSoon);
  source.addEventListener('faults', faultsSoon);
  source.addEventListener('reset', () => {
    forget();
    stateSoon();
    faultsSoon();
  });
}

// Actions

for (const name of Object.keys(views)) {
  $(name).addEventListener('keydown', walk);
  $('filter-' + name)?.addEventListener('input', () => draw(name));
  $('only-' + name)?.addEventListener('change', () => draw(name));
}
$('advance').addEventListener('change', () => {
  const by = $('advance').value;
  $('advance').value = '';
  if (by) attempt($('advance'), () => api('clock', 'POST', {advance: by}));
});
$('reset').addEventListener('click', () => $('confirm').showModal());
$('confirm').addEventListener('close', () => {
  if ($('confirm').returnValue === 'yes') attempt($('reset'), () => api('reset', 'POST'));
  $('confirm').returnValue = '';
});
document.addEventListener('keydown', (event) => {
  if ($('confirm').open) return;
  const name = nameOf(tabs.find((tab) => tab.getAttribute('aria-selected') === 'true'));
  if (event.key === 'Escape' && chosen[name]) leave(name);
  if (event.key === '/' && $('filter-' + name) && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    $('filter-' + name).focus();
  }
});

// pairs reads "name: value" lines.
function pairs(text, separator) {
  const found = {};
  for (const line of text.split('\n').filter((one) => one.trim())) {
    const at = line.indexOf(separator);
    if (at < 1) throw new Error('not of the form name' + separator + 'value: ' + line);
    found[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return found;
}

// fault converts a form's values to a fault of the admin API.
function fault(values) {
  const made = {...JSON.parse(values.kind)};
  for (const name of ['endpoint', 'message', 'body', 'delay']) if (values[name].trim()) made[name] = values[name].trim();
  for (const name of ['status', 'code', 'skip', 'times', 'contentLength']) if (values[name].trim()) made[name] = Number(values[name]);
  if (values.header.trim()) made.header = pairs(values.header, ':');
  if (values.where.trim()) made.where = pairs(values.where, '=');
  return made;
}

const removeFaults = button('Remove all', () => api('faults', 'DELETE'));
removeFaults.id = 'remove-faults';
removeFaults.hidden = true;
$('fault').append(form('Make calls fail', 'Set the fault', [
  field('What goes wrong', 'kind', {options: [
    ['{"dropResponse":true}', 'execute it, drop the response'], ['{"reset":true}', 'reset the connection, do not execute it'],
    ['{"cutResponse":true}', 'execute it, cut the response short'], ['{"resetResponse":true}', 'execute it, reset halfway through the response'],
    ['{"delay":"3s"}', 'respond after 3 s'], ['{"status":429}', '429 and code 1008: rate limited'], ['{"status":500}', '500 and code 1000: internal error'],
    ['{"status":502}', "502 with a gateway's HTML page"], ['{"status":401}', '401: wrong signature'], ['{}', 'as set below'],
  ]}),
  field('Endpoint', 'endpoint', {list: 'endpoints', placeholder: 'any'}),
  field('How often', 'times', {options: [['1', 'once'], ['3', 'three times'], ['-1', 'until it is removed']]}),
  make('details', '', make('summary', '', 'All fields'),
    field('Only if', 'where', {area: true, placeholder: 'fromUserId=ann', hint: 'one parameter per line'}),
    field('After how many calls', 'skip', {type: 'number'}), field('Status', 'status', {type: 'number'}), field('Code', 'code', {type: 'number'}),
    field('Message', 'message'), field('Whole body', 'body', {area: true}), field('Headers', 'header', {area: true, placeholder: 'Retry-After: 2'}),
    field('Delay', 'delay', {placeholder: '1500ms'}), field('Announced length', 'contentLength', {type: 'number'})),
], (values) => api('faults', 'POST', fault(values))), removeFaults);
$('word').append(form('Add a word', 'Add', [
  field('Word', 'word', {required: true}), field('Replaced by', 'replace', {placeholder: 'nothing: it blocks the message'}),
], (values) => api('seed', 'POST', {sensitiveWords: [values]})));
$('member').append(form('Add a user', 'Add', [field('ID', 'id', {required: true}), field('Name', 'name')],
  ({id, name}) => api('seed', 'POST', {users: [{id, name, online: true}]})));

api('endpoints').then((paths) => $('endpoints').replaceChildren(...paths.map(option))).catch(() => {});
window.addEventListener('hashchange', follow);
select(views[location.hash.slice(1).split('/')[0]] ? location.hash.slice(1).split('/')[0] : 'calls');
setInterval(tick, 1000);
watch();
