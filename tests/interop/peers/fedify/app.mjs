// A small social server on Fedify: it keeps what it was sent, and acts when the tests tell it to.
//
// The protocol side (discovery, signatures, JSON-LD, queues, retries) is all Fedify's. The control side, plain
// HTTP on loopback, is described in tests/interop/src/peer.rs: POST /actors, POST /act, GET /object, GET /actor.
// Environment: ORIGIN, LISTEN (address), CERTIFICATE and KEY (files), CONTROL (port).
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createFederation, generateCryptoKeyPair, InProcessMessageQueue, MemoryKvStore } from '@fedify/fedify';
import * as V from '@fedify/vocab';
import { serve } from '@hono/node-server';
import { Temporal } from '@js-temporal/polyfill';

const origin = process.env.ORIGIN;
const federation = createFederation({
  kv: new MemoryKvStore(),
  queue: new InProcessMessageQueue(),
  allowPrivateAddress: true,
  origin,
});
const context = () => federation.createContext(new Request(origin), undefined);

// ---- State: what this server knows.

const members = new Map(); // name -> { name, keys, followers, following, alias, movedTo, outbox, pins }
const left = new Set(); // names of accounts that were deleted here
const own = new Map(); // id -> Note or Question written here
const held = new Map(); // id -> view of a post from elsewhere
const edges = []; // { kind: like|boost|vote, id, actor, object, emoji?, option? }
const about = []; // { kind: block|flag|move|rejected|pin, id, actor, object, text? }
const stamps = new Map(); // id -> QuoteAuthorization given here
const papers = new Map(); // id -> leave to answer, like or boost given here

const drop = (list, test) => list.splice(0, list.length, ...list.filter((item) => !test(item)));
const memberOf = (uri) => members.get(uri?.href?.split('/users/')[1]);
let count = 0;
const fresh = () => `${Date.now().toString(36)}-${count++}`;

// ---- What is served.

federation.setNodeInfoDispatcher('/nodeinfo/2.1', () => ({
  software: { name: 'fedify-peer', version: '1.0.0' },
  protocols: ['activitypub'],
  usage: { users: { total: members.size }, localPosts: own.size, localComments: 0 },
}));
federation
  .setActorDispatcher('/users/{identifier}', async (ctx, name) => {
    const member = members.get(name);
    if (!member) return null;
    if (left.has(name)) return new V.Tombstone({ id: ctx.getActorUri(name) });
    const keys = await ctx.getActorKeyPairs(name);
    return new (member.group ? V.Group : V.Person)({
      id: ctx.getActorUri(name),
      preferredUsername: name,
      name: `Fedify ${name}`,
      url: ctx.getActorUri(name),
      inbox: ctx.getInboxUri(name),
      outbox: ctx.getOutboxUri(name),
      followers: ctx.getFollowersUri(name),
      following: ctx.getFollowingUri(name),
      featured: ctx.getFeaturedUri(name),
      endpoints: new V.Endpoints({ sharedInbox: ctx.getInboxUri() }),
      publicKey: keys[0].cryptographicKey,
      assertionMethods: keys.map((key) => key.multikey),
      aliases: member.alias ? [new URL(member.alias)] : [],
      successor: member.movedTo ? new URL(member.movedTo) : null,
    });
  })
  .setKeyPairsDispatcher((_, name) => members.get(name)?.keys ?? []);
federation.setFollowersDispatcher('/users/{identifier}/followers', (_, name) => ({
  items: [...(members.get(name)?.followers.values() ?? [])],
}));
federation.setFollowingDispatcher('/users/{identifier}/following', (_, name) => ({
  items: [...(members.get(name)?.following ?? [])].map((id) => new URL(id)),
}));
federation
  .setOutboxDispatcher('/users/{identifier}/outbox', (_, name, cursor) =>
    cursor ? { items: members.get(name)?.outbox ?? [] } : null,
  )
  .setCounter((_, name) => members.get(name)?.outbox.length ?? 0)
  .setFirstCursor(() => 'all'); // upub insists on a first page
