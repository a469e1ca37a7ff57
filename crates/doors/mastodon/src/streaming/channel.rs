//! Names of streams and what they hold.

use landbridge_hub::PostView;
use landbridge_model::{Visibility, richtext::normal_tag};

/// One stream that a connection listens to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    User,
    Notifications,
    Public {
        side: Side,
        media: bool,
    },
    Tag {
        name: String,
        shown: String,
        local: bool,
    },
    /// Conversations.
    Direct,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    All,
    Local,
    Remote,
}

/// Paths of the event streams over HTTP, with the stream's name.
pub(super) const PATHS: [(&str, &str); 9] = [
    ("/api/v1/streaming/user", "user"),
    ("/api/v1/streaming/user/notification", "user:notification"),
    ("/api/v1/streaming/public", "public"),
    ("/api/v1/streaming/public/local", "public:local"),
    ("/api/v1/streaming/public/remote", "public:remote"),
    ("/api/v1/streaming/hashtag", "hashtag"),
    ("/api/v1/streaming/hashtag/local", "hashtag:local"),
    ("/api/v1/streaming/list", "list"),
    ("/api/v1/streaming/direct", "direct"),
];

/// Why a name is no stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoChannel {
    Unknown,
    NoTag,
}

impl Channel {
    pub fn named(name: &str, tag: Option<&str>, only_media: bool) -> Result<Channel, NoChannel> {
        let public = |side, media| Ok(Channel::Public { side, media: media || only_media });
        let of_tag = |local| match tag.filter(|t| !t.is_empty()) {
            Some(tag) => Ok(Channel::Tag { name: normal_tag(tag), shown: tag.to_owned(), local }),
            None => Err(NoChannel::NoTag),
        };
        match name {
            "user" => Ok(Channel::User),
            "user:notification" => Ok(Channel::Notifications),
            "public" => public(Side::All, false),
            "public:media" => public(Side::All, true),
            "public:local" => public(Side::Local, false),
            "public:local:media" => public(Side::Local, true),
            "public:remote" => public(Side::Remote, false),
            "public:remote:media" => public(Side::Remote, true),
            "hashtag" => of_tag(false),
            "hashtag:local" => of_tag(true),
            "direct" => Ok(Channel::Direct),
            _ => Err(NoChannel::Unknown),
        }
    }

    /// Whether it is open to what everybody writes, and leaves out what public timelines do.
    pub fn is_public(&self) -> bool {
        matches!(self, Channel::Public { .. } | Channel::Tag { .. })
    }

    /// `stream` of a frame.
    pub fn frame_name(&self) -> Vec<&str> {
        let public = |side: Side, media: bool| match (side, media) {
            (Side::All, false) => "public",
            (Side::All, true) => "public:media",
            (Side::Local, false) => "public:local",
            (Side::Local, true) => "public:local:media",
            (Side::Remote, false) => "public:remote",
            (Side::Remote, true) => "public:remote:media",
        };
        match self {
            Channel::User => vec!["user"],
            Channel::Notifications => vec!["user:notification"],
            Channel::Public { side, media } => vec![public(*side, *media)],
            Channel::Tag { shown, local: false, .. } => vec!["hashtag", shown],
            Channel::Tag { shown, local: true, .. } => vec!["hashtag:local", shown],
            Channel::Direct => vec!["direct"],
        }
    }

    /// Whether a new or changed public post belongs here.
    pub fn takes(&self, view: &PostView) -> bool {
        let post = &view.post;
        if post.visibility != Visibility::Public || post.repost_of.is_some() {
            return false;
        }
        let here = post.origin.is_none();
        match self {
            Channel::Public { side, media } => {
                let right_side = match side {
                    Side::All => true,
                    Side::Local => here,
                    Side::Remote => !here,
                };
                right_side && post.reply_to.is_none() && (!media || !post.media.is_empty())
            }
            Channel::Tag { name, local, .. } => (!local || here) && post.tags.contains(name),
            Channel::User | Channel::Notifications | Channel::Direct => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_stream_but_lists() {
        for (_, name) in PATHS {
            let channel = Channel::named(name, Some("Rust"), false);
            assert_eq!(channel.is_ok(), name != "list", "{name}");
        }
        assert_eq!(Channel::named("local", None, false), Err(NoChannel::Unknown));
        assert_eq!(Channel::named("hashtag", None, false), Err(NoChannel::NoTag));
        assert_eq!(Channel::named("hashtag", Some("Rust"), false).unwrap().frame_name(), ["hashtag", "Rust"]);
    }
}
