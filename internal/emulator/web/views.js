import {api, breakable, button, cell, code, copyButton, field, form, link, links, make, moment, plural, pretty, route, table, timeNode, userPath} from './dom.js';
import {rtcActions, rtcBlock, rtcJoin, rtcNodes, rtcNotes} from './rtc.js';

// known is the data that the page has received from the server.
export const known = {
  calls: new Map(), messages: [], callbacks: [], users: [], places: [], words: [], faults: [],
  now: new Date(0), counts: {calls: 0, messages: 0, callbacks: 0},
};

// Names of message types for people; others are shown as they are.
const kinds = {
  'RC:TxtMsg': 'text', 'RC:ImgMsg': 'image', 'RC:GIFMsg': 'GIF', 'RC:HQVCMsg': 'voice', 'RC:VcMsg': 'voice', 'RC:FileMsg': 'file',
  'RC:SightMsg': 'video', 'RC:LBSMsg': 'location', 'RC:ReferenceMsg': 'reference', 'RC:CombineMsg': 'combined', 'RC:CmdMsg': 'command',
  'RC:CmdNtf': 'command', 'RC:InfoNtf': 'notice', 'RC:RcCmd': 'recall', 'RC:GrpNtf': 'group notice', 'RC:ProfileNtf': 'profile notice',
  'RC:ContactNtf': 'contact notice', 'RC:ImgTextMsg': 'link card', 'RC:TypSts': 'typing', 'RC:ReadNtf': 'read receipt', 'RC:chrmKVNotiMsg': 'attribute',
};

// messageText returns what a person would read. A body cut within its first text is read as if it ended there.
function messageText(m) {
  try {
    const body = JSON.parse(m.cut ? m.body + '…"}' : m.body);
    for (const name of ['content', 'message', 'name', 'poi', 'title', 'imageUri', 'fileUrl', 'sightUrl', 'remoteUrl', 'key']) {
      if (typeof body[name] === 'string' && body[name] && !(m.objectName === 'RC:ImgMsg' && name === 'content')) return body[name];
    }
  } catch {
    // not JSON: shown unchanged
  }
  return m.body;
}

const kindOf = (m) => kinds[m.objectName] || m.objectName;

const placeKinds = {group: 'group', chatroom: 'chat room', ultraGroup: 'ultra group', rtcRoom: 'audio/video'};

// targetLink links to the target of a message.
function targetLink(m) {
  if (!m.targetId) return 'everybody';
  if (placeKinds[m.conversationType]) return link('places', m.conversationType + '/' + m.targetId, m.targetId + (m.channelId ? '/' + m.channelId : ''));
  return link('users', m.targetId);
}

function verdict(status, text, ok) {
  return make('span', 'c-verdict ' + (status === 0 ? 'warn' : ok ? 'good' : 'bad'), text);
}

// Calls

function callCells(call) {
  return [
    timeNode(call.receivedAt),
    cell('main', make('code', '', ...breakable(call.path))),
    cell('who', call.who || ''),
    verdict(call.status, call.status === 0 ? 'no response' : call.status + ' · ' + call.code, call.ok),
    cell('num', call.ms.toFixed(1) + ' ms'),
    call.message || call.fault ? cell('more ' + (call.ok ? 'quiet' : 'bad'), [call.fault ? 'fault' : '', call.message].filter(Boolean).join(' · ')) : '',
  ];
}

