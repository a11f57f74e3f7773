import {api, button, code, field, form, link, make, moment, plural, table, userPath} from './dom.js';

// Audio and video rooms: who is in them, what they publish, and the tasks that the Server API has started.

const inRoom = (room, id) => userPath(id) + '/rtcRooms/' + encodeURIComponent(room.id);
const ofRoom = (room, what, id) => 'rtcRooms/' + encodeURIComponent(room.id) + '/' + what + '/' + encodeURIComponent(id);

const running = (room) => (room.recordings || []).filter((one) => !one.stopped).length;

// rtcNotes returns what a row says about a room besides its members.
export function rtcNotes(room) {
  return [
    room.sessionId ? '' : 'nobody is in it', running(room) ? plural(running(room), 'recording') : '', room.mix ? 'mixed' : '',
    room.cdnPushURLs ? 'pushed to ' + plural(room.cdnPushURLs.length, 'CDN') : '', room.blocked ? plural(room.blocked.length, 'user') + ' kept out' : '',
  ].filter(Boolean);
}

const spans = [['10m', '10 minutes'], ['1h', '1 hour'], ['24h', '1 day']];

export function rtcActions(room) {
  return [
    form('Let a user join', 'Join', [field('User', 'id', {list: 'targets', placeholder: 'a user with a token', required: true})], ({id}) => api(inRoom(room, id), 'POST')),
    form('Block a user', 'Block', [
      field('User', 'id', {list: 'targets', required: true}), field('Of', 'scope', {options: [['room', 'this room'], ['all', 'all rooms']]}),
      field('For', 'duration', {options: spans, value: '1h'}),
    ], ({id, scope, duration}) => api(scope === 'all' ? userPath(id) + '/rtcBlock' : ofRoom(room, 'blocked', id), 'POST', {duration})),
  ];
}

// member shows a user in a room: what they publish, and what their app or the app's server can do.
function member(room, id) {
  const streams = (room.streams || []).filter((one) => one.userId === id);
  const played = room.playedByUser?.[id];
  const acts = played ? [] : [
    streams.length
      ? button('Unpublish', () => api(inRoom(room, id) + '/streams', 'DELETE'), 'small')
      : button('Publish', () => api(inRoom(room, id) + '/streams', 'POST', {streams: [{mediaType: 'audio'}, {mediaType: 'video'}]}), 'small'),
    button('Leave', () => api(inRoom(room, id), 'DELETE'), 'small'),
  ];
  return make('li', 'member', link('users', id),
    make('span', 'acts-small', ...acts, button('Kick', () => api(ofRoom(room, 'members', id), 'DELETE'), 'small')),
    played ? make('p', 'quiet', 'virtual user, who plays ' + played) : '',
    ...streams.map((one) => make('p', 'quiet', one.mediaType + ' · ' + one.streamId + (one.tag ? ' · ' + one.tag : ''))));
}

export function rtcNodes(room) {
  const tasks = [
    ...(room.recordings || []).map((one) => [one.id, (one.stopped ? 'recording, stopped' : 'recording') + (one.extra ? ' · ' + one.extra : '')]),
    ...(room.cdnPushURLs || []).map((url) => ['pushed to a CDN', url]),
    ...Object.entries(room.playedByUser || {}).map(([id, url]) => ['cloud player', id + ' plays ' + url]),
  ];
  return [
    table([['session', room.sessionId], ['since', room.createdAt ? moment(room.createdAt) : '']]),
    make('h3', '', 'Members'),
    room.members.length ? make('ul', 'plain', ...room.members.map((id) => member(room, id))) : make('p', 'empty', 'nobody'),
    make('h3', '', 'Blocked from this room'),
    room.blocked ? make('ul', 'plain', ...room.blocked.map((id) => make('li', 'member', link('users', id),
      button('Unblock', () => api(ofRoom(room, 'blocked', id), 'DELETE'), 'small')))) : make('p', 'empty', 'nobody'),
    make('h3', '', 'Recordings, CDNs and cloud player'),
    tasks.length ? table(tasks) : make('p', 'empty', 'None. The Server API starts them, such as /rtc/record/start.json.'),
    ...(room.mix ? code('Mix as last set', JSON.stringify(room.mix)) : []),
  ];
}

// rtcBlock shows until when a user is blocked from all rooms.
export function rtcBlock(u) {
  return u.rtcBlockedUntil ? make('span', '', moment(u.rtcBlockedUntil, false) + ' ',
    button('Unblock', () => api(userPath(u.id) + '/rtcBlock', 'DELETE'), 'small')) : '';
}

// rtcJoin lets a user join a room, which need not exist.
export function rtcJoin(id) {
  return form('Audio and video room', 'Join', [field('Room', 'room', {list: 'targets', required: true})],
    ({room}) => api(inRoom({id: room}, id), 'POST'));
}