federation.setFeaturedDispatcher('/users/{identifier}/featured', (_, name) => ({
  items: (members.get(name)?.pins ?? []).map((id) => own.get(id)).filter(Boolean),
}));
federation.setObjectDispatcher(V.Note, '/notes/{id}', (ctx, { id }) => own.get(ctx.getObjectUri(V.Note, { id }).href));
federation.setObjectDispatcher(V.Question, '/polls/{id}', (ctx, { id }) =>
  own.get(ctx.getObjectUri(V.Question, { id }).href),
);
federation.setObjectDispatcher(V.QuoteAuthorization, '/stamps/{id}', (ctx, { id }) =>
  stamps.get(ctx.getObjectUri(V.QuoteAuthorization, { id }).href),
);

for (const [kind, path] of [[V.ReplyAuthorization, 'replies'], [V.LikeAuthorization, 'likes'], [V.AnnounceAuthorization, 'boosts']]) {
  federation.setObjectDispatcher(kind, `/papers/${path}/{id}`, (ctx, { id }) => papers.get(ctx.getObjectUri(kind, { id }).href));
}

// ---- What is received.

const loaderOf = (ctx, name) => ctx.getDocumentLoader({ identifier: name ?? members.keys().next().value });
const contentful = (o) => o instanceof V.Note || o instanceof V.Question || o instanceof V.Article;

async function view(object, options) {
  const seen = {
    id: object.id.href,
    type: object.constructor.name,
    author: object.attributionId?.href,
    text: object.content?.toString() ?? '',
    cw: object.summary?.toString() || null,
    sensitive: object.sensitive ?? false,
    reply_to: object.replyTargetId?.href ?? null,
    quote: object.quoteId?.href ?? object.quoteUrl?.href ?? null,
    approved_by: object.approvedBy?.href ?? object.replyAuthorizationId?.href ?? null,
    audience: object.audienceId?.href ?? null,
    quote_stamp: object.quoteAuthorizationId?.href ?? null,
    edited: object.updated != null,
    to: object.toIds.map(String),
    cc: object.ccIds.map(String),
    mentions: [],
    tags: [],
    images: [],
    poll: null,
    deleted: false,
  };
  for await (const tag of object.getTags(options)) {
    if (tag instanceof V.Mention) seen.mentions.push(tag.href?.href);
    if (tag instanceof V.Hashtag) seen.tags.push(tag.name?.toString());
  }
  for await (const file of object.getAttachments(options)) {
    const url = file.url instanceof V.Link ? file.url.href?.href : file.url?.href;
    const answer = url && (await fetch(url).catch(() => null));
    seen.images.push({
      url,
      alt: (file.name ?? file.summary)?.toString() ?? null,
      media_type: file.mediaType,
      bytes: answer?.ok ? (await answer.arrayBuffer()).byteLength : 0,
    });
  }
  if (object instanceof V.Question) {
    const choices = [];
    for await (const kind of [object.getExclusiveOptions(options), object.getInclusiveOptions(options)]) {
      for await (const choice of kind) {
        const replies = await choice.getReplies(options);
        choices.push({ name: choice.name?.toString(), votes: replies?.totalItems ?? 0 });
      }
    }
    seen.poll = choices;
  }
  return seen;
}

async function keep(ctx, activity) {
  const options = { documentLoader: await loaderOf(ctx, ctx.recipient) };
  const object = await activity.getObject(options);
  if (!contentful(object)) return;
  const question = object.replyTargetId && own.get(object.replyTargetId.href);
  if (activity instanceof V.Create && question instanceof V.Question && object.name && !object.content) {
    const vote = { kind: 'vote', id: object.id.href, actor: activity.actorId.href, object: question.id.href };
    edges.push({ ...vote, option: object.name.toString() });
    return;
  }
  held.set(object.id.href, await view(object, options));
  if (activity instanceof V.Create) await passOn(activity, object);
}

/** What is posted to a community here goes to its followers: the activity as it is (FEP-1b12). */
async function passOn(activity, object) {
  const named = [...object.toIds, ...object.ccIds, ...object.audienceIds].map((id) => memberOf(id)).find((member) => member?.group);
  if (!named) return;
  const { tos, ccs } = publicly(context(), named);
  await toFollowers(named, V.Announce, { object: activity, tos, ccs });
}

