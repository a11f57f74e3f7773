// The page of the chat. It holds no state of its own but which conversation is open: every event
// from the server says where something changed, and that is read again.

const words = JSON.parse(document.getElementById('words').textContent);
const word = (key) => words[key] ?? key;
const $ = (id) => document.getElementById(id);
let state = { me: {}, contacts: [], groups: [], conversations: [] };
let open = null; // the ID of the conversation
let older = []; // messages of earlier pages

function node(tag, properties = {}, ...children) {
	const made = Object.assign(document.createElement(tag), properties);
	made.append(...children.filter((child) => child != null));
	return made;
}

async function call(method, path, body) {
	const response = await fetch(path, {
		method, body: body && JSON.stringify(body), headers: body ? { 'Content-Type': 'application/json' } : {},
	});
	if (response.status === 401) location.assign('/login');
	const found = response.status === 204 ? null : await response.json();
	if (!response.ok) throw new Error(found.error);
	return found;
}

// act calls the server for a button, and shows what is wrong.
async function act(method, path, body) {
	try {
		await call(method, path, body);
		await refresh();
	} catch (error) {
		ask(error.message, [], [[word('cancel'), () => {}]]);
	}
}

// ask shows a dialog. Each button has a text and what it does.
function ask(title, body, buttons) {
	$('dialog-title').textContent = title;
	$('dialog-body').replaceChildren(...body);
	$('dialog-buttons').replaceChildren(...buttons.map(([text, does, className = '']) =>
		node('button', { textContent: text, className, onclick: () => does() })));
	if (!$('dialog').open) $('dialog').showModal();
}

// --- what is known of a conversation

const partnerOf = (id) => id.startsWith('p:') ? id.slice(2).split(':').find((one) => one !== state.me.id) : null;
const groupOf = (id) => state.groups.find((group) => 'g:' + group.id === id);
const contactOf = (id) => state.contacts.find((contact) => contact.id === partnerOf(id));
const privateWith = (id) => 'p:' + [state.me.id, id].sort().join(':');

function titleOf(id, last) {
	if (id.startsWith('s:')) return word('system');
	return contactOf(id)?.name ?? groupOf(id)?.name ?? (last && !last.mine ? last.name : '—');
}

// --- lists

function dot(contact) {
	if (!contact) return node('span', { className: 'dot none' });
	const text = word(contact.online ? 'online' : 'offline');
	return node('span', { className: 'dot' + (contact.online ? ' online' : ''), title: text, role: 'img', ariaLabel: text });
}

function chats() {
	const known = new Set(state.conversations.map((one) => one.id));
	const rest = [...state.groups.map((group) => 'g:' + group.id),
		...state.contacts.filter((one) => one.state === 'friends').map((one) => privateWith(one.id))]
		.filter((id) => !known.has(id)).map((id) => ({ id, unread: 0 }));
	return [...state.conversations.filter((one) => !one.id.startsWith('g:') || groupOf(one.id)), ...rest];
}

function preview(last) {
	if (!last) return '';
	const text = last.recalled ? word('recalled') : last.text;
	return last.line || last.mine ? text : last.name + ': ' + text;
}

function drawLists() {
	$('chats').replaceChildren(...chats().map((one) => node('li', {}, node('button', {
		className: 'entry', onclick: () => enter(one.id), ariaCurrent: String(one.id === open),
	}, dot(contactOf(one.id)), node('span', { className: 'names' },
		node('span', { textContent: titleOf(one.id, one.last) }), node('span', { className: 'hint', textContent: preview(one.last) })),
	one.unread > 0 && one.id !== open ? node('span', { className: 'badge', textContent: one.unread, ariaLabel: one.unread + ' ' + word('unreadCount') }) : null))));
	if (!$('chats').children.length) $('chats').append(node('li', { className: 'empty', textContent: word('noChats') }));

	const asked = state.contacts.filter((one) => one.state !== 'friends');
	const friends = state.contacts.filter((one) => one.state === 'friends');
	$('contacts').replaceChildren(...asked.map(request), ...friends.map((one) => node('li', { className: 'person' }, dot(one),
		node('span', { textContent: one.name + (one.blocked ? ' (' + word('isBlocked') + ')' : '') }))));
	if (!$('contacts').children.length) $('contacts').append(node('li', { className: 'empty', textContent: word('noContacts') }));
}

