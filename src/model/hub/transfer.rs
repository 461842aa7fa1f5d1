//! Requests to a hub. Redirects are followed here, so that the token goes to the hub alone, and what a file is called
//! and how long it is comes from the hub's first answer and from nothing that is asked later.

use std::io::Read as _;
use std::time::Duration;

use serde::Deserialize;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, ETAG, LOCATION, RANGE};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::address::Address;
use super::{Hub, HubError, Name};

/// More redirects than this are a loop.
const MOST_REDIRECTS: usize = 10;

/// A longer answer of the API is not read, in bytes: the longest lists of files have about 2 MB.
const LONGEST_LIST: u64 = 16 << 20;

/// A way to one hub.
pub(super) struct Client {
    agent: Agent,
    hub: Address,
    token: Option<String>,
    patience: Duration,
}

/// What the hub says about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// The commit that it is of, in hexadecimal.
    pub commit: String,
    /// Its hash in hexadecimal: sha256 where it has 64 digits, otherwise git's.
    pub hash: String,
    /// Its length in bytes.
    pub size: u64,
}

impl Known {
    /// The sha256 of the file, if this is the hash that the hub gives.
    pub fn sha256(&self) -> Option<&str> {
        (self.hash.len() == 64).then_some(self.hash.as_str())
    }
}

/// What went wrong with a request.
#[derive(Debug)]
pub(super) enum Trouble {
    /// No answer.
    Transfer(ureq::Error),
    /// An answer with this status.
    Status(u16),
    /// An answer that makes no sense, in words.
    Answer(String),
}

/// The parts of the API's answer that are used.
#[derive(Deserialize)]
struct Info {
    siblings: Vec<Sibling>,
}

#[derive(Deserialize)]
struct Sibling {
    rfilename: String,
}

/// What is left of a file, about to be read.
pub(super) enum Rest {
    /// From the byte that was asked for.
    Bytes(Body),
    /// The server gives another part than was asked for, or none: only the whole can be had.
    FromTheStart,
}

