//! Somebody's drive on a server that runs as a process of its own.

use std::net::SocketAddr;

use super::{Answer, Server, Wire};

/// Where it is, and what opens it.
#[derive(Clone)]
pub struct Drive {
    address: SocketAddr,
    credentials: String,
}

impl Drive {
    /// The drive of the account that the first start makes.
    pub fn first(server: &Server) -> Self {
        Self::new(server, "larder", server.labelled("Password").unwrap())
    }

    pub fn new(server: &Server, user: &str, password: &str) -> Self {
        Self { address: server.socket(), credentials: Wire::basic(user, password) }
    }

    /// The same drive, on the server that runs on it now.
    pub fn on(&self, server: &Server) -> Self {
        Self { address: server.socket(), ..self.clone() }
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let headers = [&[("Authorization", self.credentials.as_str())], headers].concat();
        Wire::open(self.address).ask(method, &format!("/dav{path}"), &headers, body)
    }

    #[track_caller]
    pub fn put(&self, path: &str, body: impl AsRef<[u8]>) {
        let answer = self.ask("PUT", path, &[], body);
        assert!(matches!(answer.status, 201 | 204), "{answer:?}");
    }

    /// The content of a file that must be there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Vec<u8> {
        let answer = self.ask("GET", path, &[], "");
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.body
    }

    #[track_caller]
    pub fn delete(&self, path: &str) {
        assert_eq!(self.ask("DELETE", path, &[], "").status, 204);
    }
}
