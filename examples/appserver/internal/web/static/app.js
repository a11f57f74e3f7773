// The chat page. Events from the server say where something changed, and the page reads that part
// again. Its only own state is the open conversation and the drafts.

import { listen } from './events.js';

const words = JSON.parse(document.getElementById('words').textContent);
const word = (key) => words[key] ?? key;
const $ = (id) => document.getElementById(id);
let state = { me: {}, contacts: [], groups: [], conversations: [] };
let open = null; // ID of the open conversation
let from = null; // oldest message on the page
let more = false; // whether the server has older messages
const drafts = {}; // unsent text by conversation, and the error if sending it failed

function node(tag, properties = {}, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children.filter((child) => child != null));
	return made;
}

// call calls the JSON API. Its errors have a message for users and the status of the response. An
// error with unknown set means that the server may have executed the call.
async function call(method, path, body) {
	let response, found = null;
	try {
		response = await fetch(path, {
			method, body: body && JSON.stringify(body), headers: body ? { 'Content-Type': 'application/json' } : {},
		});
		if (response.status !== 204) found = await response.json();
	} catch { // no connection, or a proxy responded with a page of its own
		throw Object.assign(new Error(word('error.unreachable')), { unknown: true });
	}
	if (response.status === 401) location.assign('/login');
	if (!response.ok) throw Object.assign(new Error(found.error), { status: response.status, unknown: response.status >= 500 });
	return found;
}

// draw updates a list. Items that have not changed keep their nodes, so that the focus, the
// selection and screen readers keep their place.
function draw(list, items, make) {
	const focus = list.contains(document.activeElement) ? document.activeElement : null;
	const { key } = focus?.closest('[data-key]')?.dataset ?? {};
	const buttons = (of) => [...list.children].filter((li) => li.dataset.key === of).flatMap((li) => [...li.querySelectorAll('button')]);
	const place = buttons(key).indexOf(focus);

	const old = new Map([...list.children].map((li) => [li.dataset.key, li]));
	const nodes = items.map((item) => {
		const text = JSON.stringify(item), li = old.get(item.key);
		if (li?.text === text) return li;
		const made = Object.assign(make(item), { text });
		made.dataset.key = item.key;
		return made;
	});
	const kept = new Set(nodes);
	for (const li of old.values()) if (!kept.has(li)) li.remove();
	nodes.forEach((li, i) => { if (list.children[i] !== li) list.insertBefore(li, list.children[i] ?? null); });
	if (focus && document.activeElement !== focus) (buttons(key)[Math.max(place, 0)] ?? list).focus();
}

// ask shows a dialog. Each button is [text, function, class]. The dialog closes once the function
// has succeeded, and shows its error otherwise. Enter presses the primary button.
let asked = 0;
function ask(title, body, buttons) {
	const mine = ++asked, form = $('dialog').firstElementChild;
	let busy = false;
	const press = async (does) => {
		if (busy) return; // a double click
		busy = true;
		try {
			await does?.();
			if (mine === asked) $('dialog').close();
		} catch (error) {
			$('dialog-error').textContent = error.message;
			$('dialog-error').hidden = false;
		}
		busy = false;
	};
	let main;
	$('dialog-title').textContent = title;
	$('dialog-error').hidden = true;
	$('dialog-body').replaceChildren(...body);
	$('dialog-buttons').replaceChildren(...buttons.map(([text, does, className = '']) => {
		if (className.includes('primary')) main = does;
		return node('button', {
			textContent: text, className, type: className.includes('primary') ? 'submit' : 'button',
			onclick: className.includes('primary') ? null : () => press(does),
		});
	}));
	form.onsubmit = (event) => {
		event.preventDefault();
		press(main);
	};
	if (!$('dialog').open) $('dialog').showModal();
	($('dialog-body').querySelector('input') ?? $('dialog-buttons').children[buttons.findIndex(([, does]) => !does)]).focus();
}