async function callDetails(number) {
  const call = await api('requests/' + encodeURIComponent(number));
  const signature = call.signature;
  const callbacks = known.callbacks.filter((c) => c.requestNumber === call.number);
  const parameters = Object.entries(call.parameters).map(([name, value]) => [name, pretty(value)]);
  const nodes = [
    call.summary ? make('p', '', call.summary) : '',
    make('div', 'buttons',
      button('Send again', async () => { location.hash = route('calls', (await api('requests/' + call.number + '/replay', 'POST')).number); }),
      copyButton('Copy as curl', call.curl)),
    table([
      ['response', call.status === 0 ? 'none: the connection was closed' : 'HTTP ' + call.status + ', code ' + call.code],
      ['message', call.message], ['received', moment(call.receivedAt)], ['took', call.ms.toFixed(1) + ' ms'], ['fault', call.fault ? 'a fault was applied' : ''],
      ['retry class', call.class], ['request ID', call.requestId], ['unknown parameters', (call.unknownParameters || []).join(', ')],
      ['messages', call.messageUIDs ? links('messages', call.messageUIDs) : ''],
      ['callbacks', callbacks.length ? make('span', '', ...callbacks.flatMap((c, i) => [i ? ', ' : '', link('callbacks', c.number, c.kind)])) : ''],
    ]),
    ...(call.response.body ? code('Response', call.response.body, call.response.mediaType) : [make('h3', '', 'Response'), make('p', 'empty', 'no body')]),
    make('h3', '', 'Signature'),
    make('p', signature.valid ? 'good' : 'bad', signature.valid ? '✓ it matches' : '✗ ' + (signature.hint || 'it does not match')),
    table([
      ['rule', signature.rule], ['App-Key', signature.appKey || '–'], ['Nonce', signature.nonce || '–'],
      ['Timestamp', signature.timestamp || '–'], ['which is', signature.time],
    ]),
    make('h3', '', 'Parameters'),
    parameters.length ? table(parameters) : make('p', 'empty', 'none readable'),
    ...(call.body ? code('Body as sent', call.body, call.headers['Content-Type']) : [make('h3', '', 'Body as sent'), make('p', 'empty', 'none')]),
    ...(call.query ? code('Query as sent', call.query) : []),
    make('h3', '', 'Headers'), table(Object.entries(call.headers).sort()),
  ];
  if (call.doc && /^https:\/\//.test(call.doc)) {
    const page = make('a', '', "RongCloud's page");
    page.href = call.doc;
    page.rel = 'noreferrer noopener';
    page.target = '_blank';
    nodes.push(make('p', '', page));
  }
  return {title: call.method + ' ' + call.path, nodes};
}

// Messages

function messageNotes(m) {
  return [
    m.recalled ? 'recalled' : '', m.blocked ? 'blocked by a sensitive word' : '', m.ownCopy ? "the sender's own copy" : '',
    m.recipientIds ? 'received by ' + (m.recipientCount > 3 ? plural(m.recipientCount, 'user') : m.recipientIds.join(', ')) : '',
    m.missed ? 'not received' + (m.missed[0].userId ? ' by ' + (m.missedCount > 1 ? plural(m.missedCount, 'user') : m.missed[0].userId) : '') + ': ' + m.missed[0].reason : '',
  ].filter(Boolean).join(' · ');
}

// messageCells returns the cells of a message as sent, or in an inbox, where a one-to-one conversation is named after the sender.
function messageCells(m, inInbox) {
  const notes = messageNotes(m);
  const alone = inInbox && !placeKinds[m.conversationType];
  const to = m.targetId ? m.targetId + (m.channelId ? '/' + m.channelId : '') : 'everybody';
  return [
    timeNode(m.sentAt),
    cell('main', messageText(m)),
    cell('who', alone ? 'from ' + m.from : m.from + ' → ' + to),
    cell('verdict quiet', kindOf(m)),
    cell('num', placeKinds[m.conversationType] || m.conversationType),
    notes ? cell('more ' + (m.missed || m.blocked ? 'warn' : 'quiet'), notes) : '',
  ];
}

async function messageDetails(uid) {
  const m = await api('messages/' + encodeURIComponent(uid));
  const callbacks = known.callbacks.filter((c) => c.messageUID === m.messageUID);
  return {
    title: kindOf(m) + ' from ' + m.from,
    nodes: [
      make('p', 'said', messageText(m)),
      table([
        ['from', link('users', m.from)], ['to', targetLink(m)], ['chosen members', m.toUserIds ? links('users', m.toUserIds) : ''],
        ['conversation', m.conversationType], ['type', m.objectName], ['sent', moment(m.sentAt)], ['UID', m.messageUID],
        ['push text', m.pushContent], ['push data', m.pushData],
        ['state', [m.recalled ? 'recalled' : '', m.blocked ? 'blocked by a sensitive word' : ''].filter(Boolean).join(', ')],
        ['call', m.requestNumber ? link('calls', m.requestNumber, 'no. ' + m.requestNumber) : "none: a user's app sent it"],
        ['callbacks', callbacks.length ? make('span', '', ...callbacks.flatMap((c, i) => [i ? ', ' : '', link('callbacks', c.number, c.kind)])) : ''],
      ]),
      make('h3', '', 'Who received it'),
      m.recipientIds ? make('p', '', links('users', m.recipientIds)) : make('p', 'empty', 'nobody'),
      ...(m.missed ? [make('h3', '', 'Who did not, and why'), table(m.missed.map((one) => [one.userId || 'everybody', one.reason]))] : []),
      ...(m.expansion ? [make('h3', '', 'Expansion'), table(Object.entries(m.expansion))] : []),
      ...code('Content as sent', m.body),
    ],
  };
}

