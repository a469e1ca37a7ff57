// People with accounts on the official PDS, acting with the official client library as an app does.
import { AtpAgent, AtUri, RichText } from '@atproto/api';

const PASSWORD = 'correct horse battery staple';
/** Two by two pixels. */
const PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC',
  'base64',
);
/** One by one pixel. */
const DOT = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const agents = new Map(); // DID -> signed-in agent

export async function join(pds, handle) {
  const agent = new AtpAgent({ service: pds });
  await agent.createAccount({ handle, email: `${handle}@mail.test`, password: PASSWORD });
  agents.set(agent.did, agent);
  return { id: agent.did, acct: handle };
}

/** The agent of an account made here. */
export function agentOf(did) {
  const agent = agents.get(did);
  if (!agent) throw new Error(`${did} has no account here`);
  return agent;
}

/** What a like, repost, reply or quote points to: the AppView's word for which version there is. */
async function reference(agent, uri) {
  const { data } = await agent.getPosts({ uris: [uri] });
  if (!data.posts.length) throw new Error(`the AppView has no ${uri}`);
  return data.posts[0];
}
const strong = ({ uri, cid }) => ({ uri, cid });

/** Deletes the record of `collection` in one's own repository whose subject is `subject`. */
async function retract(agent, collection, subject) {
  const records = await agent.com.atproto.repo.listRecords({ repo: agent.did, collection, limit: 100 });
  const mine = records.data.records.find(({ value }) => (value.subject?.uri ?? value.subject) === subject);
  if (!mine) throw new Error(`nothing to take back: ${collection} of ${subject}`);
  return remove(agent, mine.uri);
}

async function remove(agent, uri) {
  const { collection, rkey } = new AtUri(uri);
  await agent.com.atproto.repo.deleteRecord({ repo: agent.did, collection, rkey });
  return { uri };
}

/** A page with title and picture, as the app makes a card of it. */
async function page(agent, { uri, title, description }) {
  const { data } = await agent.uploadBlob(PICTURE, { encoding: 'image/png' });
  return { $type: 'app.bsky.embed.external', external: { uri, title, description, thumb: data.blob } };
}

/** A record under the key of a post. */
async function beside(agent, collection, post, fields) {
  const at = { repo: agent.did, collection, rkey: new AtUri(post).rkey };
  if (fields) await agent.com.atproto.repo.putRecord({ ...at, record: { $type: collection, post, createdAt: new Date().toISOString(), ...fields } });
  else await agent.com.atproto.repo.deleteRecord(at);
  return { uri: `at://${at.repo}/${collection}/${at.rkey}` };
}

async function compose(agent, draft) {
  const { cw, mentions = [], tags = [], images = [], reply_to, quote, card } = draft;
  const words = [draft.text];
  for (const did of mentions) words.push(`@${(await agent.getProfile({ actor: did })).data.handle}`);
  for (const tag of tags) words.push(`#${tag}`);
  const text = new RichText({ text: words.join(' ') });
  await text.detectFacets(agent);

  const post = { text: text.text, facets: text.facets, langs: ['en'], createdAt: new Date().toISOString() };
  if (cw) post.labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: cw }] };
  if (reply_to) {
    const parent = await reference(agent, reply_to);
    post.reply = { root: parent.record.reply?.root ?? strong(parent), parent: strong(parent) };
  }
  const uploaded = [];
  for (const { alt } of images) {
    const { data } = await agent.uploadBlob(PICTURE, { encoding: 'image/png' });
    uploaded.push({ alt, image: data.blob, aspectRatio: { width: 2, height: 2 } });
  }
  const media = uploaded.length && { $type: 'app.bsky.embed.images', images: uploaded };
  const record = quote && { $type: 'app.bsky.embed.record', record: strong(await reference(agent, quote)) };
  const external = card && (await page(agent, card));
  const shown = media || external;
  post.embed = shown && record ? { $type: 'app.bsky.embed.recordWithMedia', media: shown, record } : shown || record || undefined;
  return post;
}

/** verb -> what it takes to do it; answers the URI of what was made. */
export const verbs = {
  follow: (agent, { actor }) => agent.follow(actor),
  unfollow: (agent, { actor }) => retract(agent, 'app.bsky.graph.follow', actor),
  block: (agent, { actor }) =>
    agent.app.bsky.graph.block.create({ repo: agent.did }, { subject: actor, createdAt: new Date().toISOString() }),
  unblock: (agent, { actor }) => retract(agent, 'app.bsky.graph.block', actor),
  async like(agent, { object }) {
    return agent.like(object, (await reference(agent, object)).cid);
  },
  unlike: (agent, { object }) => retract(agent, 'app.bsky.feed.like', object),
  async boost(agent, { object }) {
    return agent.repost(object, (await reference(agent, object)).cid);
  },
  unboost: (agent, { object }) => retract(agent, 'app.bsky.feed.repost', object),
  async post(agent, draft) {
    return agent.post(await compose(agent, draft));
  },
  delete: (agent, { object }) => remove(agent, object),
  // No app offers it, but a repository can hold a new version of a post under the same key.
  async edit(agent, { object, text }) {
    const { collection, rkey } = new AtUri(object);
    const { data } = await agent.com.atproto.repo.getRecord({ repo: agent.did, collection, rkey });
    const record = { ...data.value, text, facets: undefined };
    return (await agent.com.atproto.repo.putRecord({ repo: agent.did, collection, rkey, record })).data;
  },
  // Who may answer, which answers are hidden: beside the post. Nothing of both: no rule.
  async gate(agent, { object, allow, hidden }) {
    const rules = allow && allow.map((name) => ({ $type: `app.bsky.feed.threadgate#${name}` }));
    return beside(agent, 'app.bsky.feed.threadgate', object, (allow || hidden) && { allow: rules, hiddenReplies: hidden });
  },
  // Which quotes are taken off.
  detach: (agent, { object, quotes }) => beside(agent, 'app.bsky.feed.postgate', object, { detachedEmbeddingUris: quotes }),
  async profile(agent, { name, about, picture }) {
    const avatar = picture && (await agent.uploadBlob(DOT, { encoding: 'image/png' })).data.blob;
    await agent.upsertProfile((old) => ({ ...old, displayName: name, description: about, ...(avatar ? { avatar } : {}) }));
    return { uri: `at://${agent.did}/app.bsky.actor.profile/self` };
  },
  async pin(agent, { object }) {
    const pinnedPost = strong(await reference(agent, object));
    await agent.upsertProfile((old) => ({ ...old, pinnedPost }));
    return { uri: `at://${agent.did}/app.bsky.actor.profile/self` };
  },
  // What only the account itself sees.
  async prefer(agent, { adult, word }) {
    await agent.setAdultContentEnabled(adult);
    await agent.addMutedWord({ value: word, targets: ['content'] });
    return { uri: agent.did };
  },
  async leave(agent) {
    await agent.com.atproto.server.deactivateAccount({});
    return { uri: agent.did };
  },
  async come_back(agent) {
    await agent.com.atproto.server.activateAccount();
    return { uri: agent.did };
  },
};

/** What the verbs cannot say, and why. */
export function lacks(verb, { poll, to }) {
  if (!verbs[verb]) return `AT Protocol has nothing for '${verb}'`;
  if (poll) return 'AT Protocol has no polls';
  if (to && to !== 'public') return 'a repository is public';
  return null;
}
