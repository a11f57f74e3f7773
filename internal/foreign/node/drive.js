'use strict';

// Runs RongCloud's own Node SDK against the emulator, whose address and app are in the environment. It calls every method that the
// package exports, in an order in which each call has an effect, and checks that effect in the emulator's state. A method that a new
// version of the package adds fails the run until it has a step here.

const assert = require('node:assert/strict');

const api = process.env.RONGCLOUD_API_URL;
const line = process.env.RONGCLOUD_NODE_LINE; // as the emulator's banner and documentation have it
const sdk = new Function('require', 'return ' + line)(require);

async function admin(path, method = 'GET', body = undefined) {
  const response = await fetch(api + '/_emulator/' + path, {method, body: body && JSON.stringify(body)});
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${await (response.ok ? '' : response.text())}`);
  return response.json();
}

const inbox = (user) => admin(`users/${user}/inbox`);
const state = () => admin('state');
const lastSent = async () => (await admin('messages')).at(-1);
const found = (list, id) => list.find((one) => one.id === id);
const user = async (id) => found((await state()).users, id);
const group = async (id) => found((await state()).groups, id);
const room = async (id) => found((await state()).chatrooms, id);
const ids = (list) => (list || []).map((one) => one.id || one.userId || one).sort();
const people = (...names) => names.map((id) => ({id}));
const text = (content) => ({objectName: 'RC:TxtMsg', content: {content}});
const contentOf = (message) => JSON.parse(message.body).content;

// methods are the names of all functions that the package exports, such as User.Block.add.
function methods(within, path = []) {
  return Object.entries(within).flatMap(([name, value]) => {
    if (typeof value === 'function') return [[...path, name].join('.')];
    return value && typeof value === 'object' ? methods(value, [...path, name]) : [];
  });
}

const called = new Set();
let calls = 0;

async function call(name, argument) {
  called.add(name);
  calls++;
  const method = name.split('.').reduce((within, part) => within[part], sdk);
  return method(argument);
}

// step calls a method, which must succeed, and checks the response; the SDK does not reject when the server refuses a call, but returns the error.
async function step(name, argument, check = () => {}) {
  const answer = await call(name, argument);
  assert.equal(answer && answer.code, 200, `${name}: ${JSON.stringify(answer)}`);
  await check(answer);
  return answer;
}

// gone calls a method whose endpoint RongCloud no longer has.
async function gone(name, argument) {
  const answer = await call(name, argument);
  assert.notEqual(answer && answer.code, 200, `${name} is served`);
}

async function users() {
  for (const id of ['ann', 'ben', 'cem']) {
    await step('User.register', {id, name: `Name of ${id}`, portrait: 'https://example.com/a.png?x=1&y=2'}, (answer) => assert.ok(answer.token));
  }
  await step('User.update', {id: 'ann', name: '安 & Ann', portrait: 'https://example.com/b.png'},
    async () => assert.equal((await user('ann')).name, '安 & Ann'));
  await admin('users/ben/connect', 'POST');
  await step('User.OnlineStatus.get', {id: 'ben'}, (answer) => assert.equal(String(answer.status), '1'));
  await step('User.Block.add', {id: 'cem', minute: 20}, async () => assert.ok((await user('cem')).blocked));
  await step('User.Block.getList', undefined, (answer) => assert.deepEqual(ids(answer.users), ['cem']));
  await step('User.Block.remove', {id: 'cem'}, async () => assert.ok(!(await user('cem')).blocked));
  await step('User.Blacklist.add', {id: 'ben', blacklist: people('cem')}, async () => assert.deepEqual((await user('ben')).blacklist, ['cem']));
  await step('User.Blacklist.getList', {id: 'ben'}, (answer) => assert.deepEqual(ids(answer.users), ['cem']));
  await step('User.Blacklist.remove', {id: 'ben', blacklist: people('cem')}, async () => assert.ok(!(await user('ben')).blacklist));

  await step('User.Tag.set', {id: 'ann', tags: ['gold', 'north']});
  await step('User.Tag.batchSet', {users: people('ben', 'cem'), tags: ['silver']});
  await step('User.Tag.getList', people('ann', 'ben', 'cem'), ({tags}) => {
    assert.deepEqual(tags, {ann: ['gold', 'north'], ben: ['silver'], cem: ['silver']});
  });
  await step('User.Tag.remove', {id: 'ann'});
  await step('User.Tag.batchRemove', {users: people('ben')});
  await step('User.Tag.getList', people('ann', 'ben', 'cem'), ({tags}) => assert.deepEqual(tags.cem, ['silver']));
}

async function messages() {
  await step('Message.Private.send', {senderId: 'ann', targetId: 'ben', ...text('你好 &=+%"<>')}, async () => {
    const received = (await inbox('ben')).at(-1);
    assert.equal(contentOf(received), '你好 &=+%"<>');
    assert.equal(received.from, 'ann');
  });
  const template = () => ({
    senderId: 'ann', objectName: 'RC:TxtMsg', template: {content: '{name}, {score}'},
    content: {
      ben: {data: {'{name}': 'Ben', '{score}': '90'}, push: 'for {name}'},
      cem: {data: {'{name}': 'Cem', '{score}': '95'}, push: 'for {name}'},
    },
  });
  for (const name of ['Message.Private.sendTemplate', 'Message.System.sendTemplate']) {
    await step(name, template(), async () => {
      assert.equal(contentOf((await inbox('ben')).at(-1)), 'Ben, 90');
      assert.equal(contentOf((await inbox('cem')).at(-1)), 'Cem, 95');
    });
  }
  await step('Message.System.send', {senderId: 'ann', targetId: 'cem', ...text('of the system')},
    async () => assert.equal(contentOf((await inbox('cem')).at(-1)), 'of the system'));
  await step('Message.System.broadcast', {senderId: 'ann', ...text('to everybody')},
    async () => assert.equal(contentOf((await inbox('cem')).at(-1)), 'to everybody'));
  await recall('Message.Private.recall', 'ben', () => step('Message.Private.send', {senderId: 'ann', targetId: 'ben', ...text('a mistake')}));

  const hour = new Intl.DateTimeFormat('en-CA', {
    timeZone: 'Asia/Shanghai', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', hourCycle: 'h23',
  }).format(new Date()).replace(/\D/g, '');
  await step('Message.History.get', {date: hour}, (answer) => assert.equal(typeof answer.url, 'string'));
  await step('Message.History.remove', {date: hour});

  await gone('Message.Discussion.send', {senderId: 'ann', targetId: 'd', ...text('hello')});
  const sent = await lastSent();
  await gone('Message.Discussion.recall', {senderId: 'ann', targetId: 'd', uId: sent.messageUID, sentTime: Date.parse(sent.sentAt)});
}

// recall sends a message and recalls it, so that the recipient no longer has it.
async function recall(name, recipient, send) {
  await send();
  const sent = await lastSent();
  const has = async () => (await inbox(recipient)).some((one) => one.messageUID === sent.messageUID);
  assert.ok(await has());
  await step(name, {senderId: 'ann', targetId: sent.targetId, uId: sent.messageUID, sentTime: Date.parse(sent.sentAt)});
  assert.ok(!await has());
}

async function groups() {
  await step('Group.create', {id: 'team', name: 'Team', members: people('ann', 'ben')});
  await step('Group.join', {id: 'team', name: 'Team', member: {id: 'cem'}});
  await step('Group.get', {id: 'team'}, (answer) => assert.deepEqual(ids(answer.members), ['ann', 'ben', 'cem']));
  await step('Group.update', {id: 'team', name: 'The team'}, async () => assert.equal((await group('team')).name, 'The team'));
  await step('Group.sync', {id: 'ann', groups: [{id: 'team', name: 'The team'}, {id: 'club', name: 'Club'}]},
    async () => assert.deepEqual((await group('club')).members, ['ann']));

  await step('Message.Group.send', {senderId: 'ann', targetId: 'team', ...text('to all')}, async () => {
    for (const one of ['ben', 'cem']) assert.equal(contentOf((await inbox(one)).at(-1)), 'to all');
  });
  await step('Message.Group.sendMention', {
    senderId: 'ann', targetId: 'team', objectName: 'RC:TxtMsg', type: 2, userIds: ['ben'],
    content: {content: 'Ben!', mentionedInfo: {type: 2, userIds: ['ben'], pushContent: 'Ann needs you'}},
  }, async () => assert.deepEqual(JSON.parse((await inbox('ben')).at(-1).body).mentionedInfo.userIdList, ['ben']));
  await recall('Message.Group.recall', 'cem', () => step('Message.Group.send', {senderId: 'ann', targetId: 'team', ...text('a mistake')}));

  for (const name of ['Group.Gag', 'Group.Mute.Member']) {
    await step(name + '.add', {id: 'team', members: people('ben'), minute: 10});
    await step(name + '.getList', {id: 'team'}, (answer) => assert.deepEqual(ids(answer.members), ['ben']));
    await step(name + '.remove', {id: 'team', members: people('ben')}, async () => assert.ok(!(await group('team')).muted));
  }
  await step('Group.Mute.All.add', {groups: people('team', 'club')});
  await step('Group.Mute.All.getList', undefined, (answer) => assert.deepEqual(ids(answer.groups), ['club', 'team']));
  await step('Group.Mute.Whitelist.add', {id: 'team', members: people('ben')});
  await step('Group.Mute.Whitelist.getList', {id: 'team'}, (answer) => assert.deepEqual(ids(answer.members), ['ben']));
  await step('Group.Mute.Whitelist.remove', {id: 'team', members: people('ben')});
  await step('Group.Mute.Whitelist.getList', {id: 'team'}, (answer) => assert.deepEqual(ids(answer.members), []));
  await step('Group.Mute.All.remove', {groups: people('team', 'club')});
  await step('Group.Mute.All.getList', undefined, (answer) => assert.deepEqual(ids(answer.groups), []));

  await step('Conversation.mute', {type: 'GROUP', userId: 'ben', targetId: 'team'});
  await step('Conversation.unmute', {type: 'GROUP', userId: 'ben', targetId: 'team'});

  await step('Group.quit', {id: 'team', member: {id: 'cem'}}, async () => assert.deepEqual((await group('team')).members, ['ann', 'ben']));
  await step('Group.dismiss', {id: 'team', member: {id: 'ann'}}, async () => assert.equal(await group('team'), undefined));
}

async function chatrooms() {
  await step('Chatroom.create', [{id: 'lobby', name: 'Lobby'}, {id: 'hall', name: 'Hall'}, {id: 'attic', name: 'Attic'}]);
  await admin('users/ben/chatrooms/lobby', 'POST');
  await step('Chatroom.get', {id: 'lobby', count: 20, order: 1}, (answer) => assert.deepEqual(ids(answer.members), ['ben']));
  await step('Chatroom.isExist', {id: 'lobby', members: people('ben', 'cem')},
    (answer) => assert.deepEqual(answer.members.map((one) => [one.id, one.isInChrm]), [['ben', 1], ['cem', 0]]));
  await step('Message.Chatroom.send', {senderId: 'ann', targetId: 'lobby', ...text('to the room')},
    async () => assert.equal(contentOf((await inbox('ben')).at(-1)), 'to the room'));
  await step('Message.Chatroom.broadcast', {senderId: 'ann', ...text('to all rooms')},
    async () => assert.equal(contentOf((await inbox('ben')).at(-1)), 'to all rooms'));

  // Lists of members: of one room, or with Ban, of all rooms.
  for (const [name, target, more] of [
    ['Chatroom.Gag', {id: 'lobby'}, {minute: 10}], ['Chatroom.Ban', {}, {minute: 10}],
    ['Chatroom.Whitelist.User', {id: 'lobby'}, {}], ['Chatroom.Block', {id: 'lobby'}, {minute: 10}],
  ]) {
    await step(name + '.add', {...target, ...more, members: people('ben')});
    await step(name + '.getList', {...target}, (answer) => assert.deepEqual(ids(answer.members), ['ben'], name));
    await step(name + '.remove', {...target, members: people('ben')});
    await step(name + '.getList', {...target}, (answer) => assert.deepEqual(ids(answer.members), [], name));
  }
  // Lists of message types, for all rooms.
  for (const [name, list] of [['Chatroom.Demotion', 'objectNames'], ['Chatroom.Whitelist.Message', 'objectNames']]) {
    await step(name + '.add', {msgs: ['RC:TxtMsg', 'RC:ImgMsg']});
    await step(name + '.getList', undefined, (answer) => assert.deepEqual([...answer[list]].sort(), ['RC:ImgMsg', 'RC:TxtMsg'], name));
    await step(name + '.remove', {msgs: ['RC:ImgMsg']});
    await step(name + '.getList', undefined, (answer) => assert.deepEqual(answer[list], ['RC:TxtMsg'], name));
  }
  await step('Chatroom.KeepAlive.add', {id: 'lobby'});
  await step('Chatroom.KeepAlive.getList', undefined, (answer) => assert.deepEqual(answer.chatrooms, ['lobby']));
  await step('Chatroom.KeepAlive.remove', {id: 'lobby'});
  await step('Chatroom.KeepAlive.getList', undefined, (answer) => assert.deepEqual(answer.chatrooms, []));

  await admin('users/ben/chatrooms/lobby', 'POST'); // the block had thrown them out
  const before = (await inbox('ben')).length;
  await step('Chatroom.Distribute.stop', {id: 'lobby'});
  await step('Message.Chatroom.send', {senderId: 'ann', targetId: 'lobby', ...text('unheard')}, async () => assert.equal((await inbox('ben')).length, before));
  await step('Chatroom.Distribute.resume', {id: 'lobby'});
  await step('Message.Chatroom.send', {senderId: 'ann', targetId: 'lobby', ...text('heard')}, async () => assert.equal((await inbox('ben')).length, before + 1));

  await step('Chatroom.destroy', {id: 'lobby'}, async () => assert.equal(await room('lobby'), undefined));
  await step('Chatroom.destory', {id: 'hall'}, async () => assert.equal(await room('hall'), undefined)); // as the SDK spells it, too
}

async function wordsAndPushes() {
  await step('Sensitive.add', {keyword: 'bad', replace: '***', type: 0});
  await step('Sensitive.add', {keyword: 'worse', type: 1});
  await step('Sensitive.getList', {type: 2}, (answer) => assert.deepEqual(answer.words.map((one) => one.word).sort(), ['bad', 'worse']));
  await step('Sensitive.remove', {keywords: ['bad']}, async () => assert.deepEqual((await state()).sensitiveWords.map((one) => one.word), ['worse']));

  const notification = {alert: 'hello', ios: {alert: 'hello iOS'}, android: {alert: 'hello Android'}};
  await step('Push.push', {platform: ['ios', 'android'], audience: {is_to_all: true}, notification}, (answer) => assert.ok(answer.id));
  await step('Push.message', {
    platform: ['ios', 'android'], audience: {userid: ['ben'], is_to_all: false}, notification, fromUserId: 'ann',
    message: {content: JSON.stringify({content: 'pushed'}), objectName: 'RC:TxtMsg'},
  }, async () => assert.equal(contentOf((await inbox('ben')).at(-1)), 'pushed'));
}

async function main() {
  await users();
  await messages();
  await groups();
  await chatrooms();
  await wordsAndPushes();

  const all = methods(sdk);
  assert.ok(all.length > 50, 'the methods of the package');
  assert.deepEqual(all.filter((name) => !called.has(name)), [], 'methods without a step');

  const recorded = (await admin('requests?limit=1000'));
  assert.equal(recorded.length, calls, 'calls that arrived');
  const discussions = recorded.filter((one) => one.status >= 400).map((one) => one.path);
  assert.deepEqual(discussions, ['/message/discussion/publish.json', '/message/recall.json'], 'refused calls');
  console.log(`rongcloud-sdk for Node: all ${all.length} methods, ${calls} calls, none refused but 2 about discussions, which RongCloud has no more`);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