impl Client {
    /// A client for the hub that the environment describes.
    ///
    /// # Errors
    /// When its address or token is none.
    pub fn new(hub: &Hub) -> Result<Self, HubError> {
        let address = Address::parse(&hub.endpoint).ok_or(HubError::Endpoint)?;
        if hub.token.as_ref().is_some_and(|token| !token.bytes().all(|byte| byte.is_ascii_graphic())) {
            return Err(HubError::Token);
        }
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            // What is compressed has another length than is announced.
            .accept_encoding("identity")
            .user_agent(concat!("clsroom/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(hub.patience))
            .timeout_connect(Some(hub.patience))
            .timeout_send_request(Some(hub.patience))
            .timeout_recv_response(Some(hub.patience))
            .timeout_per_read(Some(hub.patience))
            .build();
        Ok(Self { agent: config.into(), hub: address, token: hub.token.clone(), patience: hub.patience })
    }

    /// The hub as messages name it.
    pub fn shown(&self) -> String {
        self.hub.to_string()
    }

    /// The files of a repository.
    pub fn files(&self, name: &Name) -> Result<Vec<String>, Trouble> {
        let path = format!("/api/models/{}/revision/{}", name.repository, name.revision.replace('/', "%2F"));
        let mut answer = good(self.get(&path, None, &mut |_, _| ())?)?;
        let mut bytes = Vec::new();
        let body = answer.body_mut().with_config().limit(LONGEST_LIST + 2).reader();
        read_within(body.take(LONGEST_LIST + 1), &mut bytes, self.patience).map_err(Trouble::Transfer)?;
        if bytes.len() as u64 > LONGEST_LIST {
            return Err(Trouble::Answer(format!("its list of files is longer than {} MB", LONGEST_LIST >> 20)));
        }
        let info: Info =
            serde_json::from_slice(&bytes).map_err(|_| Trouble::Answer("its list of files is not JSON".to_owned()))?;
        Ok(info.siblings.into_iter().map(|sibling| sibling.rfilename).collect())
    }

    /// What the hub says about a file.
    pub fn known(&self, name: &Name, file: &str) -> Result<Known, Trouble> {
        let (mut commit, mut linked, mut plain, mut size) = (None, None, None, None);
        let answer = self.get(&Self::path(name, file), Some("bytes=0-0"), &mut |headers, own| {
            // Only the hub itself is asked what a file is called and how long it is.
            if own {
                commit = commit.take().or_else(|| text(headers, "x-repo-commit"));
                linked = linked.take().or_else(|| text(headers, "x-linked-etag"));
                size = size.or_else(|| text(headers, "x-linked-size")?.parse().ok());
                plain = text(headers, ETAG.as_str()).or(plain.take());
            }
        })?;
        let answer = good(answer)?;
        let size =
            size.or_else(|| length(&answer)).ok_or_else(|| odd(&format!("it does not say how long {file} is")))?;
        let tag = linked.or(plain).unwrap_or_default();
        let hash = hexadecimal(tag.strip_prefix("W/").unwrap_or(&tag).trim_matches('"'));
        let commit = hexadecimal(&commit.unwrap_or_default());
        match (commit, hash) {
            (Some(commit), Some(hash)) => Ok(Known { commit, hash, size }),
            _ => Err(odd(&format!("the ETag or commit of {file} is not one"))),
        }
    }

    /// A file from byte `from` on.
    pub fn rest(&self, name: &Name, file: &str, known: &Known, from: u64) -> Result<Rest, Trouble> {
        let range = format!("bytes={from}-");
        let answer = self.get(&Self::path(name, file), Some(&range), &mut |_, _| ())?;
        let fits = match answer.status().as_u16() {
            200 => from == 0,
            206 => range_of(answer.headers())
                .is_some_and(|(start, total)| start == from && total.is_none_or(|total| total == known.size)),
            416 if from > 0 => false,
            status => return Err(Trouble::Status(status)),
        };
        match (fits, from) {
            (true, _) => Ok(Rest::Bytes(answer.into_body())),
            (false, 0) => Err(odd(&format!("it sends another part of {file} than it was asked for"))),
            (false, _) => Ok(Rest::FromTheStart),
        }
    }

    fn path(name: &Name, file: &str) -> String {
        format!("/{}/resolve/{}/{file}", name.repository, name.revision.replace('/', "%2F"))
    }

    /// Asks, and follows redirects; `hop` sees the headers of every answer, and whether the hub itself gave it.
    fn get(
        &self,
        path: &str,
        range: Option<&str>,
        hop: &mut dyn FnMut(&HeaderMap, bool),
    ) -> Result<Response<Body>, Trouble> {
        let mut at = self.hub.join(path).ok_or_else(|| odd("its address cannot be written"))?;
        for _ in 0..=MOST_REDIRECTS {
            let own = at.is_at(&self.hub);
            let mut request = self.agent.get(at.uri());
            if let Some(token) = self.token.as_ref().filter(|_| own) {
                request = request.header(AUTHORIZATION, format!("Bearer {token}"));
            }
            if let Some(range) = range {
                request = request.header(RANGE, range);
            }
            let answer = request.call().map_err(Trouble::Transfer)?;
            hop(answer.headers(), own);
            if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
                return Ok(answer);
            }
            let location = answer.headers().get(LOCATION).map_or(&b""[..], |location| location.as_bytes());
            at = at.redirected(location).map_err(odd)?.known_to(&self.hub);
        }
        Err(odd(&format!("it redirects more than {MOST_REDIRECTS} times")))
    }
}

fn odd(what: &str) -> Trouble {
    Trouble::Answer(what.to_owned())
}

/// An answer with a body.
fn good(answer: Response<Body>) -> Result<Response<Body>, Trouble> {
    match answer.status().as_u16() {
        200 | 206 => Ok(answer),
        status => Err(Trouble::Status(status)),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(|value| value.trim().to_owned())
}

/// A hash as the hub gives it, which becomes a file's name: 40 or 64 hexadecimal digits and nothing else.
fn hexadecimal(text: &str) -> Option<String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    (digits && matches!(text.len(), 40 | 64)).then(|| text.to_ascii_lowercase())
}

/// First byte and length of the whole in `bytes FROM-TO/WHOLE`; `*` is a length that is not told.
fn range_of(headers: &HeaderMap) -> Option<(u64, Option<u64>)> {
    let value = text(headers, CONTENT_RANGE.as_str())?;
    let (range, whole) = value.strip_prefix("bytes")?.trim_start().split_once('/')?;
    let whole = if whole == "*" { None } else { Some(whole.parse().ok()?) };
    Some((range.split_once('-')?.0.parse().ok()?, whole))
}

/// How long a file is by an answer to a question for its first byte.
fn length(answer: &Response<Body>) -> Option<u64> {
    match answer.status().as_u16() {
        206 => range_of(answer.headers())?.1,
        _ => text(answer.headers(), CONTENT_LENGTH.as_str())?.parse().ok(),
    }
}

/// Reads all of a short answer, which has to come within the patience as a whole.
fn read_within(mut body: impl std::io::Read, bytes: &mut Vec<u8>, patience: Duration) -> Result<(), ureq::Error> {
    let end = std::time::Instant::now() + patience;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match body.read(&mut buffer)? {
            0 => return Ok(()),
            count => bytes.extend_from_slice(&buffer[..count]),
        }
        if std::time::Instant::now() > end {
            return Err(ureq::Error::Timeout(ureq::Timeout::RecvBody));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_hashes_become_names() {
        let (short, long) = ("0123456789abcdefABCD".repeat(2), "f".repeat(64));
        assert_eq!(hexadecimal(&short), Some(short.to_lowercase()));
        assert_eq!(hexadecimal(&long), Some(long.clone()));
        for bad in ["", "abc", "../../../outside", &"g".repeat(40), &"a".repeat(63), &format!("{}/", "a".repeat(39))] {
            assert_eq!(hexadecimal(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn ranges_are_read_as_they_are_written() {
        let range = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(CONTENT_RANGE, value.parse().expect("a value"));
            range_of(&headers)
        };
        assert_eq!(range("bytes 5-9/10"), Some((5, Some(10))));
        assert_eq!(range("bytes 0-0/*"), Some((0, None)));
        for bad in
            ["bytes */10", "5-9/10", "bytes 5-9", "bytes x-9/10", "bytes 5-9/-1", "bytes 5-9/99999999999999999999"]
        {
            assert_eq!(range(bad), None, "{bad:?}");
        }
    }
}