const edge = (kind, extra) => async (_, activity) => {
  edges.push({
    kind,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: activity.objectId?.href,
    ...(extra ? extra(activity) : {}),
  });
};
const record = (kind) => async (_, activity) => {
  const objects = activity.objectIds.map(String);
  about.push({
    kind,
    id: activity.id?.href,
    actor: activity.actorId?.href,
    object: objects[0],
    objects,
    target: activity.targetId?.href ?? null,
    text: activity.content?.toString() ?? null,
  });
};

federation
  .setInboxListeners('/users/{identifier}/inbox', '/inbox')
  .setSharedKeyDispatcher(() => (members.size ? { identifier: members.keys().next().value } : null))
  .on(V.Follow, async (ctx, follow) => {
    const member = memberOf(follow.objectId);
    if (!member) return;
    const follower = await follow.getActor({ documentLoader: await loaderOf(ctx, member.name) });
    member.followers.set(follower.id.href, follower);
    const me = follow.objectId;
    const accept = new V.Accept({ id: new URL(`#accept/${fresh()}`, me), actor: me, object: follow, to: follower.id });
    await ctx.sendActivity({ identifier: member.name }, follower, accept);
  })
  .on(V.Accept, async (ctx, accept) => {
    const options = { documentLoader: await loaderOf(ctx, ctx.recipient), crossOrigin: 'trust' };
    const mine = sent.find((one) => one.activity.id.href === accept.objectId?.href)?.activity;
    const object = mine ?? (await accept.getObject(options));
    if (object instanceof V.Follow) memberOf(object.actorId)?.following.add(accept.actorId.href);
    if (!(object instanceof V.QuoteRequest) || !accept.resultId) return;
    const quoting = own.get(object.instrumentId?.href);
    if (!quoting) return;
    const stamped = quoting.clone({ quoteAuthorization: accept.resultId, updated: Temporal.Now.instant() });
    own.set(stamped.id.href, stamped);
    await send(memberOf(stamped.attributionId), V.Update, stamped, [accept.actorId.href]);
  })
  .on(V.Reject, async (ctx, reject) => {
    const options = { documentLoader: await loaderOf(ctx, ctx.recipient), crossOrigin: 'trust' };
    const mine = sent.find((one) => one.activity.id.href === reject.objectId?.href)?.activity;
    const object = mine ?? (await reject.getObject(options));
    if (object instanceof V.Follow) {
      memberOf(object.actorId)?.following.delete(reject.actorId.href);
      about.push({ kind: 'rejected', actor: reject.actorId.href, object: object.actorId?.href });
    }
  })
  .on(V.QuoteRequest, async (ctx, request) => {
    const quoted = own.get(request.objectId?.href);
    const member = memberOf(quoted?.attributionId);
    if (!member) return;
    const me = quoted.attributionId;
    const stamp = new V.QuoteAuthorization({
      id: ctx.getObjectUri(V.QuoteAuthorization, { id: fresh() }),
      attribution: me,
      interactingObject: request.instrumentId,
      interactionTarget: quoted.id,
    });
    stamps.set(stamp.id.href, stamp);
    const asking = await request.getActor({ documentLoader: await loaderOf(ctx, member.name) });
    const id = new URL(`#accept/${fresh()}`, me);
    const accept = new V.Accept({ id, actor: me, object: request, result: stamp.id, to: asking.id });
    await ctx.sendActivity({ identifier: member.name }, asking, accept);
  })
  .on(V.Create, keep)
  .on(V.Update, keep)
  .on(V.Delete, async (_, gone) => {
    const seen = held.get(gone.objectId?.href);
    if (seen?.author === gone.actorId?.href) Object.assign(seen, { deleted: true, text: '' });
    else if (gone.objectId?.href === gone.actorId?.href) about.push({ kind: 'gone', actor: gone.actorId.href });
  })
  .on(V.Like, edge('like', (like) => ({ emoji: like.content?.toString() || null })))
  .on(V.EmojiReact, edge('like', (react) => ({ emoji: react.content?.toString() || null })))
  .on(V.Announce, edge('boost'))
  .on(V.Block, record('block'))
  .on(V.Flag, record('flag'))
  .on(V.Move, async (ctx, move) => {
    // As this server sees both ends now, not as the activity says.
    const options = { documentLoader: await loaderOf(ctx, ctx.recipient) };
    const [from, to] = [await ctx.lookupObject(move.objectId, options), await ctx.lookupObject(move.targetId, options)];
    const agreed = from?.successorId?.href === to?.id?.href && to?.aliasIds.some((id) => id.href === from?.id?.href);
    if (agreed) await record('move')(ctx, move);
  })
  .on(V.Add, async (ctx, add) => {
    const adder = await add.getActor({ documentLoader: await loaderOf(ctx, ctx.recipient) });
    if (adder?.featuredId?.href === add.targetId?.href) await record('pin')(ctx, add);
  })
  .on(V.Remove, async (_, remove) => {
    const same = (pin) => pin.actor === remove.actorId?.href && pin.object === remove.objectId?.href;
    drop(about, (pin) => pin.kind === 'pin' && pin.target === remove.targetId?.href && same(pin));
  })
  .on(V.Undo, async (ctx, undo) => {
    const options = { documentLoader: await loaderOf(ctx, ctx.recipient), crossOrigin: 'trust', suppressError: true };
    const object = await undo.getObject(options).catch(() => null);
    const actor = undo.actorId.href;
    if (object instanceof V.Follow) memberOf(object.objectId)?.followers.delete(actor);
    const same = (item) =>
      item.actor === actor &&
      (item.id === undo.objectId?.href || (object && item.object === object.objectId?.href && named(object) === item.kind));
    drop(edges, same);
    drop(about, same);
  })
  .onError((_, error) => console.error('inbox:', error));

