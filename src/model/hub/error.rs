//! What can go wrong between here and a hub, each as one sentence with a cause and what to do next.

use std::path::PathBuf;

use super::transfer::{Client, Trouble};
use super::{Hub, Name};
use crate::wording::{cause as said, excerpt, place};

/// Why a model cannot be had by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// Not a name.
    #[error(
        "{:?} is neither a folder nor a model's name. A name looks like bert-base-uncased or BAAI/bge-small-en-v1.5, with @REVISION behind it if wanted",
        excerpt(.0)
    )]
    Name(String),
    /// No place for the cache.
    #[error("there is no home folder to keep models in. Set HF_HUB_CACHE to a folder you can write to")]
    NoHome,
    /// An endpoint that is none. It is not repeated, because a password may stand in it.
    #[error(
        "HF_ENDPOINT is not the address of a hub. It looks like https://huggingface.co, without anything behind it"
    )]
    Endpoint,
    /// A token that is none.
    #[error(
        "HF_TOKEN, or the file token in HF_HOME, holds something that is no token: it is one word of letters and digits. Copy it again, or unset it"
    )]
    Token,
    /// Not in the cache, and no connection is allowed.
    #[error(
        "{name} is not in the cache {}, and HF_HUB_OFFLINE forbids to look for it elsewhere. Unset it, or give --model a folder",
        place(cache)
    )]
    Offline {
        /// The model.
        name: String,
        /// Where it was looked for.
        cache: PathBuf,
    },
    /// 404.
    #[error("{endpoint} has no model {name}. Check the spelling of its name and revision")]
    Unknown {
        /// The hub.
        endpoint: String,
        /// The model.
        name: String,
    },
    /// 401 or 403.
    #[error(
        "{endpoint} does not show {name}: there is no such model, or it asks for a token. Check the spelling, accept its terms on its page and set HF_TOKEN"
    )]
    Gated {
        /// The hub.
        endpoint: String,
        /// The model.
        name: String,
    },
    /// Another status.
    #[error("{endpoint} answered with status {status}. Try again later, or give --model a folder")]
    Status {
        /// The hub.
        endpoint: String,
        /// The status.
        status: u16,
    },
    /// Nobody answers.
    #[error("cannot reach {endpoint} ({cause}). Check the network and the proxy, or give --model a folder")]
    Network {
        /// The hub.
        endpoint: String,
        /// What the system said.
        cause: String,
    },
    /// The proxy says no.
    #[error(
        "the proxy does not let through to {endpoint} ({cause}). Check HTTPS_PROXY, in which a name and a password can stand, and NO_PROXY, or give --model a folder"
    )]
    Proxy {
        /// The hub.
        endpoint: String,
        /// What it answered.
        cause: String,
    },
    /// Nothing comes.
    #[error("{endpoint} has sent nothing for {seconds} s. Try again: a download goes on where it was")]
    Silent {
        /// The hub.
        endpoint: String,
        /// For how long.
        seconds: u64,
    },
    /// An answer that is not understood.
    #[error("{endpoint} answered, but not as a hub does ({cause}). Check HF_ENDPOINT, or give --model a folder")]
    Answer {
        /// The hub.
        endpoint: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A download that broke off.
    #[error("the download of {file} broke off ({cause}). Try again: it goes on where it was")]
    Broken {
        /// Which file.
        file: String,
        /// Why.
        cause: String,
    },
    /// A download that is wrong.
    #[error(
        "{file} of {name} arrived with another size or checksum than the hub gives, so it was removed. Try again, or use another network"
    )]
    Checksum {
        /// Which file.
        file: String,
        /// The model.
        name: String,
    },
    /// A file that is not read.
    #[error("{file} of {name} has {size} bytes, more than the {most} that clsroom reads. Use a smaller model")]
    Large {
        /// Which file.
        file: String,
        /// The model.
        name: String,
        /// What the hub says.
        size: u64,
        /// What is read at most.
        most: u64,
    },
    /// A repository without what is needed.
    #[error("{name} has no {missing}, so it is not a checkpoint that clsroom can run. Use another one")]
    Files {
        /// The model.
        name: String,
        /// What is not there.
        missing: String,
    },
    /// The cache cannot be written.
    #[error("cannot write to the cache {}: {cause}. Make room, or set HF_HUB_CACHE to another folder", place(cache))]
    Cache {
        /// Where.
        cache: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// Another program downloads the same file.
    #[error("another program is downloading {name}. Wait until it is done")]
    Busy {
        /// The model.
        name: String,
    },
}

impl HubError {
    /// The sentence for what went wrong with a request, while `file` was downloaded, if any was.
    pub(super) fn of(trouble: Trouble, hub: &Hub, client: &Client, name: &Name, file: Option<&str>) -> Self {
        let (endpoint, name) = (client.shown(), name.to_string());
        let error = match trouble {
            Trouble::Status(404) => return Self::Unknown { endpoint, name },
            Trouble::Status(401 | 403) => return Self::Gated { endpoint, name },
            Trouble::Status(status) => return Self::Status { endpoint, status },
            Trouble::Answer(cause) => return Self::Answer { endpoint, cause },
            Trouble::Transfer(error) => error,
        };
        let cause = match &error {
            ureq::Error::Timeout(_) => return Self::Silent { endpoint, seconds: hub.patience.as_secs() },
            ureq::Error::ConnectProxyFailed(cause) => return Self::Proxy { endpoint, cause: said(cause) },
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            // It quotes the address, which may hold a password or a signature.
            ureq::Error::BadUri(_) => "an address that cannot be used".to_owned(),
            other => said(other),
        };
        match file {
            Some(file) => Self::Broken { file: file.to_owned(), cause },
            None => Self::Network { endpoint, cause },
        }
    }
}
