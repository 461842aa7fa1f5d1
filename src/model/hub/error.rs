//! What can go wrong between here and a hub, each as one sentence with a cause and what to do next.

use std::path::PathBuf;

use hf_hub::api::sync::ApiError;

use super::{Hub, Name};

/// Why a model cannot be had by its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HubError {
    /// Not a name.
    #[error(
        "{0:?} is neither a folder nor a model's name. A name looks like bert-base-uncased or BAAI/bge-small-en-v1.5, with @REVISION behind it if wanted"
    )]
    Name(String),
    /// No place for the cache.
    #[error("there is no home folder to keep models in. Set HF_HUB_CACHE to a folder you can write to")]
    NoHome,
    /// Not in the cache, and no connection is allowed.
    #[error(
        "{name} is not in the cache {cache}, and HF_HUB_OFFLINE forbids to look for it elsewhere. Unset it, or give --model a folder"
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
    /// A repository without what is needed.
    #[error("{name} has no {missing}, so it is not a checkpoint that clsroom can run. Use another one")]
    Files {
        /// The model.
        name: String,
        /// What is not there.
        missing: String,
    },
    /// The cache cannot be written.
    #[error("cannot write to the cache {cache}: {cause}. Make room, or set HF_HUB_CACHE to another folder")]
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
    /// The sentence for an error of the crate, which happened while `file` was downloaded, if any was.
    pub(super) fn of(error: &ApiError, hub: &Hub, name: &Name, file: Option<&str>) -> Self {
        let (endpoint, name) = (hub.endpoint.clone(), name.to_string());
        let network = |cause: String| match file {
            Some(file) => Self::Broken { file: file.to_owned(), cause },
            None => Self::Network { endpoint: hub.endpoint.clone(), cause },
        };
        match error {
            ApiError::RequestError(inner) => match inner.as_ref() {
                ureq::Error::StatusCode(404) => Self::Unknown { endpoint, name },
                ureq::Error::StatusCode(401 | 403) => Self::Gated { endpoint, name },
                ureq::Error::StatusCode(status) => Self::Status { endpoint, status: *status },
                ureq::Error::Json(_) => Self::Answer { endpoint, cause: "its list of files is not JSON".to_owned() },
                ureq::Error::ConnectProxyFailed(cause) => Self::Proxy { endpoint, cause: plain(cause) },
                ureq::Error::HostNotFound => network("there is no such host".to_owned()),
                other => network(plain(&other.to_string())),
            },
            ApiError::IoError(cause) if of_the_disk(cause) => {
                Self::Cache { cache: hub.cache.clone(), cause: cause.to_string() }
            }
            ApiError::IoError(cause) => network(plain(&cause.to_string())),
            ApiError::LockAcquisition(_) => Self::Busy { name },
            ApiError::MissingHeader(_) | ApiError::InvalidHeader(_) | ApiError::ParseIntError(_) => {
                Self::Answer { endpoint, cause: plain(&error.to_string()) }
            }
            other => network(plain(&other.to_string())),
        }
    }
}

/// Whether an error comes from the cache's side and not from the network's.
fn of_the_disk(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{
        AlreadyExists, IsADirectory, NotADirectory, NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull,
    };
    matches!(
        error.kind(),
        PermissionDenied | NotFound | AlreadyExists | StorageFull | ReadOnlyFilesystem | NotADirectory | IsADirectory
    )
}

/// One line without what could steer a terminal.
fn plain(text: &str) -> String {
    crate::model::printable(&text.lines().collect::<Vec<_>>().join(" "))
}