// change calls the JSON API, and then reads the new state.
const change = async (method, path, body) => {
	const found = await call(method, path, body);
	await refresh();
	return found;
};
const failed = (error) => ask(error.message, [], [[word('close')]]);
// act is change for buttons outside of dialogs: it shows an error in a dialog.
const act = (...args) => change(...args).catch(failed);
// sure asks for confirmation before something that cannot be undone.
const sure = (question, button, does) => ask(question, [], [[word('cancel')], [button, does, 'danger']]);

// --- conversations

const partnerOf = (id) => id.startsWith('p:') ? id.slice(2).split(':').find((one) => one !== state.me.id) : null;
const groupOf = (id) => state.groups.find((group) => 'g:' + group.id === id);
const contactOf = (id) => state.contacts.find((contact) => contact.id === partnerOf(id));
const privateWith = (id) => 'p:' + [state.me.id, id].sort().join(':');
const lastOf = (id) => state.conversations.find((one) => one.id === id)?.last;
const isRead = (id) => id === open && document.visibilityState === 'visible';

function titleOf(id) {
	if (id.startsWith('s:')) return word('system');
	const last = lastOf(id);
	return contactOf(id)?.name ?? groupOf(id)?.name ?? (last && !last.mine ? last.name : '—');
}

// --- times

const clock = (at) => new Date(at).toLocaleTimeString(word('lang'), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
function day(at) {
	const midnight = (time) => new Date(time).setHours(0, 0, 0, 0);
	const ago = Math.round((midnight(Date.now()) - midnight(at)) / 86400000);
	return [word('today'), word('yesterday')][ago] ?? new Date(at).toLocaleDateString(word('lang'), { year: 'numeric', month: 'short', day: 'numeric' });
}

// --- lists

function avatar(id, name, contact) {
	const first = name.match(/[\p{L}\p{N}]|\p{Extended_Pictographic}/u)?.[0].toUpperCase() ?? '—';
	const color = [...id].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6007, 0) % 6;
	const text = contact && word(contact.online ? 'online' : 'offline');
	return node('span', { className: 'avatar c' + color }, node('span', { textContent: first, ariaHidden: 'true' }),
		contact ? node('span', { className: 'dot' + (contact.online ? ' online' : ''), title: text, role: 'img', ariaLabel: text }) : null);
}

function preview(id, last) {
	if (!last) return '';
	const who = last.mine ? word('you') : last.name;
	if (last.recalled) return word('recalled');
	return last.line || id.startsWith('p:') && !last.mine || id.startsWith('s:') ? last.text : who + ': ' + last.text;
}

function drawLists() {
	if (!state.me.id) return; // the state is not loaded yet
	const known = new Set(state.conversations.map((one) => one.id));
	const chats = [...state.conversations.filter((one) => !one.id.startsWith('g:') || groupOf(one.id)),
		...state.groups.map((group) => ({ id: 'g:' + group.id, unread: 0 })).filter((one) => !known.has(one.id))];
	draw($('chats'), chats.map(({ id, unread, last }) => ({
		key: id, title: titleOf(id), preview: preview(id, last), contact: contactOf(id), unread: isRead(id) ? 0 : unread, open: id === open,
		at: last && (day(last.at) === word('today') ? clock(last.at) : day(last.at)),
	})), entry);
	$('no-chats').hidden = chats.length > 0;

	const order = ['asked', 'waiting', 'friends'];
	const contacts = state.contacts.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
	draw($('contacts'), contacts.map((one) => ({ key: one.id, ...one })), contactEntry);
	$('no-contacts').hidden = contacts.length > 0;

	const unread = chats.reduce((sum, one) => sum + (isRead(one.id) ? 0 : one.unread), 0);
	document.title = (unread ? `(${unread}) ` : '') + word('title') + ' · ' + state.me.name;
}

const names = (name, hint) => node('span', { className: 'names' }, node('bdi', { textContent: name }), hint ? node('bdi', { className: 'hint', textContent: hint }) : null);

