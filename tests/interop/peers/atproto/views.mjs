// What the AppView shows, in the words of tests/interop/src/peer.rs. Everything is asked for at that moment.
import { AtpAgent } from '@atproto/api';

let anybody;
/** Whoever is signed in nowhere reads from this AppView. */
export function readFrom(appview) {
  anybody = new AtpAgent({ service: appview });
}

/** Follows the cursors of a list to its end. */
async function all(page, of) {
  const found = [];
  let cursor;
  do {
    const { data } = await page(cursor);
    found.push(...data[of]);
    cursor = data.cursor;
  } while (cursor);
  return found;
}

const features = (record, type) =>
  (record.facets ?? []).flatMap((facet) => facet.features.filter((feature) => feature.$type === `app.bsky.richtext.facet#${type}`));

async function picture({ fullsize, alt }) {
  const answer = await fetch(fullsize).catch(() => null);
  return { url: fullsize, alt, bytes: answer?.ok ? (await answer.arrayBuffer()).byteLength : 0 };
}

async function card(external) {
  if (!external) return null;
  const { uri, title, description, thumb } = external;
  return { uri, title, description, thumb: thumb ? await picture({ fullsize: thumb, alt: '' }) : null };
}

async function note(post) {
  const { record, embed } = post;
  const media = embed?.media ?? embed;
  const quoted = embed?.record?.record ?? embed?.record;
  const labels = (post.labels ?? []).filter((label) => label.src === post.author.did).map((label) => label.val);
  return {
    id: post.uri,
    author: post.author.did,
    text: record.text,
    cw: labels.join(' ') || null,
    mentions: features(record, 'mention').map((feature) => feature.did),
    tags: features(record, 'tag').map((feature) => `#${feature.tag}`),
    links: features(record, 'link').map((feature) => feature.uri),
    langs: record.langs ?? [],
    images: await Promise.all((media?.images ?? []).map(picture)),
    card: await card(media?.external),
    reply_to: record.reply?.parent.uri ?? null,
    root: record.reply?.root.uri ?? null,
    quote: quoted?.uri ?? null,
    detached: quoted?.detached ?? false,
    deleted: false,
  };
}

/** A post, and what came for it. */
export async function object(uri) {
  const { data } = await anybody.getPosts({ uris: [uri] });
  if (!data.posts.length) return { note: null };
  const [likes, boosts, quotes, thread] = await Promise.all([
    all((cursor) => anybody.getLikes({ uri, limit: 100, cursor }), 'likes'),
    all((cursor) => anybody.getRepostedBy({ uri, limit: 100, cursor }), 'repostedBy'),
    all((cursor) => anybody.app.bsky.feed.getQuotes({ uri, limit: 100, cursor }), 'posts'),
    anybody.getPostThread({ uri, depth: 1, parentHeight: 0 }),
  ]);
  return {
    note: await note(data.posts[0]),
    likes: likes.map((like) => ({ actor: like.actor.did, emoji: null })),
    boosts: boosts.map((actor) => actor.did),
    replies: (thread.data.thread.replies ?? []).filter((reply) => reply.post).map((reply) => reply.post.uri),
    quotes: quotes.map((post) => post.uri),
  };
}

/** A profile, and who follows whom. */
export async function actor(id) {
  const profile = await anybody.getProfile({ actor: id }).catch((error) => {
    if (['AccountDeactivated', 'AccountTakedown', 'InvalidRequest'].includes(error.error)) return null;
    throw error;
  });
  if (!profile) return { gone: true };
  const [followers, following] = await Promise.all([
    all((cursor) => anybody.getFollowers({ actor: id, limit: 100, cursor }), 'followers'),
    all((cursor) => anybody.getFollows({ actor: id, limit: 100, cursor }), 'follows'),
  ]);
  const { did, handle, displayName, description, avatar } = profile.data;
  return {
    profile: { did, handle, name: displayName ?? '', about: description ?? '', avatar: avatar ?? null },
    followers: followers.map((follower) => follower.did),
    following: following.map((followed) => followed.did),
  };
}

/** URIs of the posts by `author` that contain `text`. */
export async function find(author, text) {
  const feed = await all((cursor) => anybody.getAuthorFeed({ actor: author, limit: 100, cursor }), 'feed');
  const written = feed.filter(({ reason, post }) => !reason && post.record.text.includes(text));
  return [...new Set(written.map(({ post }) => post.uri))];
}

/** How the AppView shows `actor` to the account of this agent: `viewer` of app.bsky.actor.defs. */
export async function between(agent, actor) {
  const { viewer = {} } = (await agent.getProfile({ actor })).data;
  const { following, followedBy, blocking, blockedBy, muted } = viewer;
  return { following: !!following, followed_by: !!followedBy, blocking: !!blocking, blocked_by: !!blockedBy, muted: !!muted };
}

/** What the account of this agent is told. */
export async function notifications(agent) {
  const told = await all((cursor) => agent.listNotifications({ limit: 100, cursor }), 'notifications');
  return told.map(({ reason, author, uri, reasonSubject }) => ({ reason, by: author.did, uri, about: reasonSubject ?? null }));
}

/** The URIs on the home timeline of the account of this agent. */
export async function timeline(agent) {
  return (await agent.getTimeline({ limit: 100 })).data.feed.map(({ post }) => post.uri);
}