const named = (activity) =>
  ({ Like: 'like', EmojiReact: 'like', Announce: 'boost', Block: 'block' })[activity.constructor.name];

// ---- What is done on demand.

async function actorOf(ctx, member, id) {
  const found = await ctx.lookupObject(id, { documentLoader: await loaderOf(ctx, member.name) });
  if (!V.isActor(found)) throw new Error(`${id} is no actor for this server`);
  return found;
}

/** Sends an activity about `object` to followers and to the actors named. */
async function send(member, kind, object, actors, further = {}) {
  const ctx = context();
  const me = ctx.getActorUri(member.name);
  const id = new URL(`${me.href}/activities/${fresh()}`);
  const activity = new kind({ id, actor: me, object, tos: object.toIds, ccs: object.ccIds, ...further });
  const private_ = ![...object.toIds, ...object.ccIds].some((to) => to.href === V.PUBLIC_COLLECTION.href);
  const followers = private_ && !object.toIds.some((to) => to.href.endsWith('/followers')) ? [] : member.followers.values();
  const to = new Map([...followers].map((actor) => [actor.id.href, actor]));
  for (const actor of actors) if (!to.has(actor)) to.set(actor, await actorOf(ctx, member, actor));
  await ctx.sendActivity({ identifier: member.name }, [...to.values()], activity, { preferSharedInbox: true });
  return activity;
}

/** Sends an activity to one actor only. */
async function tell(member, actor, kind, fields) {
  const ctx = context();
  const me = ctx.getActorUri(member.name);
  const activity = new kind({ id: new URL(`${me.href}/activities/${fresh()}`), actor: me, ...fields });
  await ctx.sendActivity({ identifier: member.name }, await actorOf(ctx, member, actor), activity);
  return activity;
}

/** Sends an activity to all followers. */
async function toFollowers(member, kind, fields) {
  const ctx = context();
  const me = ctx.getActorUri(member.name);
  const activity = new kind({ id: new URL(`${me.href}/activities/${fresh()}`), actor: me, ...fields });
  await ctx.sendActivity({ identifier: member.name }, 'followers', activity, { preferSharedInbox: true });
  return activity;
}