function entry(one) {
	return node('li', {}, node('button', { className: 'entry', onclick: () => enter(one.key), ariaCurrent: String(one.open) },
		avatar(partnerOf(one.key) ?? one.key, one.title, one.contact), names(one.title, one.preview), node('span', { className: 'side' }, one.at && node('time', { textContent: one.at }),
			one.unread > 0 ? node('span', { className: 'badge', textContent: one.unread, role: 'img', ariaLabel: one.unread + ' ' + word('unreadCount') }) : null)));
}

function contactEntry(one) {
	if (one.state === 'friends') {
		return node('li', {}, node('button', { className: 'entry', onclick: () => enter(privateWith(one.id)) },
			avatar(one.id, one.name, one), names(one.name, one.blocked ? word('isBlocked') : '')));
	}
	const buttons = one.state === 'waiting' ? [] : [
		node('button', { textContent: word('accept'), className: 'primary', onclick: () => act('POST', `/api/friends/${one.id}/accept`) }),
		node('button', { textContent: word('refuse'), onclick: () => act('POST', `/api/friends/${one.id}/remove`) })];
	return node('li', { className: 'person asks' }, avatar(one.id, one.name), names(one.name, word(one.state === 'waiting' ? 'waiting' : 'asks')), ...buttons);
}

let lastFind = 0;
async function find() {
	const mine = ++lastFind, text = $('find').value;
	const found = text ? await call('GET', '/api/users?q=' + encodeURIComponent(text)).catch(() => []) : [];
	if (mine !== lastFind) return; // the text has changed meanwhile
	$('nobody').hidden = !text || found.length > 0;
	draw($('found'), found.map((one) => ({ key: one.id, ...one, known: state.contacts.some((contact) => contact.id === one.id) })), (one) =>
		node('li', { className: 'person' }, avatar(one.id, one.name), names(one.name), one.known ? null : node('button', {
			textContent: word('invite'), onclick: async () => {
				await act('POST', `/api/friends/${one.id}/invite`);
				clearFind();
			},
		})));
}
function clearFind() {
	$('find').value = '';
	$('find').focus();
	find();
}
$('find').addEventListener('input', find);

// --- messages

function message(one) {
	if (one.key === 'older') return node('li', { className: 'line' }, node('button', { className: 'plain', textContent: word('older'), onclick: () => readOlder().catch(changed) }));
	if (one.day) return node('li', { className: 'line day', textContent: one.day });
	if (one.line) return node('li', { className: 'line' }, node('bdi', { textContent: one.name + ' ' + one.text }));
	const li = node('li', { className: (one.mine ? 'mine' : '') + (one.recalled ? ' recalled' : '') });
	if (one.named) li.append(node('div', { className: 'who' }, node('bdi', { textContent: one.name })));
	li.append(node('div', { className: 'bubble', dir: 'auto', textContent: one.recalled ? word('recalled') : one.text }));
	li.append(node('div', { className: 'foot' }, node('time', { dateTime: one.at, textContent: clock(one.at) }),
		one.canRecall ? node('button', { className: 'plain recall', textContent: word('recall'), onclick: () => act('POST', `/api/messages/${one.uid}/recall`) }) : null,
		one.canReport ? node('button', { className: 'plain report', textContent: word('report'), onclick: () => report(one) }) : null));
	return li;
}

function report(one) {
	const reason = node('input', { maxLength: 500, ariaLabel: word('reportWhy') });
	ask(word('reportWhy'), [reason], [[word('cancel')], [word('report'), async () => {
		await call('POST', `/api/messages/${one.uid}/report`, { reason: reason.value });
		ask(word('reported'), [], [[word('close')]]);
	}, 'primary']]);
}

const pageOf = (id, first) => call('GET', '/api/messages?conversation=' + encodeURIComponent(id) + (first ? `&before=${Date.parse(first.at)}&uid=${first.uid}` : ''));
const pageSize = 50;

// items returns the entries of the message list: the messages, a line for each day, and the button
// for older messages.
function items(messages) {
	const found = more ? [{ key: 'older' }] : [];
	let before = {};
	for (const one of messages) {
		if (day(one.at) !== (before.at && day(before.at))) found.push({ key: 'day ' + day(one.at), day: day(one.at) });
		found.push({
			key: one.uid, ...one, named: open.startsWith('g:') && !one.mine && one.from !== before.from,
			canRecall: one.mine && !one.recalled && Date.now() - new Date(one.at) < 120000, canReport: !one.mine && !one.recalled && !open.startsWith('s:'),
		});
		before = one.line ? { at: one.at } : one;
	}
	return found;
}