// Callbacks

// posted returns the fields that a callback posted: from JSON, from the first of several events, or from a form.
function posted(c) {
  if (/^application\/x-www-form-urlencoded/.test(c.mediaType)) return Object.fromEntries(new URLSearchParams(c.body));
  try {
    return [JSON.parse(c.body)].flat()[0] || {};
  } catch {
    return {};
  }
}

// about returns whom and what a callback is about.
function about(c) {
  const fields = posted(c);
  const first = (names) => names.map((name) => fields[name]).filter((value) => value && value.length).map(String)[0] || '';
  const who = first(['fromUserId', 'operator', 'userId', 'userid', 'user_id', 'userIds']);
  const where = first(['toUserId', 'targetId', 'chatRoomId', 'chatroomId', 'roomId', 'room_id', 'groupId']);
  return who && where ? who + ' → ' + where : who || where;
}

function callbackCells(c) {
  return [
    timeNode(c.occurredAt),
    cell('main', make('code', '', ...breakable(c.kind))),
    cell('who', about(c)),
    verdict(c.status, c.status === 0 ? 'no response' : String(c.status), c.status === 200),
    cell('num', plural(c.attemptCount, 'attempt')),
    c.error ? cell('more bad', c.error) : '',
  ];
}

// rtcRoomOf returns the audio and video room that a callback is about, if it still exists.
function rtcRoomOf(c) {
  const fields = posted(c);
  const id = fields.roomId || fields.room_id;
  return known.places.find((p) => p.kind === 'rtcRoom' && p.id === id);
}

async function callbackDetails(number) {
  const c = await api('callbacks/' + encodeURIComponent(number));
  const room = rtcRoomOf(c);
  const isForm = /^application\/x-www-form-urlencoded/.test(c.mediaType);
  return {
    title: 'Callback: ' + c.kind,
    nodes: [
      make('div', 'buttons', button('Send again', () => api('callbacks/' + c.number + '/retry', 'POST'))),
      table([
        ['caused by', c.requestNumber ? link('calls', c.requestNumber, 'call ' + c.requestNumber) : "a user's action"],
        ['message', c.messageUID ? link('messages', c.messageUID) : ''], ['room', room ? link('places', placeKey(room), room.id) : ''],
        ['time', moment(c.occurredAt)], ['attempts', c.attemptCount],
        ['response', c.status === 0 ? 'none' : 'HTTP ' + c.status], ['problem', c.error], ['posted to', c.url],
      ]),
      ...code('Response of your server', c.response || '(no body)'),
      ...(isForm ? [make('h3', '', 'Fields'), table(Object.entries(posted(c)).map(([name, value]) => [name, pretty(value)]))] : []),
      ...code('Body as posted', c.body, c.mediaType),
      ...code('Query as sent', c.query || '(none)'),
      make('h3', '', 'Headers'), table(Object.entries(c.headers || {}).sort()),
    ],
  };
}

// Users

function userCells(u) {
  const notes = [
    u.registered ? '' : 'not registered', u.blocked ? 'blocked until ' + moment(u.blockedUntil, false) : '', u.muted ? 'muted in private chats' : '',
    u.rtcBlockedUntil ? 'blocked from audio and video' : '', u.usesWhitelist ? 'accepts messages from the whitelist only' : '', u.blacklist ? plural(u.blacklist.length, 'user') + ' on the blacklist' : '',
  ].filter(Boolean).join(' · ');
  return [
    make('span', 'c-time ' + (u.online ? 'good' : 'quiet'), u.online ? '● online' : '○ offline'),
    cell('main', make('code', '', u.id)), cell('who', u.name || ''),
    u.online ? cell('verdict quiet', u.platforms.length > 1 ? plural(u.platforms.length, 'device') : u.platforms[0]) : '', cell('num', u.inbox + ' in inbox'),
    notes ? cell('more quiet', notes) : '',
  ];
}

const findUser = (id) => known.users.find((u) => u.id === id) || {id, inbox: 0};

const platforms = ['Android', 'iOS', 'HarmonyOS', 'Websocket', 'PC', 'MiniProgram'];