async function authorOf(member, id) {
  const found = await context().lookupObject(id, { documentLoader: await loaderOf(context(), member.name) });
  if (!found?.attributionId) throw new Error(`${id} cannot be fetched by this server`);
  return found.attributionId.href;
}

const sent = []; // activities that can be undone: { member, verb, about, activity, actor }
const publicly = (ctx, member) => ({ tos: [V.PUBLIC_COLLECTION], ccs: [ctx.getFollowersUri(member.name)] });

async function undo(member, verb, object) {
  const one = sent.findLast((s) => s.member === member && s.verb === verb && s.about === object);
  if (!one) throw new Error(`nothing to undo: ${verb} ${object}`);
  if (verb === 'follow') member.following.delete(object);
  const { tos = [], ccs = [] } = verb === 'boost' ? publicly(context(), member) : {};
  return tell(member, one.actor, V.Undo, { object: one.activity, tos, ccs });
}

async function remember(member, verb, about_, actor, activity) {
  sent.push({ member, verb, about: about_, actor, activity });
  return activity;
}

const verbs = {
  async follow(m, { actor }) {
    return remember(m, 'follow', actor, actor, await tell(m, actor, V.Follow, { object: new URL(actor), to: new URL(actor) }));
  },
  unfollow: (m, { actor }) => undo(m, 'follow', actor),
  async like(m, { object }) {
    const author = await authorOf(m, object);
    return remember(m, 'like', object, author, await tell(m, author, V.Like, { object: new URL(object), to: new URL(author) }));
  },
  unlike: (m, { object }) => undo(m, 'like', object),
  async react(m, { object, emoji }) {
    const author = await authorOf(m, object);
    const fields = { object: new URL(object), content: emoji, to: new URL(author) };
    return remember(m, 'like', object, author, await tell(m, author, V.EmojiReact, fields));
  },
  // Leave for an answer, like or boost of an own post; `declined`: none.
  async approve(m, { actor, object, target, kind, declined }) {
    const ctx = context();
    const fields = { object: new URL(object), to: new URL(actor) };
    if (declined) return tell(m, actor, V.Reject, fields);
    const paper = { reply: V.ReplyAuthorization, like: V.LikeAuthorization, boost: V.AnnounceAuthorization }[kind];
    const leave = new paper({
      id: ctx.getObjectUri(paper, { id: fresh() }),
      attribution: ctx.getActorUri(m.name),
      interactingObject: new URL(object),
      interactionTarget: new URL(target),
    });
    papers.set(leave.id.href, leave);
    await tell(m, actor, V.Accept, { ...fields, result: leave.id });
    return leave;
  },
  async boost(m, { object }) {
    const author = await authorOf(m, object);
    const { tos, ccs } = publicly(context(), m);
    const fields = { object: new URL(object), tos, ccs: [...ccs, new URL(author)] };
    const activity = await tell(m, author, V.Announce, fields);
    await context().sendActivity({ identifier: m.name }, 'followers', activity, { preferSharedInbox: true });
    return remember(m, 'boost', object, author, activity);
  },
  unboost: (m, { object }) => undo(m, 'boost', object),
  async block(m, { actor }) {
    return remember(m, 'block', actor, actor, await tell(m, actor, V.Block, { object: new URL(actor), to: new URL(actor) }));
  },
  unblock: (m, { actor }) => undo(m, 'block', actor),
  flag: (m, { actor, objects, text }) =>
    tell(m, actor, V.Flag, { objects: [actor, ...objects].map((id) => new URL(id)), content: text, to: new URL(actor) }),
  // Ends the follow of `actor`, who had been accepted.
  async reject(m, { actor }) {
    m.followers.delete(actor);
    const follow = new V.Follow({ id: new URL(`${actor}#follow-${fresh()}`), actor: new URL(actor), object: context().getActorUri(m.name) });
    return tell(m, actor, V.Reject, { object: follow, to: new URL(actor) });
  },
  async pin(m, { object }) {
    m.pins.unshift(object);
    return toFollowers(m, V.Add, { object: new URL(object), target: context().getFeaturedUri(m.name), tos: [V.PUBLIC_COLLECTION] });
  },
  async unpin(m, { object }) {
    drop(m.pins, (id) => id === object);
    return toFollowers(m, V.Remove, { object: new URL(object), target: context().getFeaturedUri(m.name), tos: [V.PUBLIC_COLLECTION] });
  },
  async leave(m) {
    const me = context().getActorUri(m.name);
    const gone = await toFollowers(m, V.Delete, { object: me, tos: [V.PUBLIC_COLLECTION] });
    left.add(m.name);
    return gone;
  },
  async move(m, { target }) {
    const ctx = context();
    const me = ctx.getActorUri(m.name);
    m.movedTo = target;
    const id = new URL(`${me.href}/activities/${fresh()}`);
    const move = new V.Move({ id, actor: me, object: me, target: new URL(target), to: ctx.getFollowersUri(m.name) });
    await ctx.sendActivity({ identifier: m.name }, 'followers', move);
    return move;
  },
  async post(m, draft) {
    const ctx = context();
    const kind = draft.poll ? V.Question : V.Note;
    const me = ctx.getActorUri(m.name);
    const followers = ctx.getFollowersUri(m.name);
    const mentions = [...(draft.mentions ?? [])];
    const informed = new Set(mentions);
    if (draft.reply_to) informed.add(await authorOf(m, draft.reply_to));
    const quoted = draft.quote ? await authorOf(m, draft.quote) : null;
    const directed = [...informed].map((id) => new URL(id));
    const id = ctx.getObjectUri(kind, { id: fresh() });
    const tags = [...informed].map((href) => new V.Mention({ href: new URL(href), name: `@${new URL(href).host}` }));
    for (const tag of draft.tags ?? []) {
      tags.push(new V.Hashtag({ name: `#${tag}`, href: new URL(`/tags/${tag}`, origin) }));
    }
    const seconds = new Date(Date.now() + 1000 * (draft.poll_seconds ?? 3600)).toISOString();
    const options = draft.poll?.map((name) => new V.Note({ name, replies: new V.Collection({ totalItems: 0 }) }));
    const to = { public: [V.PUBLIC_COLLECTION], followers: [followers], direct: directed }[draft.to ?? 'public'];
    const asked = new V.InteractionRule({ manualApprovals: [V.PUBLIC_COLLECTION] });
    const post = new kind({
      id,
      ...(draft.ask ? { interactionPolicy: new V.InteractionPolicy({ canLike: asked, canReply: asked, canAnnounce: asked }) } : {}),
      ...(draft.approved_by ? { approvedBy: new URL(draft.approved_by) } : {}),
      attribution: me,
      url: id,
      content: `<p>${draft.text}${mentions.map((href) => ` <a href="${href}" class="u-url mention">@${href.split('/').pop()}</a>`).join('')}</p>`,
      summary: draft.cw ?? null,
      sensitive: draft.cw != null,
      published: Temporal.Now.instant(),
      replyTarget: draft.reply_to ? new URL(draft.reply_to) : null,
      quote: draft.quote ? new URL(draft.quote) : null,
      quoteUrl: draft.quote ? new URL(draft.quote) : null,
      tos: to,
      ccs: draft.to === 'direct' ? [] : [followers, ...directed].filter((uri) => !to.includes(uri)),
      tags,
      attachments: (draft.images ?? []).map(
        (image) => new V.Document({ url: new URL('/picture.png', origin), mediaType: 'image/png', name: image.alt, width: 2, height: 2 }),
      ),
      ...(options ? { [draft.multiple ? 'inclusiveOptions' : 'exclusiveOptions']: options, endTime: Temporal.Instant.from(seconds) } : {}),
    });
    own.set(id.href, post);
    if (quoted) {
      const request = await tell(m, quoted, V.QuoteRequest, { object: new URL(draft.quote), instrument: post });
      remember(m, 'quote', draft.quote, quoted, request);
    }
    if (quoted) informed.add(quoted);
    const activity = await send(m, V.Create, post, informed);
    m.outbox.unshift(activity);
    return post;
  },
  async edit(m, { object, text }) {
    const edited = own.get(object).clone({ content: `<p>${text}</p>`, updated: Temporal.Now.instant() });
    own.set(object, edited);
    return send(m, V.Update, edited, []);
  },
  async delete(m, { object }) {
    const post = own.get(object);
    own.delete(object);
    const gone = new V.Tombstone({ id: post.id, tos: post.toIds, ccs: post.ccIds });
    return send(m, V.Delete, gone, []);
  },
  async vote(m, { object, option }) {
    const author = await authorOf(m, object);
    const ctx = context();
    const id = ctx.getObjectUri(V.Note, { id: fresh() });
    const fields = { id, attribution: ctx.getActorUri(m.name), name: option, to: new URL(author) };
    const vote = new V.Note({ ...fields, replyTarget: new URL(object) });
    own.set(id.href, vote);
    return tell(m, author, V.Create, { object: vote, to: new URL(author) });
  },
};

