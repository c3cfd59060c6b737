//! The addresses of a house.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use domain::{Error, Result};
use tokio::net::TcpListener;

use crate::config::Config;

/// The addresses of a house, bound before anything is said about them.
pub struct Listeners {
    pub(super) main: TcpListener,
    pub(super) webdav: Option<TcpListener>,
    pub(super) admin: Option<TcpListener>,
}

/// Where a house can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Addresses {
    /// The drive below `/dav/`, health, and a word to whoever comes by with a browser.
    pub main: SocketAddr,
    /// The drive alone, at `/`.
    pub webdav: Option<SocketAddr>,
    /// Metrics and health.
    pub admin: Option<SocketAddr>,
}

/// An address that could not be bound.
#[derive(Debug)]
pub struct Unbound {
    /// Which one.
    pub address: SocketAddr,
    /// The flag that sets it, up to the address.
    flag: &'static str,
    error: io::Error,
}

impl Listeners {
    /// Binds every address the settings name.
    ///
    /// # Errors
    /// The first address that could not be bound.
    pub async fn bind(config: &Config) -> Result<Self, Unbound> {
        let optional = async |flag, address| match address {
            Some(address) => bind(flag, address).await.map(Some),
            None => Ok(None),
        };
        Ok(Self {
            main: bind("--listen ", config.server.listen).await?,
            webdav: optional("--set webdav.listen=", config.webdav.listen).await?,
            admin: optional("--set server.admin_listen=", config.server.admin_listen).await?,
        })
    }

    /// The addresses with the ports that were really taken.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn addresses(&self) -> io::Result<Addresses> {
        let optional =
            |listener: &Option<TcpListener>| listener.as_ref().map(TcpListener::local_addr).transpose();
        Ok(Addresses {
            main: self.main.local_addr()?,
            webdav: optional(&self.webdav)?,
            admin: optional(&self.admin)?,
        })
    }
}

impl Unbound {
    /// Whether somebody listens there already.
    pub fn is_in_use(&self) -> bool {
        self.error.kind() == ErrorKind::AddrInUse
    }
}

/// [`Unavailable`](Error::Unavailable) that names the address, and what to do.
impl From<Unbound> for Error {
    fn from(Unbound { address, flag, error }: Unbound) -> Self {
        let advice = match error.kind() {
            ErrorKind::AddrInUse => {
                format!("{address} is in use; stop what listens there, or choose another port")
            }
            ErrorKind::PermissionDenied => {
                format!("{address} is not for this user; choose a port from 1024 on")
            }
            ErrorKind::AddrNotAvailable => {
                format!("{address} is no address of this machine; choose one of its own")
            }
            _ => format!("{address} cannot be listened on; choose another address"),
        };
        Self::unavailable(format!("{advice} with {flag}ADDRESS:PORT."), error)
    }
}

async fn bind(flag: &'static str, address: SocketAddr) -> Result<TcpListener, Unbound> {
    TcpListener::bind(address).await.map_err(|error| Unbound { address, flag, error })
}