const atEnd = () => $('messages').scrollHeight - $('messages').scrollTop - $('messages').clientHeight < 80;
const toEnd = () => { $('messages').scrollTop = $('messages').scrollHeight; };

// drawMessages reads the messages again, back to the oldest one on the page, so that no message is
// missing after a lost connection. The user may scroll or read older messages meanwhile, and a
// later call may finish first.
let begun = 0, drawn = 0;
async function drawMessages() {
	const id = open, turn = ++begun, stays = () => from && !atEnd();
	let found = [], page;
	do {
		page = await pageOf(id, found[0]);
		found = [...page, ...found];
	} while (stays() && page.length === pageSize && !found.some((one) => one.uid === from.uid));
	if (id !== open || turn < drawn) return;
	drawn = turn;
	more = page.length === pageSize;
	const end = !stays(), last = $('messages').lastElementChild?.dataset.key;
	draw($('messages'), items(found), message);
	if (end) toEnd();
	else if (found.at(-1)?.uid !== last) $('newer').hidden = false;
	from = found[0];
	if (isRead(id) && state.conversations.find((one) => one.id === id)?.unread > 0) await call('POST', '/api/read', { conversation: id });
}

async function readOlder() {
	const list = $('messages'), [first] = await pageOf(open, from);
	if (first) from = first;
	const below = list.scrollHeight - list.scrollTop;
	list.scrollTop = 0;
	await drawMessages();
	list.scrollTop = list.scrollHeight - below;
}
let stuck = true; // whether the list stays scrolled to its end when its height changes
$('messages').addEventListener('scroll', () => {
	stuck = atEnd();
	if (stuck) $('newer').hidden = true;
});
new ResizeObserver(() => { if (stuck) toEnd(); }).observe($('messages'));
$('newer').addEventListener('click', toEnd);

function drawHead() {
	const contact = contactOf(open), group = groupOf(open);
	$('title').textContent = titleOf(open);
	$('presence').textContent = contact?.blocked ? word('isBlocked') : contact ? word(contact.online ? 'online' : 'offline')
		: group ? group.members.length + ' ' + word('members') : '';
	$('presence').className = contact?.online && !contact.blocked ? 'online' : '';
	$('details').hidden = contact?.state !== 'friends' && !group;
}

function drawDraft() {
	if (!$('text')) return;
	$('compose').hidden = open.startsWith('s:'); // users cannot reply to the system
	$('text').value = drafts[open]?.text ?? '';
	$('refused').textContent = drafts[open]?.refused ?? '';
	$('refused').hidden = !drafts[open]?.refused;
}

// --- the open conversation: it is part of the address, so that the browser's back and reload work

let entered = false; // whether the previous entry of the history is the list
function enter(id) {
	if (open) return location.replace('#' + id);
	entered = true;
	location.hash = id;
}
function leave() {
	if (entered) history.back();
	else location.replace('#');
	entered = false; // a second call must not go back twice
}
async function show() {
	const left = open;
	open = location.hash.slice(1) || null;
	from = null;
	document.body.classList.toggle('open', open !== null);
	$('choose').hidden = open !== null;
	$('room').hidden = open === null;
	$('newer').hidden = true;
	$('messages').replaceChildren();
	drawLists();
	if (!open) {
		entered = false;
		[...$('chats').children].find((li) => li.dataset.key === left)?.firstChild.focus();
		return;
	}
	drawHead();
	drawDraft();
	$('text')?.focus();
	await changed();
}
window.addEventListener('hashchange', show);
$('back').addEventListener('click', leave);
document.addEventListener('keydown', (event) => {
	if (event.key !== 'Escape' || event.isComposing || $('dialog').open) return;
	if (event.target === $('find') && $('find').value) clearFind();
	else if (open) leave();
});
document.addEventListener('visibilitychange', () => changed());