// ---- Control.

const control = {
  async 'POST /actors'({ name, alias, group }) {
    const keys = [await generateCryptoKeyPair('RSASSA-PKCS1-v1_5'), await generateCryptoKeyPair('Ed25519')];
    members.set(name, { name, keys, followers: new Map(), following: new Set(), alias, group, outbox: [], pins: [] });
    return { id: context().getActorUri(name).href, acct: `${name}@${new URL(origin).host}` };
  },
  async 'POST /act'({ as, verb, ...rest }) {
    const member = memberOf(new URL(as));
    const done = await verbs[verb](member, rest);
    return { id: done.id.href };
  },
  async 'GET /object'({ id }) {
    const of = (kind) => edges.filter((e) => e.kind === kind && e.object === id);
    const note = own.has(id) ? await view(own.get(id), {}) : held.get(id);
    const replies = [...held.values()].filter((n) => n.reply_to === id && !n.deleted).map((n) => n.id);
    const quotes = [...held.values()].filter((n) => n.quote === id && !n.deleted).map((n) => n.id);
    return { note: note ?? null, likes: of('like'), boosts: of('boost').map((b) => b.actor), votes: of('vote'), replies, quotes };
  },
  /** Ids of what that author wrote and came here, with `text` in it. */
  'GET /find': async ({ author, text }) =>
    [...held.values()].filter((note) => note.author === author && note.text.includes(text)).map((note) => note.id),
  async 'GET /actor'({ id }) {
    const member = memberOf(new URL(id));
    const of = (kind) => about.filter((a) => a.kind === kind && (a.object === id || a.actor === id));
    return {
      followers: [...(member?.followers.keys() ?? [])],
      following: [...(member?.following ?? [])],
      blocked_by: of('block').map((b) => b.actor),
      flags: about.filter((a) => a.kind === 'flag' && a.objects.includes(id)),
      moves: of('move'),
      pinned: about.filter((a) => a.kind === 'pin' && a.actor === id).map((a) => a.object),
      gone: about.some((a) => a.kind === 'gone' && a.actor === id),
    };
  },
};

const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR4nGP4z8DAAMIM/4EAAB/uBfsL2WiLAAAAAElFTkSuQmCC',
  'base64',
);

serve({
  hostname: process.env.LISTEN,
  port: 443,
  createServer: createTlsServer,
  serverOptions: { cert: await readFile(process.env.CERTIFICATE), key: await readFile(process.env.KEY) },
  fetch: (request) =>
    new URL(request.url).pathname === '/picture.png'
      ? new Response(picture, { headers: { 'content-type': 'image/png' } })
      : federation.fetch(request, { contextData: undefined }),
});

createServer(async (request, response) => {
  const url = new URL(request.url, 'http://control');
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const given = chunks.length ? JSON.parse(Buffer.concat(chunks)) : Object.fromEntries(url.searchParams);
  const [status, answer] = await Promise.resolve()
    .then(() => control[`${request.method} ${url.pathname}`](given))
    .then((value) => [200, value])
    .catch((error) => [500, { error: String(error?.stack ?? error) }]);
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
}).listen(Number(process.env.CONTROL), '127.0.0.1');
