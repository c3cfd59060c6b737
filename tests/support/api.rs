//! Somebody who speaks the REST API.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Answer, Wire};

/// A client of the API, with a session or without one.
#[derive(Clone)]
pub struct Api {
    address: SocketAddr,
    /// The `Authorization` header.
    authorization: Option<String>,
    /// What the log-in answered; null without a session.
    pub tokens: Value,
}

impl Api {
    /// The account password of everybody in tests.
    pub const PASSWORD: &str = "correct horse battery";

    pub fn anonymous(address: SocketAddr) -> Self {
        Self { address, authorization: None, tokens: Value::Null }
    }

    #[track_caller]
    pub fn log_in(address: SocketAddr, login: &str, password: &str) -> Self {
        let sent = json!({"login": login, "password": password});
        let answer = Self::anonymous(address).post("/auth/log-in", &sent);
        assert_eq!(answer.status, 200, "{answer:?}");
        Self::anonymous(address).with_tokens(answer.json())
    }

    /// The same with other tokens.
    pub fn with_tokens(&self, tokens: Value) -> Self {
        let authorization = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        Self { authorization: Some(authorization), tokens, ..self.clone() }
    }

    /// The same with another `Authorization` header.
    pub fn with_authorization(&self, authorization: &str) -> Self {
        Self { authorization: Some(authorization.to_owned()), ..self.clone() }
    }

    /// One request at a path of the API such as `/projects`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Answer {
        let authorization = self.authorization.as_deref().map(|value| ("Authorization", value));
        let headers: Vec<_> = authorization.into_iter().chain(headers.iter().copied()).collect();
        Wire::open(self.address).ask(method, &format!("/api/v1{path}"), &headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.ask("DELETE", path, &[], "")
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, body)
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, body)
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, body)
    }

    /// A request whose answer is still to come, on the connection that waits for it.
    pub fn begin(&self, method: &str, path: &str, body: &Value) -> Wire {
        let (address, body) = (self.address, body.to_string());
        let authorization = self.authorization.as_deref().unwrap_or_default();
        let mut wire = Wire::open(address);
        wire.send(format!(
            "{method} /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: {authorization}\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        wire
    }

    /// A request with a body in JSON; null for none.
    pub fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        match body {
            Value::Null => self.ask(method, path, &[], ""),
            body => self.ask(method, path, &[("Content-Type", "application/json")], body.to_string()),
        }
    }
}
