//! `GET /compose` (`?reply=`, `?quote=`, `?to=`), `POST /compose`: a new post, and what each network would carry of it.

use super::{Answer, id, messages::Label};
use crate::{
    card::{self, Card, Reader},
    error::PageError,
    fields::Fields,
    frame::{Frame, page_with},
    visitor::Signed,
    web::Web,
    words,
};
use askama::Template;
use axum::{
    extract::{Query, State},
    response::{IntoResponse, Redirect},
};
use http::StatusCode;
use landbridge_hub::{Draft, DraftPoll, HubError, publish::NetworkPreview};
use landbridge_model::{
    Audience, Id, Media, Network, Poll, PollOption, Post, PostKind, Time, Visibility, richtext,
};

/// Pictures and poll options that the form has room for.
const PICTURES: usize = 4;
const OPTIONS: usize = 4;

#[derive(Template)]
#[template(path = "compose.html")]
struct Compose {
    frame: Frame,
    /// Where the form goes.
    action: String,
    heading: &'static str,
    draft: Typed,
    /// What is answered or quoted.
    about: Option<Card>,
    preview: Option<Preview>,
    problem: Option<String>,
    networks: Vec<Also>,
    audiences: Vec<(&'static str, &'static str, &'static str)>,
    /// Who can read a private message, by the ways that the member has.
    private: Vec<Label>,
    languages: &'static [(&'static str, &'static str)],
    /// An edit changes words only.
    is_edit: bool,
    limit: usize,
}

/// The form as it was typed.
#[derive(Default)]
pub struct Typed {
    pub text: String,
    pub warning: String,
    pub visibility: String,
    pub language: String,
    pub sensitive: bool,
    pub reply: Option<Id>,
    pub quote: Option<Id>,
    pub pictures: Vec<Chosen>,
    /// Numbers of the empty places for more pictures.
    pub places: Vec<usize>,
    pub options: Vec<String>,
    pub multiple: bool,
    pub hours: String,
    pub idempotency: String,
}

/// A picture that was uploaded already.
pub struct Chosen {
    pub id: Id,
    pub small: Option<String>,
    pub alt: String,
}

/// A network that the post may go to.
struct Also {
    key: &'static str,
    label: &'static str,
    chosen: bool,
    forever: bool,
}

struct Preview {
    card: Card,
    networks: Vec<Told>,
}

/// What becomes of the draft on one network.
struct Told {
    label: &'static str,
    key: &'static str,
    why_not: Option<&'static str>,
    notes: Vec<String>,
}

#[derive(serde::Deserialize)]
pub struct Start {
    reply: Option<String>,
    quote: Option<String>,
    to: Option<String>,
}

pub async fn show(State(web): State<Web>, signed: Signed, Query(start): Query<Start>) -> Answer {
    let settings = &signed.member.settings;
    let mut typed = Typed {
        visibility: words::visibility_key(settings.visibility).to_owned(),
        language: settings.language.clone(),
        sensitive: settings.sensitive,
        reply: start.reply.as_deref().map(id).transpose()?,
        quote: start.quote.as_deref().map(id).transpose()?,
        text: start.to.map(|to| format!("@{} ", to.trim_start_matches('@'))).unwrap_or_default(),
        ..Typed::default()
    };
    if let Some(parent) = typed.reply {
        begin_reply(&web, &signed, parent, &mut typed).await?;
    }
    show_form(&web, &signed, StatusCode::OK, typed, &[], None, None).await
}

pub async fn send(State(web): State<Web>, fields: Fields) -> Answer {
    let Some(member) = fields.visitor.member().cloned() else { return Err(HubError::Unauthorized.into()) };
    let (typed, problem) = read(&web, member.actor.id, &fields).await?;
    let except: Vec<Network> = if fields.has("networks") {
        web.hub
            .translators()
            .iter()
            .map(|t| t.network())
            .filter(|n| !fields.all("network").any(|key| key == n.key()))
            .collect()
    } else {
        Vec::new()
    };
    let draft = draft(&typed, member.actor.id, except);
    let signed = Signed { visitor: fields.visitor, member };
    if let Some(problem) = problem {
        return show_form(
            &web,
            &signed,
            StatusCode::UNPROCESSABLE_ENTITY,
            typed,
            &draft.except,
            None,
            Some(problem),
        )
        .await;
    }
    if signed.visitor.path.ends_with("?preview") {
        let told = web.hub.preview(&draft).await;
        return match told {
            Ok(told) => {
                show_form(
                    &web,
                    &signed,
                    StatusCode::OK,
                    typed,
                    &draft.except.clone(),
                    Some((draft, told)),
                    None,
                )
                .await
            }
            Err(HubError::Invalid(why)) => {
                show_form(
                    &web,
                    &signed,
                    StatusCode::UNPROCESSABLE_ENTITY,
                    typed,
                    &draft.except,
                    None,
                    Some(why),
                )
                .await
            }
            Err(e) => Err(e.into()),
        };
    }
    let except = draft.except.clone();
    match web.hub.publish(draft, None).await {
        Ok(post) => {
            let acct = signed.member.actor.acct();
            let to = if post.reply_to.is_some() {
                format!("/@{acct}/{}?done=posted#p{}", post.id, post.id)
            } else {
                "/?done=posted".into()
            };
            Ok(Redirect::to(&to).into_response())
        }
        Err(HubError::Invalid(why)) => {
            show_form(&web, &signed, StatusCode::UNPROCESSABLE_ENTITY, typed, &except, None, Some(why)).await
        }
        Err(e) => Err(e.into()),
    }
}

/// Names whoever is answered, and takes over warning and audience: a reply never reaches further than its parent.
async fn begin_reply(web: &Web, signed: &Signed, parent: Id, typed: &mut Typed) -> Result<(), PageError> {
    let view = web.hub.view(parent, Some(signed.id())).await?;
    let mut named: Vec<String> = Vec::new();
    let others =
        view.post.mentions.iter().filter(|m| !m.silent && m.actor != signed.id()).map(|m| m.acct.clone());
    for acct in (view.author.id != signed.id()).then(|| view.author.acct()).into_iter().chain(others) {
        if !named.contains(&acct) {
            named.push(acct);
        }
    }
    typed.text = named.iter().map(|acct| format!("@{acct} ")).collect();
    typed.warning = view.post.warning.clone().unwrap_or_default();
    if view.post.visibility > signed.member.settings.visibility {
        typed.visibility = words::visibility_key(view.post.visibility).to_owned();
    }
    Ok(())
}

/// Reads the form, and takes in the pictures that came with it. The second: what is wrong, for the person.
async fn read(web: &Web, member: Id, fields: &Fields) -> Result<(Typed, Option<String>), PageError> {
    let mut typed = Typed {
        text: fields.text("text"),
        warning: fields.get("warning").to_owned(),
        visibility: fields.get("visibility").to_owned(),
        language: fields.get("language").to_owned(),
        sensitive: fields.has("sensitive"),
        reply: fields.get("reply").parse().ok(),
        quote: fields.get("quote").parse().ok(),
        options: fields.all("option").map(|o| o.trim().to_owned()).filter(|o| !o.is_empty()).collect(),
        multiple: fields.has("multiple"),
        hours: fields.get("hours").to_owned(),
        idempotency: fields.get("idempotency").to_owned(),
        ..Typed::default()
    };
    let mut problem = None;
    for kept in fields.all("media").filter_map(|m| m.parse::<Id>().ok()).take(PICTURES) {
        let name = format!("alt-{kept}");
        if fields.has(&format!("drop-{kept}")) {
            web.hub.drop_upload(member, kept).await?;
            continue;
        }
        let media = web.hub.describe_upload(member, kept, Some(fields.get(&name)), None).await?;
        typed.pictures.push(chosen(&media));
    }
    for place in 0..PICTURES {
        let Some(bytes) = fields.file(&format!("picture{place}")) else { continue };
        if typed.pictures.len() >= PICTURES {
            problem = Some(format!("There is room for {PICTURES} pictures."));
            break;
        }
        match web.hub.upload(member, bytes, fields.get(&format!("alt{place}"))).await {
            Ok(media) => typed.pictures.push(chosen(&media)),
            Err(HubError::Invalid(why)) => problem = Some(format!("A picture could not be taken: {why}.")),
            Err(e) => return Err(e.into()),
        }
    }
    Ok((typed, problem))
}

fn chosen(media: &Media) -> Chosen {
    let small = media.preview.as_deref().map(landbridge_media::url_path);
    Chosen { id: media.id, small, alt: media.description.clone().unwrap_or_default() }
}

fn draft(typed: &Typed, author: Id, except: Vec<Network>) -> Draft {
    let poll = (typed.options.len() > 1).then(|| DraftPoll {
        options: typed.options.clone(),
        multiple: typed.multiple,
        hide_totals: false,
        expires_in: Some(typed.hours.parse::<u64>().unwrap_or(24).clamp(1, 24 * 30) * 3600),
    });
    let warning = Some(typed.warning.clone()).filter(|w| !w.is_empty());
    Draft {
        author,
        text: typed.text.trim().to_owned(),
        sensitive: typed.sensitive || warning.is_some(),
        warning,
        visibility: words::visibility_from(&typed.visibility),
        languages: Some(typed.language.clone()).filter(|l| !l.is_empty()).into_iter().collect(),
        media: typed.pictures.iter().map(|p| p.id).collect(),
        poll,
        reply_to: typed.reply,
        quote: typed.quote,
        idempotency: Some(typed.idempotency.clone()).filter(|k| !k.is_empty()),
        except,
        ..Draft::default()
    }
}

async fn show_form(
    web: &Web,
    signed: &Signed,
    status: StatusCode,
    mut typed: Typed,
    except: &[Network],
    preview: Option<(Draft, Vec<NetworkPreview>)>,
    problem: Option<String>,
) -> Answer {
    let heading = if typed.reply.is_some() { "Reply" } else { "Write" };
    let frame = Frame::new(web, &signed.visitor, "write", heading).await?;
    let reader = Reader::new(web, &signed.visitor, &frame);
    let about = match typed.reply.or(typed.quote) {
        Some(id) => {
            Some(Card { is_quoted: true, ..reader.card(&web.hub.view(id, Some(signed.id())).await?) })
        }
        None => None,
    };
    let preview = match preview {
        Some((draft, told)) => Some(Preview {
            card: card::draft(reader, &signed.member.actor, as_post(web, signed, &draft, &typed).await?),
            networks: told.into_iter().map(told_of).collect(),
        }),
        None => None,
    };
    let mut networks = Vec::new();
    let mut private = Vec::new();
    for presence in web.hub.presences(signed.id()).await? {
        let (network, active) = (presence.network, presence.state == landbridge_model::PresenceState::Active);
        if active {
            let chosen = !except.contains(&network);
            if web.hub.translator(network).is_ok_and(|t| t.carries(Visibility::Direct)) {
                private.push(Label::new(Some(network), &web.hub.label(signed.id(), Some(network)).await?));
            }
            networks.push(Also {
                key: network.key(),
                label: network.label(),
                chosen,
                forever: network != Network::ActivityPub,
            });
        }
    }
    if typed.idempotency.is_empty() {
        typed.idempotency = format!("page-{}", web.hub.ids().next());
    }
    typed.places = (0..PICTURES.saturating_sub(typed.pictures.len())).collect();
    typed.options.resize(OPTIONS.max(typed.options.len()), String::new());
    let limit = web.hub.config().limits.characters;
    let form = Compose {
        action: "/compose".into(),
        heading,
        about,
        preview,
        problem,
        networks,
        private,
        audiences: audiences(),
        languages: LANGUAGES,
        is_edit: false,
        limit,
        draft: typed,
        frame,
    };
    page_with(web, &signed.visitor, status, &form)
}

/// The page for changing a post: the same form, words only.
pub async fn edit_form(
    web: &Web,
    signed: &Signed,
    post: Id,
    typed: Typed,
    problem: Option<String>,
) -> Answer {
    let frame = Frame::new(web, &signed.visitor, "write", "Edit").await?;
    let status = if problem.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let form = Compose {
        action: format!("/posts/{post}/edit"),
        heading: "Edit",
        about: None,
        preview: None,
        problem,
        networks: Vec::new(),
        private: Vec::new(),
        audiences: audiences(),
        languages: LANGUAGES,
        is_edit: true,
        limit: web.hub.config().limits.characters,
        draft: typed,
        frame,
    };
    page_with(web, &signed.visitor, status, &form)
}

fn told_of(p: NetworkPreview) -> Told {
    Told { label: p.network.label(), key: p.network.key(), why_not: p.reaches.err(), notes: p.notes }
}

/// The post that a draft would become, as far as a reader would see.
async fn as_post(web: &Web, signed: &Signed, draft: &Draft, typed: &Typed) -> Result<Post, PageError> {
    let mut media = Vec::new();
    for picture in &typed.pictures {
        media.push(web.hub.uploaded(signed.id(), picture.id).await?);
    }
    let now = Time::now();
    let poll = draft.poll.as_ref().map(|p| Poll {
        options: p.options.iter().map(|title| PollOption { title: title.clone(), votes: 0 }).collect(),
        multiple: p.multiple,
        hide_totals: p.hide_totals,
        ends_at: p.expires_in.map(|s| now.plus(std::time::Duration::from_secs(s))),
        closed: false,
        voters: None,
    });
    let text = richtext::compose(&draft.text);
    Ok(Post {
        id: Id(0),
        author: signed.id(),
        origin: None,
        kind: PostKind::Note,
        created_at: now,
        edited_at: None,
        visibility: draft.visibility.unwrap_or(Visibility::Public),
        title: None,
        tags: text.tags(),
        text,
        warning: draft.warning.clone(),
        sensitive: draft.sensitive,
        languages: draft.languages.clone(),
        media,
        poll,
        mentions: Vec::new(),
        emojis: Vec::new(),
        reply_to: draft.reply_to,
        reply_to_author: None,
        root: Id(0),
        quote: None,
        repost_of: None,
        url: None,
        quote_policy: Audience::default(),
        reply_policy: Audience::default(),
        application: None,
        card: None,
        replies: 0,
        reposts: 0,
        likes: 0,
        quotes: 0,
    })
}

/// Key, name, what it means.
fn audiences() -> Vec<(&'static str, &'static str, &'static str)> {
    let about = |v| match v {
        Visibility::Public => "everyone, on every chosen network",
        Visibility::Unlisted => "everyone, but not on public timelines",
        Visibility::Followers => "your followers on the Fediverse",
        Visibility::Direct => "by the most private way that reaches them all",
    };
    [Visibility::Public, Visibility::Unlisted, Visibility::Followers, Visibility::Direct]
        .into_iter()
        .map(|v| (words::visibility_key(v), words::visibility(v), about(v)))
        .collect()
}

/// A short text of the member's own language in the list, whatever the browser says.
const LANGUAGES: &[(&str, &str)] = &[
    ("ar", "العربية"),
    ("bn", "বাংলা"),
    ("ca", "Català"),
    ("cs", "Čeština"),
    ("cy", "Cymraeg"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("el", "Ελληνικά"),
    ("en", "English"),
    ("eo", "Esperanto"),
    ("es", "Español"),
    ("et", "Eesti"),
    ("eu", "Euskara"),
    ("fa", "فارسی"),
    ("fi", "Suomi"),
    ("fr", "Français"),
    ("ga", "Gaeilge"),
    ("gd", "Gàidhlig"),
    ("he", "עברית"),
    ("hi", "हिन्दी"),
    ("hsb", "Hornjoserbšćina"),
    ("hu", "Magyar"),
    ("id", "Bahasa Indonesia"),
    ("it", "Italiano"),
    ("ja", "日本語"),
    ("ko", "한국어"),
    ("lt", "Lietuvių"),
    ("lv", "Latviešu"),
    ("nb", "Norsk bokmål"),
    ("nl", "Nederlands"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("ru", "Русский"),
    ("sk", "Slovenčina"),
    ("sl", "Slovenščina"),
    ("sq", "Shqip"),
    ("sr", "Српски"),
    ("sv", "Svenska"),
    ("sw", "Kiswahili"),
    ("ta", "தமிழ்"),
    ("th", "ไทย"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("vi", "Tiếng Việt"),
    ("zh", "中文"),
];

/// The member's words about a post that is being edited.
pub fn typed_from(post: &Post) -> Typed {
    Typed {
        text: post.text.text.clone(),
        warning: post.warning.clone().unwrap_or_default(),
        language: post.languages.first().cloned().unwrap_or_default(),
        sensitive: post.sensitive,
        visibility: words::visibility_key(post.visibility).to_owned(),
        ..Typed::default()
    }
}