// --- writing

$('text')?.addEventListener('keydown', (event) => {
	// Enter that chooses a word of an input method does not send; Safari marks it with keyCode 229.
	if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
	event.preventDefault();
	$('compose').requestSubmit();
});
$('text')?.addEventListener('input', () => {
	drafts[open] = { text: $('text').value };
	$('refused').hidden = true;
});

let sending = Promise.resolve(); // the last message; the next one waits for it, to keep the order
$('compose')?.addEventListener('submit', (event) => {
	event.preventDefault();
	const text = $('text').value, conversation = open;
	if (!text.trim()) return;
	delete drafts[conversation];
	drawDraft();
	$('text').focus();
	sending = sending.then(() => call('POST', '/api/messages', { conversation, text })).then(() => { if (open === conversation) toEnd(); }, (error) => {
		// The text becomes the draft of its conversation again, before what was written meanwhile.
		const later = drafts[conversation]?.text;
		drafts[conversation] = { text: later ? text + '\n' + later : text, refused: error.unknown ? word('unknownSent') : word('notSent') + error.message };
		if (open === conversation) drawDraft();
	});
});

// --- dialogs

const friends = () => state.contacts.filter((one) => one.state === 'friends');

$('new-group').addEventListener('click', () => {
	const name = node('input', { maxLength: 64, required: true, ariaLabel: word('groupName'), placeholder: word('groupName') });
	const boxes = friends().map((one) => node('label', { className: 'check' }, node('input', { type: 'checkbox', value: one.id }), one.name));
	ask(word('newGroup'), [name, ...boxes], [[word('cancel')], [word('create'), async () => {
		const members = boxes.map((label) => label.firstChild).filter((box) => box.checked).map((box) => box.value);
		const { conversation } = await change('POST', '/api/groups', { name: name.value, members });
		enter(conversation);
	}, 'primary']]);
});

$('details').addEventListener('click', () => {
	const contact = contactOf(open), group = groupOf(open);
	if (contact) {
		const path = `/api/friends/${contact.id}/`, turn = contact.blocked ? 'unblock' : 'block';
		ask(contact.name, [], [[word('unfriend'), () => sure(word('sure.remove'), word('unfriend'), () => change('POST', path + 'remove')), 'danger'],
			[word(turn), () => change('POST', path + turn)], [word('close')]]);
		return;
	}
	const owner = group.owner === state.me.id, path = `/api/groups/${group.id}`;
	const line = (one, text, method) => node('div', { className: 'person' }, avatar(one.id, one.name), names(one.name),
		text ? node('button', { type: 'button', textContent: text, onclick: () => change(method, `${path}/members/${one.id}`).then(() => $('details').click(), failed) }) : null);
	const others = friends().filter((one) => !group.members.some((member) => member.id === one.id));
	const [question, button, target] = owner ? ['sure.dismiss', word('dismiss'), path] : ['sure.leave', word('quit'), `${path}/members/${state.me.id}`];
	ask(group.name, [
		...group.members.map((one) => line(one, owner && one.id !== group.owner ? word('removeMember') : '', 'DELETE')),
		...others.map((one) => line(one, word('addMember'), 'POST')),
	], [[button, () => sure(word(question), button, () => change('DELETE', target)), 'danger'], [word('close')]]);
});

// --- events

async function refresh() {
	state = await call('GET', '/api/state');
	drawLists();
	if (!open) return;
	drawHead();
	try {
		await drawMessages();
	} catch (error) {
		if (error.status !== 404) throw error;
		leave(); // the group is dismissed, or the user is no longer in it
	}
}

// changed refreshes the page, and once more if it is called meanwhile.
let busy = false, again = false;
async function changed() {
	again = true;
	if (busy) return;
	busy = true;
	try {
		while (again) {
			again = false;
			await refresh();
		}
	} catch {
		setTimeout(changed, 1000);
	} finally {
		busy = false;
	}
}

listen(changed, (there) => { $('lost').hidden = there; });
show();
