//! One setting: what it means, what it is, and who said so.

use toml::Value;

use super::{Origin, Problem, sizes};

/// The prefix of every variable that sets something.
pub(super) const PREFIX: &str = "LARDER_";

/// One setting.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Its section and name, such as `server.listen`.
    pub key: String,
    /// The sentence that explains it.
    pub says: String,
    /// What it is unless somebody says otherwise; its type is the type of every value.
    pub default: Value,
    /// What it is.
    pub value: Value,
    /// Who said so.
    pub origin: Origin,
}

impl Setting {
    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.replace('.', "_").to_uppercase())
    }

    /// What serde says of a value its room refused, in words for people where it has only Rust's.
    pub(super) fn refused(&self, value: &Value, origin: Origin, why: &str) -> Problem {
        let why = match value {
            // The room's own words.
            _ if why.starts_with("it takes") => why,
            Value::Integer(0) => "it takes 1 or more",
            Value::Integer(_) => "it takes a smaller number",
            _ if why.starts_with("unknown variant") => "it takes one of the words named here",
            _ => why.trim_end_matches('.'),
        };
        self.cannot_be(value, origin, why)
    }

    /// Its value as it may be shown: without the name and the password that an address may hold, and without a key.
    pub fn shown(&self) -> Value {
        self.without_secret(&self.value)
    }

    /// Whether its value may not be shown as it is.
    pub fn is_secret(&self) -> bool {
        self.shown() != self.value
    }

    fn without_secret(&self, value: &Value) -> Value {
        match value {
            Value::String(text) if self.key.ends_with("url") => Value::String(without_credentials(text)),
            Value::String(text) if self.key.ends_with("secret_key") && !text.is_empty() => "***".into(),
            value => value.clone(),
        }
    }

    fn cannot_be(&self, value: &Value, origin: Origin, why: &str) -> Problem {
        let Self { key, says, default, .. } = self;
        let value = self.without_secret(value);
        Problem {
            origin,
            says: format!("`{key}` cannot be {value}: {why}. {says} The default is {default}."),
        }
    }

    /// Takes a value that has a type already.
    pub(super) fn take(&mut self, value: Value, origin: Origin) -> Result<(), Problem> {
        let refused = |expected| Err(self.cannot_be(&value, origin.clone(), expected));
        let value = match (&self.default, &value) {
            // Every number counts something.
            (Value::Integer(_), Value::Integer(..0)) => return refused("it takes 0 or more"),
            (default, value) if default.same_type(value) => value.clone(),
            (Value::Integer(_), Value::String(size)) if self.key.contains("_bytes") => {
                match sizes::parse(size).map(i64::try_from) {
                    Ok(Ok(bytes)) => Value::Integer(bytes),
                    _ => return refused("it takes a number of bytes, or text like \"10 GiB\""),
                }
            }
            (Value::Integer(_), _) => return refused("it takes a whole number"),
            (Value::Boolean(_), _) => return refused("it takes true or false"),
            (Value::Array(_), _) => return refused("it takes a list"),
            _ => return refused("it takes text in quotes"),
        };
        (self.value, self.origin) = (value, origin);
        Ok(())
    }

    /// Takes text, which the type of the default says how to read: text stays as it is, `00123` too.
    pub(super) fn take_text(&mut self, text: &str, origin: Origin) -> Result<(), Problem> {
        let as_text = || Value::String(text.to_owned());
        let value = match &self.default {
            Value::Integer(_) => text.trim().parse().map_or_else(|_| as_text(), Value::Integer),
            Value::Boolean(_) => text.trim().parse().map_or_else(|_| as_text(), Value::Boolean),
            Value::Array(_) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
            }
            _ => as_text(),
        };
        self.take(value, origin)
    }
}

/// An address without what stands before its host and what follows a question mark, whether it is well formed or not: there
/// may be a password in either.
fn without_credentials(address: &str) -> String {
    if let Some((address, parameters)) = address.split_once('?') {
        // With this sign behind that one, it may be the password that has the question mark in it.
        let address = if parameters.contains('@') { format!("{address}@") } else { address.to_owned() };
        return format!("{}?***", without_credentials(&address));
    }
    let Some((before, host)) = address.rsplit_once('@') else { return address.to_owned() };
    let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}***@{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_without_its_password() {
        for (address, shown) in [
            ("redis://ann:s3cret@host:6379/0", "redis://***@host:6379/0"),
            ("redis://:s3c@ret@host", "redis://***@host"),
            ("redis:/ann:s3cret@host", "***@host"),
            ("redis://host/0", "redis://host/0"),
            ("postgres://host/db?user=ann&password=s3cret", "postgres://host/db?***"),
            ("postgres://ann:s3cret@host/db?sslmode=require", "postgres://***@host/db?***"),
            ("postgres://ann:s3?cr@et@host", "postgres://***@?***"),
            ("postgres://host/db?password=s3@cret", "postgres://***@?***"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(address), shown);
        }
    }
}