function request(one) {
	if (one.state === 'waiting') return node('li', { className: 'person' }, node('span', { textContent: one.name + ' · ' + word('waiting') }));
	return node('li', { className: 'person' }, node('span', { textContent: one.name + ' ' + word('asks') }),
		node('button', { textContent: word('accept'), className: 'primary', onclick: () => act('POST', `/api/friends/${one.id}/accept`) }),
		node('button', { textContent: word('refuse'), onclick: () => act('POST', `/api/friends/${one.id}/remove`) }));
}

let lastFind = 0;
$('find').addEventListener('input', async () => {
	const mine = ++lastFind;
	const found = await call('GET', '/api/users?q=' + encodeURIComponent($('find').value));
	if (mine !== lastFind) return; // more was typed meanwhile
	$('found').replaceChildren(...found.map((one) => {
		const known = state.contacts.some((contact) => contact.id === one.id);
		return node('li', { className: 'person' }, node('span', { textContent: one.name }), known ? null : node('button', {
			textContent: word('invite'), onclick: async () => {
				await act('POST', `/api/friends/${one.id}/invite`);
				$('find').value = '';
				$('found').replaceChildren();
			},
		}));
	}));
});

// --- messages

function message(one) {
	if (one.line) return node('li', { className: 'line', textContent: one.name + ' ' + one.text });
	const li = node('li', { className: (one.mine ? 'mine' : '') + (one.recalled ? ' recalled' : '') });
	li.dataset.uid = one.uid;
	if (!one.mine && !open.startsWith('p:')) li.append(node('div', { className: 'who', textContent: one.name }));
	li.append(node('div', { className: 'bubble', textContent: one.recalled ? word('recalled') : one.text }));
	const foot = node('div', { className: 'foot' }, node('time', {
		dateTime: one.at, textContent: new Date(one.at).toLocaleTimeString(word('lang'), { hour: '2-digit', minute: '2-digit' }),
	}));
	if (!one.recalled && one.mine && Date.now() - new Date(one.at) < 120000) {
		foot.append(node('button', { className: 'plain recall', textContent: word('recall'), onclick: () => act('POST', `/api/messages/${one.uid}/recall`) }));
	}
	if (!one.recalled && !one.mine && !open.startsWith('s:')) {
		foot.append(node('button', { className: 'plain report', textContent: word('report'), onclick: () => report(one) }));
	}
	li.append(foot);
	return li;
}

function report(one) {
	const reason = node('input', { maxLength: 500, ariaLabel: word('reportWhy') });
	ask(word('reportWhy'), [reason], [[word('cancel'), () => {}], [word('report'), async () => {
		await act('POST', `/api/messages/${one.uid}/report`, { reason: reason.value });
		if (!$('dialog').open) ask(word('reported'), [], [['OK', () => {}]]);
	}, 'primary']]);
}

async function drawMessages() {
	const id = open;
	const newest = await call('GET', '/api/messages?conversation=' + encodeURIComponent(id));
	if (id !== open) return;
	const list = $('messages');
	const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
	const kept = older.filter((one) => !newest.some((other) => other.uid === one.uid));
	list.replaceChildren(...[...kept, ...newest].map(message));
	if (!older.length) $('older').hidden = newest.length < 50;
	if (atEnd) list.scrollTop = list.scrollHeight;
	older = [...kept, ...newest];
	if (document.visibilityState === 'visible' && state.conversations.find((one) => one.id === id)?.unread > 0) {
		await call('POST', '/api/read', { conversation: id });
	}
}

$('older').addEventListener('click', async () => {
	const first = older[0];
	const found = await call('GET', `/api/messages?conversation=${encodeURIComponent(open)}&before=${Date.parse(first.at)}&uid=${first.uid}`);
	older = [...found, ...older];
	$('older').hidden = found.length < 50;
	$('messages').prepend(...found.map(message));
});

function drawHead() {
	const contact = contactOf(open), group = groupOf(open);
	$('title').textContent = titleOf(open, state.conversations.find((one) => one.id === open)?.last);
	$('presence').textContent = contact ? word(contact.online ? 'online' : 'offline') : group ? group.members.length + ' ' + word('members') : '';
	$('presence').className = contact?.online ? 'online' : '';
	$('details').hidden = !contact && !group;
}