// devices shows a user's devices that are online, each with a button that disconnects it.
function devices(u) {
  if (!u.online) return 'no device is online';
  return make('ul', 'plain', ...u.platforms.map((name) => make('li', '', make('span', '', name),
    button('Disconnect', () => api(userPath(u.id) + '/disconnect?platform=' + name, 'POST'), 'small'))));
}

async function userDetails(id) {
  const u = findUser(id);
  const inbox = u.inbox ? await api(userPath(id) + '/inbox?limit=100&cut=500') : [];
  const rooms = known.places.filter((p) => p.members.includes(id));
  const list = make('ol', 'rows inbox');
  for (const m of inbox.reverse()) {
    const row = make('a', 'row', ...messageCells(m, true));
    row.href = route('messages', m.messageUID);
    list.append(make('li', '', row));
  }
  return {
    title: 'User ' + id,
    actions: () => [
      form('Connect a device', 'Connect', [field('Platform', 'platform', {options: platforms.map((name) => [name, name])})],
        ({platform}) => api(userPath(id) + '/connect?platform=' + platform, 'POST')),
      form('Send as ' + id, 'Send', [
        field('To', 'conversationType', {options: [['private', 'a user'], ['group', 'a group'], ['chatroom', 'a chat room'], ['ultraGroup', 'an ultra group']]}),
        field('ID', 'targetId', {list: 'targets', required: true}), field('Text', 'text'),
      ], async (values, node) => {
        await api(userPath(id) + '/send', 'POST', values);
        node.elements.text.value = '';
      }),
      form('Chat room', 'Join', [field('Room', 'room', {list: 'targets', required: true})], ({room}) => api(userPath(id) + '/chatrooms/' + encodeURIComponent(room), 'POST')),
      rtcJoin(id),
    ],
    nodes: [
      table([
        ['name', u.name], ['portrait', u.portrait], ['devices', devices(u)], ['registered', u.registered ? 'yes' : 'no: only known by ID'],
        ['blocked until', u.blockedUntil ? moment(u.blockedUntil, false) : ''], ['blocked from audio and video until', rtcBlock(u)], ['muted', u.muted ? 'in private chats' : ''],
        ['blacklist', u.blacklist ? links('users', u.blacklist) : ''], ['whitelist', u.whitelist ? links('users', u.whitelist) : ''],
        ['list in use', u.usesWhitelist ? 'the whitelist' : u.blacklist ? 'the blacklist' : ''],
        ['is in', rooms.length ? make('span', '', ...rooms.flatMap((p, i) => [i ? ', ' : '', link('places', p.kind + '/' + p.id, p.id)])) : ''],
      ]),
      make('h3', '', u.inbox > inbox.length ? 'Inbox: the newest ' + inbox.length + ' of ' + u.inbox.toLocaleString('en') : 'Inbox'),
      inbox.length ? list : make('p', 'empty', 'Nothing was received. Send something to ' + id + ', or as ' + id + ' to somebody.'),
    ],
  };
}

// Groups and rooms

const placeKey = (p) => p.kind + '/' + p.id;

function placeNotes(p) {
  if (p.kind === 'rtcRoom') return rtcNotes(p);
  return [
    p.allMuted ? 'all members muted' : '', p.muted ? plural(p.muted.length, 'member') + ' muted' : '',
    p.blocked ? plural(p.blocked.length, 'user') + ' kept out' : '', p.channels ? 'channels: ' + p.channels.join(', ') : '',
  ].filter(Boolean);
}

function placeCells(p) {
  const notes = placeNotes(p).join(' · ');
  const holds = p.entries ? plural(p.entries.length, 'entry', 'entries') : p.streams ? plural(p.streams.length, 'stream') : '';
  return [
    cell('time quiet', placeKinds[p.kind]), cell('main', make('code', '', p.id)), cell('who', p.name || ''),
    holds ? cell('verdict quiet', holds) : '', cell('num', plural(p.members.length, 'member')),
    notes ? cell('more quiet', notes) : '',
  ];
}

async function placeDetails(key) {
  const p = known.places.find((one) => placeKey(one) === key);
  if (!p) throw new Error('It does not exist, or no longer does.');
  const rtc = p.kind === 'rtcRoom';
  return {
    title: placeKinds[p.kind] + (rtc ? ' room ' : ' ') + p.id,
    actions: () => (rtc ? rtcActions(p) : p.kind === 'chatroom' ? [joinForm(p)] : []),
    nodes: rtc ? rtcNodes(p) : placeNodes(p),
  };
}

