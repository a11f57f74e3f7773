'use strict';

// RongCloud's own Node SDK works against the emulator, whose address and app are in the environment. Each step says what it does,
// checks the answer, and where it can what the emulator then knows.

const assert = require('node:assert/strict');

const api = process.env.RONGCLOUD_API_URL;
const {User, Message, Group, Chatroom, Sensitive} = require('rongcloud-sdk')({
  appkey: process.env.RONGCLOUD_APP_KEY,
  secret: process.env.RONGCLOUD_APP_SECRET,
  api,
});

async function admin(path, method = 'GET') {
  const response = await fetch(api + '/_emulator/' + path, {method});
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
}

const inbox = (user) => admin(`users/${user}/inbox`);

let steps = 0;

// step runs one call; the SDK does not reject what the server refuses, it returns the error.
async function step(name, call, check = () => {}) {
  const answer = await call();
  assert.equal(answer && answer.code, 200, `${name}: ${JSON.stringify(answer)}`);
  await check(answer);
  steps++;
}

const text = (content) => ({objectName: 'RC:TxtMsg', content: {content}});
const ids = (list) => list.map((one) => one.id || one.userId || one).sort();

async function main() {
  for (const id of ['ann', 'ben', 'cem']) {
    await step(`register ${id}`, () => User.register({id, name: `Name of ${id}`, portrait: 'https://example.com/a.png?x=1&y=2'}),
      (answer) => assert.ok(answer.token));
  }
  await step('update a user', () => User.update({id: 'ann', name: '安 & Ann', portrait: 'https://example.com/b.png'}));
  await admin('users/ben/connect', 'POST');
  await step('online status', () => User.OnlineStatus.get({id: 'ben'}), (answer) => assert.equal(String(answer.status), '1'));
  await step('block', () => User.Block.add({id: 'cem', minute: 20}));
  await step('blocked users', () => User.Block.getList(), (answer) => assert.deepEqual(ids(answer.users), ['cem']));
  await step('unblock', () => User.Block.remove({id: 'cem'}));
  await step('blacklist', () => User.Blacklist.add({id: 'ben', blacklist: [{id: 'cem'}]}));
  await step('blacklisted users', () => User.Blacklist.getList({id: 'ben'}), (answer) => assert.deepEqual(ids(answer.users), ['cem']));
  await step('take off the blacklist', () => User.Blacklist.remove({id: 'ben', blacklist: [{id: 'cem'}]}));

  await step('private message', () => Message.Private.send({senderId: 'ann', targetId: 'ben', ...text('你好 &=+%"<>')}), async () => {
    const received = await inbox('ben');
    assert.equal(JSON.parse(received.at(-1).body).content, '你好 &=+%"<>');
    assert.equal(received.at(-1).from, 'ann');
  });
  await step('template', () => Message.Private.sendTemplate({
    senderId: 'ann', objectName: 'RC:TxtMsg', template: {content: '{name}, {score}'},
    content: {
      ben: {data: {'{name}': 'Ben', '{score}': '90'}, push: 'for {name}'},
      cem: {data: {'{name}': 'Cem', '{score}': '95'}, push: 'for {name}'},
    },
  }), async () => assert.equal(JSON.parse((await inbox('cem')).at(-1).body).content, 'Cem, 95'));

  await step('create a group', () => Group.create({id: 'team', name: 'Team', members: [{id: 'ann'}, {id: 'ben'}]}));
  await step('join', () => Group.join({id: 'team', member: {id: 'cem'}}));
  await step('members', () => Group.get({id: 'team'}), (answer) => assert.deepEqual(ids(answer.members || answer.users), ['ann', 'ben', 'cem']));
  await step('group message', () => Message.Group.send({senderId: 'ann', targetId: 'team', ...text('to all')}), async () => {
    for (const user of ['ben', 'cem']) {
      assert.equal(JSON.parse((await inbox(user)).at(-1).body).content, 'to all');
    }
  });
  await step('rename a group', () => Group.update({id: 'team', name: 'The team'}));
  await step('mute a member', () => Group.Gag.add({id: 'team', members: [{id: 'ben'}], minute: 10}));
  await step('muted members', () => Group.Gag.getList({id: 'team'}), (answer) => assert.deepEqual(ids(answer.members || answer.users), ['ben']));
  await step('unmute', () => Group.Gag.remove({id: 'team', members: [{id: 'ben'}]}));
  await step('quit', () => Group.quit({id: 'team', member: {id: 'cem'}}));
  await step('dismiss', () => Group.dismiss({id: 'team', member: {id: 'ann'}}));

  await step('create a chat room', () => Chatroom.create({id: 'lobby', name: 'Lobby'}));
  await step('members of a chat room', () => Chatroom.get({id: 'lobby', count: 20, order: 1}));
  await step('chat-room message', () => Message.Chatroom.send({senderId: 'ann', targetId: 'lobby', ...text('to the room')}), async () => {
    const sent = await admin('messages');
    assert.equal(sent.at(-1).targetId, 'lobby');
  });
  await step('mute in a chat room', () => Chatroom.Gag.add({id: 'lobby', members: [{id: 'ben'}], minute: 10}));
  await step('muted in a chat room', () => Chatroom.Gag.getList({id: 'lobby'}), (answer) => assert.deepEqual(ids(answer.members || answer.users), ['ben']));
  await step('unmute in a chat room', () => Chatroom.Gag.remove({id: 'lobby', members: [{id: 'ben'}]}));
  await step('block from a chat room', () => Chatroom.Block.add({id: 'lobby', members: [{id: 'cem'}], minute: 10}));
  await step('blocked from a chat room', () => Chatroom.Block.getList({id: 'lobby'}), (answer) => assert.deepEqual(ids(answer.members || answer.users), ['cem']));
  await step('destroy a chat room', () => Chatroom.destroy({id: 'lobby'}));

  await step('sensitive word', () => Sensitive.add({keyword: 'bad', replace: '***', type: 0}));
  await step('blocking word', () => Sensitive.add({keyword: 'worse', type: 1}));
  await step('sensitive words', () => Sensitive.getList({type: 2}), (answer) => assert.equal(answer.words.length, 2));
  await step('remove a word', () => Sensitive.remove({keywords: 'bad'}));

  const calls = await admin('requests?limit=1000');
  const odd = calls.filter((call) => call.status >= 400);
  assert.deepEqual(odd, [], 'refused calls');
  console.log(`rongcloud-sdk for Node: ${steps} steps, ${calls.length} calls, none refused`);
}

main().catch((problem) => {
  console.error(problem);
  process.exit(1);
});