async function enter(id) {
	if (id !== open && $('text')) $('text').value = ''; // it was for somebody else
	open = id;
	older = [];
	document.body.classList.add('open');
	$('choose').hidden = true;
	$('room').hidden = false;
	$('refused').hidden = true;
	$('messages').replaceChildren();
	drawHead();
	drawLists();
	await drawMessages();
	$('messages').scrollTop = $('messages').scrollHeight;
	$('text')?.focus();
}

function leave() {
	if ($('text')) $('text').value = '';
	open = null;
	document.body.classList.remove('open');
	$('choose').hidden = false;
	$('room').hidden = true;
	drawLists();
}
$('back').addEventListener('click', leave);
document.addEventListener('keydown', (event) => {
	if (event.key === 'Escape' && open && !$('dialog').open) leave();
});
document.addEventListener('visibilitychange', () => refresh());

$('compose')?.addEventListener('submit', async (event) => {
	event.preventDefault();
	const text = $('text').value;
	if (!text.trim()) return;
	$('text').value = '';
	$('refused').hidden = true;
	try {
		await call('POST', '/api/messages', { conversation: open, text });
		$('messages').scrollTop = $('messages').scrollHeight;
	} catch (error) {
		$('text').value = text; // nothing that was written is lost
		$('refused').textContent = word('notSent') + ' ' + error.message;
		$('refused').hidden = false;
	}
});

// --- dialogs

$('new-group').addEventListener('click', () => {
	const name = node('input', { maxLength: 64, required: true, ariaLabel: word('groupName'), placeholder: word('groupName') });
	const boxes = state.contacts.filter((one) => one.state === 'friends').map((one) =>
		node('label', { className: 'check' }, node('input', { type: 'checkbox', value: one.id }), one.name));
	ask(word('newGroup'), [name, ...boxes], [[word('cancel'), () => {}], [word('create'), async () => {
		const members = boxes.map((label) => label.firstChild).filter((box) => box.checked).map((box) => box.value);
		await act('POST', '/api/groups', { name: name.value, members });
	}, 'primary']]);
});

$('details').addEventListener('click', () => {
	const contact = contactOf(open), group = groupOf(open), done = [word('cancel'), () => {}];
	if (contact) {
		ask(contact.name, [], [
			[word('unfriend'), () => act('POST', `/api/friends/${contact.id}/remove`), 'danger'],
			[word(contact.blocked ? 'unblock' : 'block'), () => act('POST', `/api/friends/${contact.id}/${contact.blocked ? 'unblock' : 'block'}`)], done]);
		return;
	}
	const owner = group.owner === state.me.id, path = `/api/groups/${group.id}`;
	const line = (one, text, method) => node('div', { className: 'person' }, node('span', { textContent: one.name }),
		text ? node('button', { textContent: text, onclick: () => act(method, `${path}/members/${one.id}`) }) : null);
	const others = state.contacts.filter((one) => one.state === 'friends' && !group.members.some((member) => member.id === one.id));
	ask(group.name, [
		...group.members.map((one) => line(one, owner && one.id !== group.owner ? word('removeMember') : '', 'DELETE')),
		...others.map((one) => line(one, word('addMember'), 'POST')),
	], [owner ? [word('dismiss'), () => act('DELETE', path), 'danger']
		: [word('quit'), () => act('DELETE', `${path}/members/${state.me.id}`), 'danger'], done]);
});

// --- events

async function refresh() {
	state = await call('GET', '/api/state');
	if (open?.startsWith('g:') && !groupOf(open)) leave(); // dismissed, or removed from it
	drawLists();
	if (open) {
		drawHead();
		await drawMessages();
	}
}

// One refresh at a time: what happens meanwhile makes another one.
let busy = false, again = false;
async function changed() {
	if (busy) {
		again = true;
		return;
	}
	busy = true;
	try {
		do {
			again = false;
			await refresh();
		} while (again);
	} catch {
		setTimeout(changed, 1000);
	} finally {
		busy = false;
	}
}

const events = new EventSource('/api/events');
events.addEventListener('message', (event) => {
	$('lost').hidden = true;
	if (JSON.parse(event.data).type !== 'beat') changed();
});
events.addEventListener('error', () => {
	$('lost').hidden = false;
	if (events.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 3000); // refused, not only lost
});