const joinForm = (p) => form('Let a user join', 'Join', [field('User', 'id', {list: 'targets', placeholder: 'a user who is online', required: true})],
  ({id}) => api(userPath(id) + '/chatrooms/' + encodeURIComponent(p.id), 'POST'));

function placeNodes(p) {
  const removable = (id) => make('li', '', link('users', id), p.kind === 'chatroom'
    ? button('Leave', () => api(userPath(id) + '/chatrooms/' + encodeURIComponent(p.id), 'DELETE'), 'small') : '',
  p.muted && p.muted.includes(id) ? make('span', 'warn', ' muted') : '');
  const hidden = p.privateChannels || [];
  return [
    table([
      ['name', p.name], ['all members muted', p.allMuted ? 'yes' : ''], ['muted', p.muted ? links('users', p.muted) : ''],
      ['kept out', p.blocked ? links('users', p.blocked) : ''],
      ['channels', p.channels ? p.channels.map((c) => c + (hidden.includes(c) ? ' (private)' : '')).join(', ') : ''],
    ]),
    make('h3', '', 'Members'),
    p.members.length ? make('ul', 'plain', ...p.members.map(removable)) : make('p', 'empty', 'nobody'),
    ...(p.kind === 'chatroom' ? [make('h3', '', 'Entries'), p.entries
      ? table(p.entries.map((e) => [e.key, e.value + '  (of ' + e.owner + ')'])) : make('p', 'empty', 'none')] : []),
  ];
}

// Sensitive words and faults: rows that can be removed

function wordCells(w) {
  return [
    cell('main', w.word), cell('who', w.replace ? 'becomes ' + w.replace : 'blocks the message'),
    cell('num', new Date(w.worksAt) > known.now ? 'works from ' + moment(w.worksAt, false) : 'works'),
    button('Remove', () => api('words/' + encodeURIComponent(w.word), 'DELETE'), 'small'),
  ];
}

function faultCells(f) {
  const rest = Object.entries(f).filter(([name]) => !['number', 'endpoint', 'times', 'skip', 'where'].includes(name));
  const show = ([name, value]) => name + ': ' + (typeof value === 'object' ? JSON.stringify(value) : value);
  return [
    cell('main', make('code', '', f.endpoint || 'any endpoint')),
    cell('who', rest.length ? rest.map(show).join(' · ') : '500 and code 1000'),
    cell('num', [f.skip ? 'after ' + f.skip : '', f.times < 0 ? 'always' : f.times + ' ×'].filter(Boolean).join(', ')),
    button('Remove', () => api('faults/' + f.number, 'DELETE'), 'small'),
    f.where ? cell('more quiet', 'where ' + Object.entries(f.where).map(([name, value]) => name + ' = ' + value).join(', ')) : '',
  ];
}

const textOf = (thing) => JSON.stringify(thing).toLowerCase();

// views are the tabs, with what each lists and how it shows one item.
export const views = {
  calls: {
    key: (c) => String(c.number), cells: callCells, details: callDetails, settled: true,
    items: () => [...known.calls.values()].reverse(),
    fits: (c, wanted) => [c.path, c.who, c.message, c.requestId, String(c.code)].some((text) => text && text.toLowerCase().includes(wanted)),
    alsoFits: (c, only) => !only || !c.ok,
  },
  messages: {
    key: (m) => m.messageUID, cells: (m) => messageCells(m, false), details: messageDetails, items: () => known.messages,
    fits: (m, wanted) => (textOf(m) + ' ' + kindOf(m) + ' ' + messageText(m).toLowerCase()).includes(wanted),
    alsoFits: (m, only) => !only || m.missed || m.blocked || !m.recipientIds,
  },
  callbacks: {
    key: (c) => String(c.number), cells: callbackCells, details: callbackDetails, items: () => known.callbacks,
    fits: (c, wanted) => textOf(c).includes(wanted), alsoFits: (c, only) => !only || c.status !== 200,
  },
  users: {key: (u) => u.id, cells: userCells, details: userDetails, items: () => known.users, fits: (u, wanted) => textOf(u).includes(wanted)},
  places: {key: placeKey, cells: placeCells, details: placeDetails, items: () => known.places, fits: (p, wanted) => textOf(p).includes(wanted)},
  words: {key: (w) => w.word, cells: wordCells, items: () => known.words},
  faults: {key: (f) => String(f.number), cells: faultCells, items: () => known.faults},
};
