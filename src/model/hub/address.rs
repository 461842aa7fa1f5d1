//! Where requests go: what a redirect leads to, and whether it is the hub itself, which alone may see the token.

use std::fmt;

use ureq::http::Uri;

/// An address of the web. Displayed, it has neither a name and password nor a query, which may be secret.
#[derive(Clone)]
pub(super) struct Address {
    uri: Uri,
}

impl Address {
    /// Reads the address of a hub, such as `https://huggingface.co`.
    pub fn parse(text: &str) -> Option<Self> {
        let uri: Uri = text.trim_end_matches('/').parse().ok()?;
        let web = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
        (web && uri.query().is_none()).then_some(Self { uri })
    }

    /// A path below this one.
    pub fn join(&self, path: &str) -> Option<Self> {
        let base = self.uri.path().trim_end_matches('/');
        Self::of(self.scheme(), self.authority(), &format!("{base}{path}"))
    }

    /// Where a redirect from here leads.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn redirected(&self, location: &[u8]) -> Result<Self, &'static str> {
        const STRANGE: &str = "it redirects to something that is no web address";
        let text = encoded(location);
        let text = text.split('#').next().unwrap_or_default();
        if text.is_empty() {
            return Err("it redirects without saying where to");
        }
        let (scheme, rest) = match text.split_once(':').filter(|(before, _)| is_scheme(before)) {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => (self.scheme().to_owned(), text),
        };
        if !matches!(scheme.as_str(), "http" | "https") {
            return Err(STRANGE);
        }
        if self.scheme() == "https" && scheme == "http" {
            return Err("it redirects from https to http, where others could change what is sent");
        }
        let found = match rest.strip_prefix("//") {
            Some(there) => {
                let (authority, path) = there.split_at(there.find(['/', '?']).unwrap_or(there.len()));
                // A name and password that a redirect brings along are not ours to send.
                let authority = authority.rsplit('@').next().unwrap_or_default();
                Self::of(&scheme, authority, path)
            }
            // `https:path` is no address.
            None if rest.len() != text.len() => None,
            None if rest.starts_with('/') => Self::of(&scheme, self.authority(), rest),
            None if rest.starts_with('?') => Self::of(&scheme, self.authority(), &format!("{}{rest}", self.uri.path())),
            None => {
                let folder = self.uri.path().rsplit_once('/').map_or("", |(folder, _)| folder);
                Self::of(&scheme, self.authority(), &format!("{folder}/{rest}"))
            }
        };
        found.filter(|found| found.uri.host().is_some_and(|host| !host.is_empty())).ok_or(STRANGE)
    }

    /// Whether both are the same server: scheme, host and port.
    pub fn is_at(&self, other: &Self) -> bool {
        self.scheme() == other.scheme() && self.host() == other.host() && self.port() == other.port()
    }

    /// The same with the name and password of the hub, if it is there.
    pub fn known_to(self, hub: &Self) -> Self {
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        if self.is_at(hub) { Self::of(hub.scheme(), hub.authority(), path).unwrap_or(self) } else { self }
    }

    /// As a request takes it.
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    fn of(scheme: &str, authority: &str, path: &str) -> Option<Self> {
        let slash = if path.starts_with('/') { "" } else { "/" };
        format!("{scheme}://{authority}{slash}{path}").parse().ok().map(|uri| Self { uri })
    }

    fn scheme(&self) -> &str {
        self.uri.scheme_str().unwrap_or_default()
    }

    fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    fn host(&self) -> String {
        self.uri.host().unwrap_or_default().to_ascii_lowercase()
    }

    fn port(&self) -> u16 {
        self.uri.port_u16().unwrap_or(if self.scheme() == "https" { 443 } else { 80 })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.authority().rsplit('@').next().unwrap_or_default();
        write!(f, "{}://{place}{}", self.scheme(), self.uri.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// A header's bytes as an address may be written: what is not printable ASCII becomes `%XX`.
fn encoded(location: &[u8]) -> String {
    use std::fmt::Write as _;
    location.trim_ascii().iter().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_graphic() {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn at(text: &str) -> Address {
        Address::parse(text).expect("an address")
    }

    #[test]
    fn a_hub_is_an_address_of_the_web() {
        for bad in ["", "huggingface.co", "ftp://host", "http://", "https:///path", "http://host/?key=1", "http://a b"]
        {
            assert!(Address::parse(bad).is_none(), "{bad:?}");
        }
        let hub = at("https://ann:secret@Hub.example:8443/hf/");
        assert_eq!(hub.to_string(), "https://Hub.example:8443/hf");
        assert_eq!(format!("{hub:?}"), "https://Hub.example:8443/hf");
        let below = hub.join("/api/models/a").expect("an address");
        assert_eq!(below.uri().to_string(), "https://ann:secret@Hub.example:8443/hf/api/models/a");
    }

    #[test]
    fn a_redirect_leads_where_it_says() {
        let from = at("http://ann:secret@hub:80/a/b%20c/d");
        for (location, expected) in [
            ("/x/y%2Fz?q=1#part", "http://ann:secret@hub:80/x/y%2Fz?q=1"),
            ("e?q", "http://ann:secret@hub:80/a/b%20c/e?q"),
            ("?q", "http://ann:secret@hub:80/a/b%20c/d?q"),
            ("//other/x", "http://other/x"),
            ("HTTPS://bob:pw@other:1/x", "https://other:1/x"),
            ("https://other?X-Amz-Signature=1", "https://other/?X-Amz-Signature=1"),
            ("/h\u{e9} llo", "http://ann:secret@hub:80/h%C3%A9%20llo"),
        ] {
            let found = from.redirected(location.as_bytes()).expect(location);
            assert_eq!(found.uri().to_string(), expected);
        }
        for bad in [
            "",
            "#part",
            "file:///etc/passwd",
            "javascript:1",
            "data:,x",
            "http:",
            "http:/x",
            "http://",
            "http://[",
            "//",
        ] {
            assert!(from.redirected(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(at("https://hub/x").redirected(b"http://hub/x").is_err(), "never down to http");
    }

    #[test]
    fn only_the_hub_itself_is_the_hub() {
        let hub = at("https://ann:secret@hub");
        for same in ["https://HUB/x", "https://hub:443/x?y"] {
            let found = at("https://other").redirected(same.as_bytes()).expect("an address");
            assert!(found.is_at(&hub), "{same}");
            assert!(found.known_to(&hub).uri().to_string().starts_with("https://ann:secret@hub/x"), "{same}");
        }
        for other in
            ["http://hub", "https://hub:444", "https://hub.evil", "https://evil", "https://hub@evil", "https://hub."]
        {
            let found = at("http://x").redirected(other.as_bytes()).expect("an address");
            assert!(!found.is_at(&hub), "{other}");
            assert!(!found.known_to(&hub).uri().to_string().contains("secret"), "{other}");
        }
    }
}
